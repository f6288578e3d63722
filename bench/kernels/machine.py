"""What the machine can do at best, and what it has left: the fastest read of memory, and how much is free."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

GIGABYTE = 1 << 30
LEAST_S = 0.002
"""Seconds that a measurement lasts at least, by as many calls as that takes."""


def read(memory: Sequence[npt.NDArray[np.float32]]) -> float:
    """Read arrays once, as fast as one thread can: by NumPy's greatest of float32.

    Of what NumPy and BLAS have for it (sum, dot product, bitwise or, greatest) that is the fastest.
    """
    return max(float(np.maximum.reduce(array, axis=None)) for array in memory)


class Stopwatch:
    """Times one piece of work again and again, always by as many calls as the first ones suggest.

    Processor time is taken, not the clock's: what else the machine does then counts little.
    """

    def __init__(self, work: Callable[[], object]) -> None:
        self._work = work
        seconds = self._run(1)
        if seconds < LEAST_S:  # then it was not the work that took its time, but finding things
            seconds = min(self._run(1) for _ in range(3))
        self._calls = max(1, round(LEAST_S / max(seconds, 1e-7)))

    def microseconds(self) -> float:
        """Return what one call took on the average."""
        return 1e6 * self._run(self._calls) / self._calls

    def _run(self, calls: int) -> float:
        start = time.process_time()
        for _ in range(calls):
            self._work()
        return time.process_time() - start


def free_gigabytes() -> float:
    """Return how much memory programs can still have."""
    lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    sizes = {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)}
    return sizes["MemAvailable"] * 1024 / GIGABYTE
