"""Faults of the database, told in our own words: what happened to which database, and how to mend it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

from haven_server.errors import StorageError, StoreUnavailableError

# By the start of SQLite's name for the fault. These may pass without a change to the database:
_PASSING = {
    "SQLITE_BUSY": "locked by another process: let it finish, or end it",
    "SQLITE_LOCKED": "locked by another connection: let it finish",
    "SQLITE_FULL": "the disk is full: free some room",
    "SQLITE_IOERR": "the disk fails to read or write: check that it is not full, and the system's log",
    "SQLITE_READONLY": "not writable: give this user the right to write the file and its folder",
    "SQLITE_CANTOPEN": "cannot be opened: check that the file and its folder may be read and written by this user",
    "SQLITE_PERM": "access denied: give this user the right to read and write the file",
}
# These never do:
_LASTING = {
    "SQLITE_NOTADB": "not a SQLite database: name another file in storage.db_path, or move this one away",
    "SQLITE_CORRUPT": "damaged: restore a backup, or save what is left with the .recover command of sqlite3",
}


@contextmanager
def told_of(place: str) -> Iterator[None]:
    """Turn faults of the database into StorageError.

    Args:
        place: the database as messages name it, without password.
    Raises:
        StoreUnavailableError: the fault may pass: locked, disk full, connection lost.
        StorageError: any other.
    """
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise _translate(place, error) from error


def _translate(place: str, error: Exception) -> StorageError:
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    name: str = getattr(cause, "sqlite_errorname", "")
    for start, mend in _PASSING.items():
        if name.startswith(start):
            return StoreUnavailableError(f"{place}: {mend} ({cause})")
    for start, mend in _LASTING.items():
        if name.startswith(start):
            return StorageError(f"{place}: {mend} ({cause})")
    if isinstance(error, OperationalError) and not name:
        return StoreUnavailableError(f"{place}: the database server does not answer: check that it runs ({cause})")
    return StorageError(f"{place}: {cause}")
