"""The prototype cache behind a store: whatever happens to it, the gallery is that of the rows."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from haven_server.errors import StorageError
from haven_server.storage.banks import pack_key
from haven_server.storage.prototypes import PrototypeCache
from haven_server.storage.store import SQLStore
from haven_server.types import BankKey, Changes, GalleryState, Modality

Decide = Callable[..., Changes]


def load(database: Path, cache: Path | None) -> tuple[GalleryState, dict[BankKey, bytes]]:
    """Open, read all there is, close."""
    banks: dict[BankKey, bytes] = {}

    def take(key: BankKey, value: memoryview) -> None:
        banks[key] = bytes(value)

    store = SQLStore.open(database, cache)
    gallery = store.load_gallery()
    store.read_banks(take)
    store.close()
    return gallery, banks


def write(database: Path, cache: Path | None, *batch: Changes) -> None:
    """Open, commit, close."""
    store = SQLStore.open(database, cache)
    store.commit(batch)
    store.close()


def stored_generation(database: Path) -> str:
    store = SQLStore.open(database)
    with store._database.reading() as connection:
        generation: str = connection.exec_driver_sql(
            "SELECT value FROM store_meta WHERE key = 'embeddings_generation'"
        ).scalar_one()
    store.close()
    return generation


def is_current(database: Path, cache: Path) -> bool:
    """Whether the next start will read the cache and not the rows."""
    opened = PrototypeCache(cache)
    current = opened.scan(stored_generation(database), lambda key, value: None)
    opened.close()
    return current


@pytest.fixture
def batches(decide: Decide) -> list[Changes]:
    """A short history with everything that touches a bank."""
    return [
        decide(1, 1),
        decide(2, 2, modality=Modality.APPEARANCE, camera_id="Küche"),
        decide(1, 3, camera_id="cam2"),
        Changes(forgotten_prototypes=(1,)),
        decide(300, 4),
        Changes(forgotten_prototypes=(4,)),
    ]


def test_the_cache_follows_commit_by_commit_and_equals_the_rows(tmp_path: Path, batches: list[Changes]) -> None:
    database, cache = tmp_path / "haven.db", tmp_path / "bank"
    for batch in batches:
        write(database, cache, batch)
        assert is_current(database, cache)
        assert load(database, cache) == load(database, None)


def test_commits_that_touch_no_embedding_leave_the_cache_current(tmp_path: Path, decide: Decide) -> None:
    database, cache = tmp_path / "haven.db", tmp_path / "bank"
    write(database, cache, decide(1, 1))
    before = stored_generation(database)
    write(database, cache, Changes(events=decide(1, 1).events))
    assert stored_generation(database) == before


def test_a_kill_between_the_two_commits_is_noticed_and_mended(tmp_path: Path, batches: list[Changes]) -> None:
    database, cache = tmp_path / "haven.db", tmp_path / "bank"
    write(database, cache, batches[0])
    write(database, None, *batches[1:])  # rows go on, the cache does not hear of it
    assert not is_current(database, cache)
    assert load(database, cache) == load(database, None)
    assert is_current(database, cache)


def test_commits_on_a_stale_cache_do_not_make_it_look_current(tmp_path: Path, decide: Decide) -> None:
    database, cache = tmp_path / "haven.db", tmp_path / "bank"
    write(database, cache, decide(1, 1))
    write(database, None, decide(2, 2))
    write(database, cache, decide(3, 3))
    assert not is_current(database, cache)
    assert load(database, cache) == load(database, None)


def test_a_restored_backup_does_not_meet_the_cache_of_the_lost_future(tmp_path: Path, decide: Decide) -> None:
    database, cache, backup = tmp_path / "haven.db", tmp_path / "bank", tmp_path / "backup.db"
    write(database, cache, decide(1, 1))
    shutil.copy(database, backup)
    write(database, cache, decide(2, 2))
    shutil.copy(backup, database)
    write(database, None, decide(3, 2, camera_id="cam9"))
    assert load(database, cache) == load(database, None)


@pytest.mark.parametrize("harm", ["deleted", "emptied", "overwritten"])
def test_losing_the_cache_is_harmless(tmp_path: Path, batches: list[Changes], harm: str) -> None:
    database, cache = tmp_path / "haven.db", tmp_path / "bank"
    write(database, cache, *batches)
    if harm == "deleted":
        shutil.rmtree(cache)
    elif harm == "emptied":
        (cache / "data.mdb").unlink()
    else:
        (cache / "data.mdb").write_bytes(b"not what it was" * 1000)
    assert load(database, cache) == load(database, None)
    assert is_current(database, cache)


@pytest.mark.parametrize("value", [b"HVB2", b"HVB1" + bytes(100)])
def test_a_value_that_is_no_bank_has_the_cache_made_anew(
    tmp_path: Path, decide: Decide, remembered: Callable[[SQLStore], Changes], value: bytes
) -> None:
    database, cache = tmp_path / "haven.db", tmp_path / "bank"
    write(database, cache, decide(1, 1), decide(2, 2))
    whole = load(database, None)
    opened = PrototypeCache(cache)
    with opened._environment.begin(write=True) as transaction:
        transaction.put(pack_key(list(whole[1])[1]), value, db=opened._banks)
    opened.close()
    store = SQLStore.open(database, cache)
    assert [row.embedding_id for row in remembered(store).prototypes] == [1, 2]
    store.close()
    assert load(database, cache) == whole


def test_the_cache_of_another_database_is_not_taken_for_ones_own(tmp_path: Path, decide: Decide) -> None:
    write(tmp_path / "one.db", tmp_path / "bank", decide(1, 1))
    assert load(tmp_path / "two.db", tmp_path / "bank") == (GalleryState((), 1, 1), {})


def test_a_cache_folder_that_cannot_be_made_is_named_and_the_database_left_free(tmp_path: Path) -> None:
    (tmp_path / "bank").write_text("in the way")
    with pytest.raises(StorageError, match=r"bank: .*storage\.lmdb_path"):
        SQLStore.open(tmp_path / "haven.db", tmp_path / "bank")
    SQLStore.open(tmp_path / "haven.db").close()
