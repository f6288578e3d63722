"""Which frames `general.fps_limit` lets through: capture times -> taken or skipped."""

from __future__ import annotations

from haven_server.types import NANOSECONDS


class Pacer:
    """Takes at most so many frames a second, as evenly as they come.

    Due times keep to a grid, so that the mean rate is right; a frame may come early by half its distance from the one
    before, so that the jitter of timestamps costs none. What one pacer took, a second one of the same limit and start
    takes whole: it sees the same due times, and distances at least as long.

    Args:
        fps_limit: frames per second at most.
        starts_at: no frame is captured before this, ns.
    """

    def __init__(self, fps_limit: float, starts_at: int) -> None:
        self._interval = round(NANOSECONDS / fps_limit)
        self._due_at = starts_at
        self._last_at = starts_at

    def takes(self, captured_at: int) -> bool:
        """Decide on one frame; every frame must be shown, for the distances to be right.

        Args:
            captured_at: ns, later than every one before.
        """
        step, self._last_at = captured_at - self._last_at, captured_at
        tolerance = min(step, self._interval) // 2
        if captured_at + tolerance < self._due_at:
            return False
        # After a gap the grid begins anew.
        after_gap = captured_at >= self._due_at + self._interval
        self._due_at = (captured_at if after_gap else self._due_at) + self._interval
        return True
