"""Memory that this process writes and another on the same host reads by its name: bytes wanted -> Lease.

The region is a file in /dev/shm, locked as long as its owner lives, so that what a killed process left behind can be
told from what is in use, and removed.
"""

from __future__ import annotations

import contextlib
import fcntl
import mmap
import os
import secrets
from bisect import insort
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

FOLDER: Final = Path("/dev/shm")
PREFIX: Final = "haven_engine_"
_ALIGNMENT: Final = 64


class SharedRegion:
    """A region of fixed size, of which calls lease parts.

    Attributes:
        name: under which others find it, without the folder.

    Raises:
        OSError: there is no /dev/shm, or not so much room in it.
    """

    def __init__(self, size: int) -> None:
        self.name = f"{PREFIX}{secrets.token_hex(8)}"
        self.size = size
        self._leases: list[tuple[int, int]] = []
        self._file = os.open(FOLDER / self.name, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Taken now: a page for which there is no room later would end the process.
            os.posix_fallocate(self._file, 0, size)
            self._bytes = np.frombuffer(mmap.mmap(self._file, size), np.uint8)
        except OSError:
            self.close()
            raise

    @contextlib.contextmanager
    def lease(self, size: int) -> Iterator[int | None]:
        """Have so many bytes to oneself for a while; gives their offset, None where there is no room."""
        span = self._find(size)
        if span is None:
            yield None
            return
        insort(self._leases, span)
        try:
            yield span[0]
        finally:
            self._leases.remove(span)

    def write(self, offset: int, tensor: npt.NDArray[np.uint8]) -> None:
        """Copy a tensor to a place that was leased, row by row however it lies."""
        target = self._bytes[offset : offset + tensor.nbytes].reshape(tensor.shape)
        np.copyto(target, tensor)

    def close(self) -> None:
        """Remove the name and let go of the memory. Safe to call twice."""
        (FOLDER / self.name).unlink(missing_ok=True)
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _find(self, size: int) -> tuple[int, int] | None:
        """Find the first gap that is large enough."""
        size = -(-size // _ALIGNMENT) * _ALIGNMENT
        start = 0
        for first, end in self._leases:
            if first - start >= size:
                break
            start = end
        return (start, start + size) if start + size <= self.size else None


def is_alive(name: str) -> bool:
    """Say whether some process owns a region."""
    try:
        file = os.open(FOLDER / name, os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(file)
    return False


def sweep() -> None:
    """Remove the regions of processes that were killed."""
    for path in FOLDER.glob(f"{PREFIX}*"):
        if not is_alive(path.name):
            path.unlink(missing_ok=True)
