"""The writer's lock: one process at a time may write a database file."""

from __future__ import annotations

import fcntl
import os
import sys
from pathlib import Path

from haven_server.errors import StorageError, StoreLockedError


class WriterLock:
    """An advisory lock on ``<database>.lock``, which names its holder. The kernel frees it however the holder ends."""

    def __init__(self, database: Path) -> None:
        """Take the lock.

        Raises:
            StoreLockedError: another writer has it.
            StorageError: the file cannot be made.
        """
        path = database.with_name(database.name + ".lock")
        try:
            self._file = path.open("a+", encoding="utf-8")
        except OSError as error:
            raise StorageError(
                f"{path}: {error.strerror}: make the folder writable, or name another in storage.db_path"
            ) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.seek(0)
            holder = self._file.read().strip() or "a process that has not yet said its name"
            self._file.close()
            raise StoreLockedError(
                f"{database}: already being written by {holder}: end it first, "
                "or name another database in storage.db_path"
            ) from error
        self._file.truncate(0)
        self._file.write(f"{_command()} (pid {os.getpid()})\n")
        self._file.flush()

    def release(self) -> None:
        """Give the lock up. The file stays: removing it would race with the next taker. Safe to call twice."""
        self._file.close()


def _command() -> str:
    """Name this process by program and subcommand; further arguments may hold secrets."""
    program = Path(sys.argv[0])
    name = program.parent.name if program.name == "__main__.py" else program.name
    return " ".join([name or "python", *(word for word in sys.argv[1:2] if word.isalpha())])
