"""A database that cannot be used: each fault names the place and the mend, and nothing is half done."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from haven_server.errors import StorageError, StoreUnavailableError
from haven_server.storage.store import SQLStore
from haven_server.types import Changes

Decide = Callable[..., Changes]

NOBODY = 65534


@contextmanager
def ordinary_user() -> Iterator[None]:
    """Give up the power of root for a while: root may write where it is forbidden."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user can reach, which pytest's own ones are not."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
        folder.chmod(0o755)


def test_a_read_only_folder_is_named(open_folder: Path) -> None:
    SQLStore.open("sqlite://").close()  # what is imported late may be out of an ordinary user's reach
    open_folder.chmod(0o555)
    with ordinary_user(), pytest.raises(StorageError, match="make the folder writable") as caught:
        SQLStore.open(open_folder / "haven.db")
    assert str(open_folder) in str(caught.value)


def test_a_database_in_a_folder_that_became_read_only_is_named(open_folder: Path) -> None:
    path = open_folder / "haven.db"
    SQLStore.open(path).close()
    (open_folder / "haven.db.lock").chmod(0o666)
    open_folder.chmod(0o555)
    path.chmod(0o444)
    with ordinary_user(), pytest.raises(StorageError, match=r"haven\.db: .*(not writable|cannot be opened)"):
        SQLStore.open(path)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match=r"file.*name another in storage\.db_path"):
        SQLStore.open(tmp_path / "file" / "haven.db")


def test_a_folder_is_no_database(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="is a folder"):
        SQLStore.open(tmp_path)


def test_a_file_that_is_no_database_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("buy milk\n" * 1000)
    with pytest.raises(StorageError, match=r"notes\.txt: not a SQLite database"):
        SQLStore.open(path)
    assert path.read_text() == "buy milk\n" * 1000
    assert not (tmp_path / "notes.txt-wal").exists()


def test_after_a_failed_opening_the_lock_is_free(tmp_path: Path) -> None:
    path = tmp_path / "haven.db"
    path.write_text("buy milk\n" * 1000)
    with pytest.raises(StorageError):
        SQLStore.open(path)
    path.unlink()
    SQLStore.open(path).close()


def test_a_database_locked_by_another_program_may_be_tried_again(tmp_path: Path, decide: Decide) -> None:
    store = SQLStore.open(tmp_path / "haven.db", busy_timeout_s=0)
    with closing(sqlite3.connect(tmp_path / "haven.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailableError, match="locked by another process"):
            store.commit([decide(1, 1)])
        other.execute("ROLLBACK")
    assert [event.sequence for event in store.commit([decide(1, 1)])] == [1]
    store.close()


def test_a_full_disk_may_be_tried_again_and_loses_no_number(tmp_path: Path, decide: Decide) -> None:
    store = SQLStore.open(tmp_path / "haven.db")
    with store._database.writing() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    batch = [decide(number, number) for number in range(1, 200)]
    with pytest.raises(StoreUnavailableError, match="disk is full"):
        store.commit(batch)
    with store._database.writing() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
    assert [event.sequence for event in store.commit(batch)] == list(range(1, 200))
    store.close()


def test_a_password_is_in_no_message() -> None:
    with pytest.raises(StorageError) as caught:
        SQLStore.open("postgresql+nodriver://haven:hunter2@localhost/haven")
    assert "hunter2" not in str(caught.value)
