"""BoT-SORT: ByteTrack that follows the camera's own movement and knows people by their looks as well."""

from __future__ import annotations

from haven_core.tracks import TrackTable
from haven_server.settings import TrackerSettings
from haven_server.tracking.camera_motion import CameraMotion
from haven_server.tracking.tracker import Places, Tracker
from haven_server.types import BGRImage, BoxesXYXY

LOOK_KEPT = 0.9
"""Share of what a track looked like that stays when it is seen anew; of the paper."""
RELINK_SPEED = 1.5
"""How fast somebody lost may get away from where motion has them, in their heights per second: a fast walk."""
RELINK_MARGIN = 0.05
"""Least lead in cosine similarity over anybody else who may be the one that is back; as `reid.thresholds.margin`."""


class BotSort(Tracker):
    """Follows people by where they are and, where that leaves doubt, by how they look.

    By the reference's rules, where the camera stands still and no looks are given, or those of all boxes, ids and boxes
    are those of ultralytics' BOTSORT, except for what is different on purpose:

    - Somebody lost is taken up again by looks alone where no box overlaps any more, if the way can be walked in the
      time and nobody else looks nearly as alike. The reference lets looks count only where boxes overlap by
      ``proximity_thresh``, which after a long occlusion they do not. With a ``relink_thresh`` of 1 this never happens.
    - Looks may be given for some boxes only; `begin_frame` says for which they matter.
    - The camera's movement is measured beside people, not on them, and a turn of the picture adds no covariance between
      x and y.

    Source: Aharon et al., BoT-SORT, arXiv 2206.14651, 2022.
    """

    def __init__(self, camera_id: str, settings: TrackerSettings, new_track_thresh: float, live: bool = False) -> None:
        """Begin without tracks; see `Tracker`."""
        super().__init__(camera_id, settings, new_track_thresh, live)
        self._motion = CameraMotion() if settings.camera_motion else None

    def finish(self) -> tuple[int, ...]:
        """End all tracks because the source is at its end; see `Tracker`."""
        if self._motion is not None:
            self._motion.clear()
        return super().finish()

    def _make_table(self, first_id: int) -> TrackTable:
        near, alike = 1 - self._settings.proximity_thresh, self._settings.appearance_thresh
        return TrackTable(by_width=True, near=near, alike=alike, kept=LOOK_KEPT, first_id=first_id)

    def _prepare(self, boxes: BoxesXYXY, image: BGRImage | None) -> Places:
        if self._motion is not None and image is not None:
            self._table.warp(self._motion.measure(image, boxes))
        # A look as old as the buffer is renewed, so that whoever is lost later is remembered as they were then.
        return self._table.in_doubt(self._settings.match_thresh, self._timeline.oldest)

    def _associate(self, by_looks: bool) -> None:
        super()._associate(by_looks)
        if by_looks and self._settings.relink_thresh < 1:
            reach = RELINK_SPEED * self._timeline.usual_gap_s
            self._table.relink(self._settings.relink_thresh, reach, RELINK_MARGIN)
