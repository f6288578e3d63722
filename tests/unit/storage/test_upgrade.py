"""Migrations: they lead to the tables of schema.py, and never touch a database they do not know."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection

from haven_server.errors import StorageError
from haven_server.storage.database import Database
from haven_server.storage.schema import metadata
from haven_server.storage.store import SQLStore
from haven_server.storage.upgrade import _config, upgrade
from haven_server.types import Changes, MergedRows, ReturnedRows, TrackName


def in_memory() -> Database:
    return Database("sqlite://", read_only=False, busy_timeout_s=0)


def tables(connection: Connection) -> list[tuple[str, list[str]]]:
    """What SQLite was told to make, by name: columns and constraints in no order, without layout and brackets."""
    question = "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'alembic%' ORDER BY name"
    plain = str.maketrans("()", "  ")
    return [
        (name, sorted(" ".join(part.translate(plain).split()) for part in sql.split(",")))
        for name, sql in connection.exec_driver_sql(question)
    ]


def test_migrations_make_exactly_the_tables_of_the_schema() -> None:
    migrated, declared = in_memory(), in_memory()
    with migrated.writing() as connection:
        upgrade(connection, "memory")
        found = tables(connection)
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    with declared.writing() as connection:
        metadata.create_all(connection)
        assert found == tables(connection)
    migrated.close()
    declared.close()


def test_upgrading_twice_changes_nothing() -> None:
    database = in_memory()
    with database.writing() as connection:
        upgrade(connection, "memory")
        before = tables(connection)
        upgrade(connection, "memory")
        assert tables(connection) == before
    database.close()


def make_first_tables(path: Path) -> None:
    """A database as HAVEN had it before corrections: two people, each seen once, with a view and an ended track."""
    database, at = Database(path, read_only=False, busy_timeout_s=0), "2026-01-01 00:00:00.000000000"
    with database.writing() as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for person in (1, 2):
            seen = (person, "hall", person, at)
            for statement, values in (
                ("identities (global_id, created_at, last_seen_at) VALUES (?, ?, ?)", (person, at, at)),
                ("observations (global_id, camera_id, local_track_id, timestamp) VALUES (?, ?, ?, ?)", seen),
                (
                    "tracklet_quality (global_id, camera_id, track_id, start_time, end_time) VALUES (?, ?, ?, ?, ?)",
                    (*seen, at),
                ),
                (
                    "embeddings (global_id, emb_type, timestamp, vector, quality_score, source_camera, dim, model_hash)"
                    " VALUES (?, 'face', ?, ?, 0.5, 'hall', 2, 'model')",
                    (person, at, np.array([1.0, 0.0], np.float32).tobytes()),
                ),
            ):
                connection.exec_driver_sql(f"INSERT INTO {statement}", values)
        connection.exec_driver_sql("UPDATE store_meta SET value = '2' WHERE key LIKE 'last_%_id'")
    database.close()


def test_people_of_before_corrections_are_known_and_can_be_merged_and_parted(tmp_path: Path) -> None:
    make_first_tables(tmp_path / "haven.db")
    with closing(SQLStore.open(tmp_path / "haven.db")) as store:
        known = store.load_gallery()
        track = store.ledger.ended_track(TrackName("hall", 2))
        assert [row.global_id for row in known.identities] == [1, 2]
        assert track is not None
        assert (track.global_id, track.decided_id, track.companions) == (2, None, ())
        store.commit([Changes(transfers=(MergedRows(2, 1),))])
        assert [store.get_identity(one).observation_count for one in (1, 2)] == [2, 0]
        store.commit([Changes(transfers=(ReturnedRows(2, 1, (2,)),))])
        assert [store.get_identity(one).observation_count for one in (1, 2)] == [1, 1]
        assert store.ledger.ended_track(TrackName("hall", 2)) == track


def set_revision(path: Path, revision: str) -> None:
    SQLStore.open(path).close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))


@pytest.mark.parametrize("read_only", [False, True])
def test_a_database_of_a_newer_haven_is_refused_by_name(tmp_path: Path, read_only: bool) -> None:
    set_revision(tmp_path / "haven.db", "9999")
    with pytest.raises(StorageError, match=r"haven\.db: its tables are of revision '9999', newer than '\d+'.*upgrade"):
        SQLStore.open(tmp_path / "haven.db", read_only=read_only)


def test_a_reader_does_not_upgrade(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "old.db")) as connection:
        connection.execute("CREATE TABLE notes (text TEXT)")
    with pytest.raises(StorageError, match=r"old\.db: its tables are of revision None"):
        SQLStore.open(tmp_path / "old.db", read_only=True)


def test_tables_of_another_program_are_left_alone(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "other.db")) as connection:
        connection.execute("CREATE TABLE identities (name TEXT)")
    with pytest.raises(StorageError, match=r"other\.db: table identities already exists"):
        SQLStore.open(tmp_path / "other.db")
    with closing(sqlite3.connect(tmp_path / "other.db")) as connection:
        assert [name for (name,) in connection.execute("SELECT name FROM sqlite_master")] == ["identities"]
