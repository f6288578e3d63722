"""Brings a database to the tables this HAVEN knows, or refuses to touch it."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from haven_server.errors import StorageError


def upgrade(connection: Connection, place: str) -> None:
    """Run the migrations that a database lacks, inside the caller's transaction.

    Raises:
        StorageError: the database was written by a newer HAVEN.
    """
    config = _config()
    if _revision(connection, config, place) != ScriptDirectory.from_config(config).get_current_head():
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def require_current(connection: Connection, place: str) -> None:
    """Check that a database needs no migration.

    Raises:
        StorageError: it is older or newer than this HAVEN.
    """
    config = _config()
    found, wanted = _revision(connection, config, place), ScriptDirectory.from_config(config).get_current_head()
    if found != wanted:
        raise StorageError(
            f"{place}: its tables are of revision {found}, this HAVEN reads {wanted}: open it once with `haven serve`"
        )


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _revision(connection: Connection, config: Config, place: str) -> str | None:
    """Return the database's revision, None for a new one."""
    found = MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        newest = max(known)
        raise StorageError(
            f"{place}: its tables are of revision {found!r}, newer than {newest!r}, the newest this HAVEN knows: "
            "upgrade HAVEN, or name another database in storage.db_path"
        )
    return found
