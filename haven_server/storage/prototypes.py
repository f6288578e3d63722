"""The prototype cache: packed banks in LMDB, so that the gallery starts in an instant. The rows in SQL stay the truth.

The cache bears the generation of the rows it was made from. A kill between the two commits, a restored backup, a
deleted folder: all leave generations that differ, and the cache is then made anew from the rows.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import lmdb

from haven_server.errors import StorageError
from haven_server.storage.banks import Bank, identity_prefix, pack_key
from haven_server.telemetry import logger

log = logger(__name__)

_GENERATION = b"generation"
_FIRST_MAP_SIZE = 64 * 1024 * 1024
_DAMAGED = (lmdb.CorruptedError, lmdb.InvalidError, lmdb.VersionMismatchError, lmdb.PageNotFoundError)


class PrototypeCache:
    """Banks by identity and signal, as of one generation. May be used from any thread."""

    def __init__(self, folder: Path, map_size: int = _FIRST_MAP_SIZE) -> None:
        """Open the folder, or make it.

        Args:
            map_size: bytes the cache may take before the map is made larger, which happens by itself.
        Raises:
            StorageError: the folder cannot be made or written.
        """
        self.folder = folder
        self._turns = threading.Lock()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            try:
                self._open(map_size)
            except _DAMAGED as error:
                log.warning("prototype cache is damaged: making it anew", folder=str(folder), error=str(error))
                for name in ("data.mdb", "lock.mdb"):
                    (folder / name).unlink(missing_ok=True)
                self._open(map_size)
        except (OSError, lmdb.Error) as error:
            raise StorageError(
                f"{folder}: the prototype cache cannot be opened ({error}): make the folder writable, "
                "or name another in storage.lmdb_path"
            ) from error

    def _open(self, map_size: int) -> None:
        # metasync off: a power cut may cost the last commit, which the generation then tells.
        self._environment = lmdb.open(str(self.folder), map_size=map_size, max_dbs=2, metasync=False)
        self._banks = self._environment.open_db(b"banks")
        self._meta = self._environment.open_db(b"meta")

    def scan(self, generation: str, take: Callable[[bytes, memoryview], None]) -> bool:
        """Hand all packed keys and values to ``take``, by ascending global id, then signal, without copying the values.

        Args:
            take: must copy what it wants to keep of a value: the memory is valid during the call only.
        Returns:
            False, without a call, when the cache is not of that generation.
        """
        with self._turns, self._environment.begin(buffers=True) as transaction:
            if self._stored_generation(transaction) != generation:
                return False
            for key, value in transaction.cursor(self._banks):
                take(bytes(key), value)
            return True

    def replace(self, banks: Sequence[Bank], generation: str) -> None:
        """Put these banks in the place of everything."""

        def write(transaction: lmdb.Transaction[bytes]) -> None:
            transaction.drop(self._banks, delete=False)
            self._put(transaction, banks, generation)

        self._write(write)

    def update(self, changed: Collection[int], banks: Sequence[Bank], before: str, after: str) -> None:
        """Put these banks in the place of all banks of some identities.

        Args:
            changed: global ids.
            before, after: generations. Unless the cache is of the one before, nothing is done: it is stale anyway.
        """

        def write(transaction: lmdb.Transaction[bytes]) -> None:
            if self._stored_generation(transaction) == before:
                for global_id in changed:
                    self._delete(transaction, identity_prefix(global_id))
                self._put(transaction, banks, after)

        self._write(write)

    def close(self) -> None:
        """Close the folder. Safe to call twice."""
        self._environment.close()

    def _stored_generation(self, transaction: lmdb.Transaction[bytes] | lmdb.Transaction[memoryview]) -> str:
        return bytes(transaction.get(_GENERATION, b"", db=self._meta)).decode()

    def _delete(self, transaction: lmdb.Transaction[bytes], prefix: bytes) -> None:
        with transaction.cursor(self._banks) as cursor:
            found = cursor.set_range(prefix)
            while found and cursor.key().startswith(prefix):
                found = cursor.delete()

    def _put(self, transaction: lmdb.Transaction[bytes], banks: Sequence[Bank], generation: str) -> None:
        for bank in banks:
            transaction.put(pack_key(bank.key), bank.pack(), db=self._banks)
        transaction.put(_GENERATION, generation.encode(), db=self._meta)

    def _write(self, write: Callable[[lmdb.Transaction[bytes]], None]) -> None:
        """Run one transaction, in a larger map if it does not fit.

        A cache that cannot be written is only stale, and known to be: the rows are committed, so work goes on.
        """
        with self._turns:
            try:
                while not self._fits(write):
                    self._environment.set_mapsize(2 * self._environment.info()["map_size"])
            except lmdb.Error as error:
                log.warning("prototype cache not written", folder=str(self.folder), error=str(error))

    def _fits(self, write: Callable[[lmdb.Transaction[bytes]], None]) -> bool:
        """Run one transaction; False when the map is too small for it, and nothing was written."""
        try:
            with self._environment.begin(write=True) as transaction:
                write(transaction)
        except lmdb.MapFullError:
            return False
        return True
