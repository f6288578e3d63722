"""A database and its transactions: where it is, how it is opened, how durable a commit is.

SQLite runs in WAL mode with ``synchronous = FULL``: a commit survives ``kill -9`` and, as far as the disk keeps its
word, a power cut. The price is one fsync a transaction, which the writer's group commits share out.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, StaticPool, create_engine, event, make_url, text
from sqlalchemy.exc import NoSuchModuleError

from haven_server.errors import StorageError
from haven_server.storage.problems import told_of

_WAL_LIMIT = 64 * 1024 * 1024
"""Bytes to which SQLite shrinks the write-ahead log after a checkpoint."""


class Database:
    """One database, whichever kind SQLAlchemy can reach. Transactions may be opened from any thread.

    Attributes:
        place: as messages name it: the file's path, or the URL without its password.
        path: the SQLite file; None for a database in memory or on a server.
        engine: SQLAlchemy's.
    """

    def __init__(self, url_or_path: str | Path, *, read_only: bool, busy_timeout_s: float) -> None:
        """Prepare to connect; nothing is opened yet.

        Raises:
            StorageError: the URL names no driver that is installed.
        """
        url = _read_url(url_or_path)
        sqlite = url.get_backend_name() == "sqlite"
        in_memory = sqlite and url.database in (None, "", ":memory:")
        self.path = Path(url.database) if sqlite and url.database and not in_memory else None
        self.place = str(self.path) if self.path else url.render_as_string()
        if self.path and read_only:
            url = url.set(database=f"file:{quote(str(self.path))}", query={"mode": "ro", "uri": "true"})
        options: dict[str, Any] = {"hide_parameters": True}
        if sqlite:
            options["connect_args"] = {"check_same_thread": False}  # each is used by one thread at a time
        else:
            options["pool_pre_ping"] = True
        if in_memory:
            options["poolclass"] = StaticPool
        try:
            self.engine = create_engine(url, **options)
        except (ImportError, NoSuchModuleError) as error:
            raise StorageError(f"{self.place}: its driver cannot be loaded, install it: {error}") from error
        if sqlite:
            _tune_sqlite(self.engine, durable=self.path is not None and not read_only, busy_timeout_s=busy_timeout_s)
        self._closed = False
        # A database in memory lives in a single connection, so its transactions take turns.
        self._turns = threading.Lock() if in_memory else nullcontext()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a transaction that sees one state of the database.

        Raises:
            StorageError: the database fails.
        """
        with self._transaction("BEGIN") as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open a transaction that is committed at the end, or undone when the body raises.

        Raises:
            StoreUnavailableError: the database is locked, full or failing; nothing was written.
            StorageError: it cannot take this; nothing was written.
        """
        with self._transaction("BEGIN IMMEDIATE") as connection:
            yield connection

    @contextmanager
    def _transaction(self, sqlite_begin: str) -> Iterator[Connection]:
        if self._closed:
            raise StorageError(f"{self.place}: closed already")
        with told_of(self.place), self._turns, self.engine.connect() as connection:
            connection.execution_options(sqlite_begin=sqlite_begin)
            with connection.begin():
                yield connection

    def size_bytes(self) -> int:
        """Return the bytes that the database takes, its write-ahead log included; 0 where its kind cannot tell."""
        if self.path:
            files = (self.path, self.path.with_name(self.path.name + "-wal"))
            return sum(file.stat().st_size for file in files if file.exists())
        question = {
            "sqlite": "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
            "postgresql": "SELECT pg_database_size(current_database())",
        }.get(self.engine.dialect.name)
        if question is None:
            return 0
        with self.reading() as connection:
            return int(connection.execute(text(question)).scalar_one())

    def close(self) -> None:
        """Close all connections; SQLite then folds its log into the file. Safe to call twice."""
        self._closed = True
        self.engine.dispose()


def _read_url(url_or_path: str | Path) -> URL:
    if isinstance(url_or_path, str) and "://" in url_or_path:
        return make_url(url_or_path)
    return URL.create("sqlite", database=str(url_or_path))


def _tune_sqlite(engine: Engine, *, durable: bool, busy_timeout_s: float) -> None:
    """Have every new connection take our settings, and every transaction begin when we say so."""
    pragmas = [f"busy_timeout = {round(busy_timeout_s * 1000)}", "foreign_keys = ON"]
    if durable:
        pragmas += ["journal_mode = WAL", "synchronous = FULL", f"journal_size_limit = {_WAL_LIMIT}"]

    @event.listens_for(engine, "connect")
    def _set(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None  # else sqlite3 guesses where transactions begin
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get("sqlite_begin", "BEGIN"))
