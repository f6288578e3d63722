"""Frames as points in time: how far apart they are, and which are still remembered."""

from __future__ import annotations

from collections import deque

from haven_server.types import NANOSECONDS

GAPS_KEPT = 31
"""Gaps between frames of which the middle one is the camera's frame interval: a second or so."""


class Timeline:
    """The frames of one camera, numbered from 1.

    Attributes:
        oldest: number of the oldest frame within the buffer; 1 at first.
    """

    def __init__(self, camera_id: str, buffer_s: float, in_seconds: bool, step_s: float | None = None) -> None:
        """Begin before the first frame.

        Args:
            buffer_s: how long a frame is remembered.
            in_seconds: time goes by the clock; otherwise each frame is one step, whenever it was captured.
            step_s: a step by the clock; none: the usual gap between frames.
        """
        self._camera_id = camera_id
        self._buffer = round(buffer_s * NANOSECONDS)
        self._in_seconds = in_seconds
        self._step = None if step_s is None else step_s * NANOSECONDS
        self.clear()

    def clear(self) -> None:
        """Begin anew, before a first frame."""
        self.oldest = 1
        self._newest: int | None = None
        self._remembered: deque[int] = deque()
        self._gaps: deque[int] = deque(maxlen=GAPS_KEPT)

    def elapsed(self, captured_at: int) -> float:
        """Tell how many steps have gone by since the newest frame; 1 where time goes by frames.

        Where a step is the usual gap, it is 1 while no frame is missing. A gap longer than the buffer counts as the
        buffer.

        Args:
            captured_at: ns since the Unix epoch.
        Raises:
            ValueError: that is before the newest frame.
        """
        if self._newest is None:
            return 1.0
        if captured_at < self._newest:
            raise ValueError(
                f"camera {self._camera_id!r}: frame captured at {captured_at} ns after one at {self._newest} ns;"
                " frames come in order of capture"
            )
        if not self._in_seconds or not (self._step or self._gaps):
            return 1.0
        return min(captured_at - self._newest, self._buffer) / (self._step or self._usual_gap())

    def accept(self, captured_at: int) -> None:
        """Add a frame, not before the newest."""
        if self._newest is not None and captured_at > self._newest:
            self._gaps.append(captured_at - self._newest)
        self._newest = captured_at
        self._remembered.append(captured_at)
        while self._remembered[0] < captured_at - self._buffer:
            self._remembered.popleft()
            self.oldest += 1

    @property
    def usual_gap_s(self) -> float:
        """Seconds from one frame to the next; 0 before the second frame."""
        return self._usual_gap() / NANOSECONDS if self._gaps else 0.0

    def _usual_gap(self) -> int:
        return sorted(self._gaps)[(len(self._gaps) - 1) // 2]
