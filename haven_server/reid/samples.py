"""Keep the best views of a track, spread over its life, in bounded memory: Sample -> samples."""

from __future__ import annotations

from haven_server.types import NANOSECONDS, Sample

FIRST_SPAN_S = 2.0
"""Seconds of a track's life that the stretches cover at first (SEED 5.2 samples over 2 to 5 s)."""


class SpreadSamples:
    """The best view of each stretch of time, and of those the best few that span the track's life.

    There are twice as many equal stretches as samples wanted. When the track outlives them, every two neighbours
    become one of double length and the better view stays: however long the track, memory is bounded and the views
    span its life.

    Args:
        count: samples wanted, at least 1.
        start: ns, nothing is offered from before.
    """

    def __init__(self, count: int, start: int) -> None:
        self._count = count
        self._start = start
        self._length = max(round(FIRST_SPAN_S * NANOSECONDS) // (2 * count), 1)
        self._best: dict[int, tuple[float, Sample]] = {}

    def bar(self, captured_at: int) -> float:
        """Return the rank that a view of this time has to exceed; negative when any will do."""
        kept = self._best.get(self._stretch(captured_at))
        return -1.0 if kept is None else kept[0]

    def offer(self, sample: Sample, rank: float) -> None:
        """Keep a view if it is the first or the best of its stretch."""
        if rank > self.bar(sample.captured_at):
            self._best[self._stretch(sample.captured_at)] = (rank, sample)

    def pick(self) -> tuple[Sample, ...]:
        """Return at most ``count`` views in time order: the best of each two neighbouring stretches, then the next."""
        ranked = sorted(self._best, key=lambda stretch: (-self._best[stretch][0], stretch))
        leaders = {stretch // 2: stretch for stretch in reversed(ranked)}.values()
        chosen = sorted(ranked, key=lambda stretch: stretch not in leaders)[: self._count]
        return tuple(self._best[stretch][1] for stretch in sorted(chosen))

    def _stretch(self, captured_at: int) -> int:
        while (stretch := (captured_at - self._start) // self._length) >= 2 * self._count:
            self._widen()
        return stretch

    def _widen(self) -> None:
        self._length *= 2
        halves, self._best = self._best, {}
        for stretch in sorted(halves):
            kept = self._best.get(stretch // 2)
            if kept is None or halves[stretch][0] > kept[0]:
                self._best[stretch // 2] = halves[stretch]
