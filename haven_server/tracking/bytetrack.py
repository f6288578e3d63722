"""ByteTrack: confident boxes first, doubtful ones for those already followed."""

from __future__ import annotations

import numpy as np

from haven_core.tracks import TrackTable
from haven_server.tracking.tracker import Places, Tracker
from haven_server.types import BGRImage, BoxesXYXY

NOBODY_IN_DOUBT: Places = np.empty(0, np.intp)


class ByteTrack(Tracker):
    """Follows people by where they are alone.

    By the reference's rules ids and boxes are those of ultralytics' BYTETracker on the same detections, where time goes
    by frames.

    Source: Zhang et al., ByteTrack, ECCV 2022, Algorithm 1.
    """

    def _make_table(self, first_id: int) -> TrackTable:
        return TrackTable(by_width=self._has_own_rules, first_id=first_id)

    def _prepare(self, boxes: BoxesXYXY, image: BGRImage | None) -> Places:
        return NOBODY_IN_DOUBT
