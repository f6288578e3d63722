"""Decide when a track's presence is written down: FrameOutcome, global id -> Observation."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from haven_server.types import NANOSECONDS, BoxXYXY, FrameOutcome, Observation, Posture

PENDING_LIMIT = 600
"""Observations kept of a track while nobody knows who it is; the oldest go first."""


@dataclass(slots=True)
class _Page:
    """What is known of one track: whom it was decided for, and what waits until that is known."""

    global_id: int | None = None
    last_written: int | None = None
    last_seen: int = 0
    last_box: BoxXYXY | None = None
    pending: deque[tuple[int, BoxXYXY]] = field(default_factory=lambda: deque(maxlen=PENDING_LIMIT))


class Diary:
    """Observations of all live tracks: at a track's start and end, and every ``interval_s`` between.

    Args:
        root: tells who an identity is taken for, where it was merged into another.
    """

    def __init__(self, interval_s: float, root: Callable[[int], int]) -> None:
        self._interval = round(interval_s * NANOSECONDS)
        self._root = root
        self._pages: dict[tuple[str, int], _Page] = {}

    def note(self, outcome: FrameOutcome) -> tuple[Observation, ...]:
        """Note who is visible.

        Returns:
            Observations now due of people whose identity is known, by ascending track id.
        """
        due = []
        for track in outcome.tracks:
            page = self._pages.setdefault((track.camera_id, track.track_id), _Page())
            page.last_seen, page.last_box = outcome.captured_at, track.box
            if page.last_written is None or outcome.captured_at - page.last_written >= self._interval:
                page.last_written = outcome.captured_at
                page.pending.append((outcome.captured_at, track.box))
                due += self._write(track.camera_id, track.track_id, page)
        return tuple(due)

    def identify(
        self, camera_id: str, track_id: int, global_id: int, snapshot_path: str | None
    ) -> tuple[Observation, ...]:
        """Learn whom a track was decided for.

        Args:
            snapshot_path: goes with the first observation returned.
        Returns:
            What was pending, in time order.
        """
        page = self._pages.setdefault((camera_id, track_id), _Page())
        page.global_id = global_id
        return tuple(self._write(camera_id, track_id, page, snapshot_path))

    def end(self, camera_id: str, track_id: int) -> tuple[Observation, ...]:
        """Close a track's page.

        Returns:
            Its last observation where one is due; nothing for a track nobody recognised.
        """
        page = self._pages.pop((camera_id, track_id), None)
        if page is None or page.global_id is None or page.last_box is None or page.last_seen == page.last_written:
            return ()
        page.pending.append((page.last_seen, page.last_box))
        return tuple(self._write(camera_id, track_id, page))

    def _write(self, camera_id: str, track_id: int, page: _Page, snapshot_path: str | None = None) -> list[Observation]:
        if page.global_id is None:
            return []
        who, decided = self._root(page.global_id), page.global_id
        written = []
        while page.pending:
            captured_at, box = page.pending.popleft()
            one = Observation(who, camera_id, track_id, captured_at, box, Posture.UNKNOWN, snapshot_path)
            written.append(one if who == decided else replace(one, decided_id=decided))
            snapshot_path = None
        return written
