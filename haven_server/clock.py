"""Clocks: the machine's, and one that a test turns by hand."""

from __future__ import annotations

import asyncio
import time

from haven_server.types import NANOSECONDS


class SystemClock:
    """The machine's own clock."""

    def now(self) -> int:
        """Wall clock, ns since the Unix epoch."""
        return time.time_ns()

    def monotonic(self) -> float:
        """Seconds that never run backwards."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait at least that long."""
        await asyncio.sleep(seconds)


class ManualClock:
    """A clock that stands still until ``advance`` is called. Sleepers wake in order of their alarm."""

    def __init__(self, now: int = 0) -> None:
        self._now = now
        self._elapsed = 0.0
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []

    def now(self) -> int:
        """Wall clock as set, ns since the Unix epoch."""
        return self._now

    def monotonic(self) -> float:
        """Seconds advanced since birth."""
        return self._elapsed

    async def sleep(self, seconds: float) -> None:
        """Wait until the clock was advanced by that much; not at all when ``seconds`` is not positive."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        alarm: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers.append((self._elapsed + seconds, alarm))
        await alarm

    def advance(self, seconds: float) -> None:
        """Turn the clock forward and wake whoever's time has come."""
        self._elapsed += seconds
        self._now += round(seconds * NANOSECONDS)
        due = sorted((s for s in self._sleepers if s[0] <= self._elapsed), key=lambda s: s[0])
        self._sleepers = [s for s in self._sleepers if s[0] > self._elapsed]
        for _, alarm in due:
            if not alarm.done():
                alarm.set_result(None)
