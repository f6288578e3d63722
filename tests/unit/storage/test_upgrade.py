"""Migrations: they lead to the tables of schema.py, and never touch a database they do not know."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection

from haven_server.errors import StorageError
from haven_server.storage.database import Database
from haven_server.storage.schema import metadata
from haven_server.storage.store import SQLStore
from haven_server.storage.upgrade import upgrade


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
