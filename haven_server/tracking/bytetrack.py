"""ByteTrack: confident boxes first, doubtful ones for those already followed."""

from __future__ import annotations

import numpy as np

from haven_core.tracks import TrackTable
from haven_server.settings import TrackerSettings
from haven_server.tracking.tracker import Places, Tracker
from haven_server.types import BGRImage, BoxesXYXY

SECOND_PASS_LIMIT = 0.5
"""Greatest 1 - IoU at which a doubtful box belongs to a followed track; of the paper."""
UNCONFIRMED_LIMIT = 0.7
"""Greatest distance at which a box confirms a track seen once; as in the reference tracker."""

NOBODY_IN_DOUBT: Places = np.empty(0, np.intp)


class ByteTrack(Tracker):
    """Follows people by where they are alone.

    Ids and boxes are those of ultralytics' BYTETracker on the same detections, where time goes by frames.

    Source: Zhang et al., ByteTrack, ECCV 2022, Algorithm 1.
    """

    def __init__(self, camera_id: str, settings: TrackerSettings, new_track_thresh: float, live: bool = False) -> None:
        """Begin without tracks; see `Tracker`."""
        super().__init__(camera_id, settings, new_track_thresh, TrackTable(), live)

    def _prepare(self, boxes: BoxesXYXY, image: BGRImage | None) -> Places:
        return NOBODY_IN_DOUBT

    def _associate(self) -> None:
        settings = self._settings
        self._table.associate_confident(settings.match_thresh, settings.fuse_score)
        # Doubtful boxes are for those followed until now; nobody lost is found by one.
        self._table.associate_doubtful(SECOND_PASS_LIMIT)
        # Seen once, a tentative track has no motion yet: it is looked for where it was.
        self._table.associate_tentative(UNCONFIRMED_LIMIT, settings.fuse_score)
