"""When to look at an identity again: deadlines of its memories, and how long nobody has seen it."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator


class Expiry:
    """Keeps identities by their next deadline and by when they were last seen; a look costs nothing while none is due.

    Args:
        seen: global ids with the time (ns) each was last seen.
    """

    def __init__(self, seen: Iterable[tuple[int, int]]) -> None:
        self._last_seen = dict(sorted(seen, key=_by_time))
        self._deadlines: dict[int, int] = {}
        self._queue: list[tuple[int, int]] = []

    def see(self, global_id: int, at: int) -> None:
        """Note that an identity was seen at ``at`` (ns)."""
        # Put last: the dictionary stays in order of time.
        self._last_seen[global_id] = max(at, self._last_seen.pop(global_id, at))

    def join(self, target: int, source: int, at: int) -> None:
        """Keep two identities as one, which was last seen at ``at`` (ns)."""
        self.forget(source)
        self._last_seen[target] = at
        # Nearly in order, so that sorting is little more than a look at each.
        self._last_seen = dict(sorted(self._last_seen.items(), key=_by_time))

    def is_active(self, global_id: int) -> bool:
        """Tell whether an identity has not yet been given out by ``idle`` since it was last seen."""
        return global_id in self._last_seen

    def idle(self, before: int) -> Iterator[int]:
        """Give out, once, identities last seen before ``before`` (ns)."""
        while self._last_seen and self._last_seen[oldest := next(iter(self._last_seen))] < before:
            del self._last_seen[oldest]
            yield oldest

    def watch(self, global_id: int, deadline: int | None) -> None:
        """Set when a memory of an identity expires next (ns); None: it has none."""
        if deadline is None:
            self._deadlines.pop(global_id, None)
        elif self._deadlines.get(global_id) != deadline:
            self._deadlines[global_id] = deadline
            heapq.heappush(self._queue, (deadline, global_id))

    def due(self, now: int) -> Iterator[int]:
        """Give out, once, identities with a memory whose deadline is before ``now`` (ns)."""
        while self._queue and self._queue[0][0] < now:
            deadline, global_id = heapq.heappop(self._queue)
            if self._deadlines.get(global_id) == deadline:
                del self._deadlines[global_id]
                yield global_id

    def forget(self, global_id: int) -> None:
        """Stop keeping an identity."""
        self._last_seen.pop(global_id, None)
        self._deadlines.pop(global_id, None)


def _by_time(seen: tuple[int, int]) -> tuple[int, int]:
    """Sort key: when an identity was last seen, then its number."""
    return seen[1], seen[0]
