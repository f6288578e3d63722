"""ByteTrack: confident boxes first, doubtful ones for those already followed. Detections -> TrackUpdate."""

from __future__ import annotations

from collections import deque

import numpy as np

from haven_core.boxes import have_area
from haven_server.settings import TrackerSettings
from haven_server.tracking.association import Rows, associate
from haven_server.tracking.lifecycle import TrackTable
from haven_server.types import NANOSECONDS, Detections, Track, TrackState, TrackUpdate

SECOND_PASS_LIMIT = 0.5
"""Greatest 1 - IoU at which a doubtful box belongs to a followed track; of the paper."""
UNCONFIRMED_LIMIT = 0.7
"""Greatest distance at which a box confirms a track seen once; as in the reference tracker."""


class ByteTrack:
    """Follows the people of one camera from frame to frame.

    Ids begin at 1 in each instance. Ids and boxes are those of ultralytics' BYTETracker on the same detections.

    Source: Zhang et al., ByteTrack, ECCV 2022, Algorithm 1.
    """

    def __init__(self, camera_id: str, settings: TrackerSettings, new_track_thresh: float) -> None:
        """Begin without tracks.

        Args:
            new_track_thresh: least score that may start a track, [0, 1].
        """
        self._camera_id = camera_id
        self._settings = settings
        self._new_track_thresh = new_track_thresh
        self._table = TrackTable()
        self._buffer = round(settings.track_buffer_s * NANOSECONDS)
        self._recent: deque[tuple[int, int]] = deque()
        self._frame = 0
        self._captured_at: int | None = None

    def update(self, detections: Detections, captured_at: int) -> TrackUpdate:
        """Take in one frame; to be called for every frame, also for one without detections.

        Args:
            detections: people found in the frame, any score; boxes without area are passed over.
            captured_at: ns since the Unix epoch, not before the frame before.
        Returns:
            The tracks seen in this frame, boxes as the motion filter has them; and the ids that will not come again.
        Raises:
            ValueError: a box or score is NaN or out of range, a box is inside out, or time runs backwards. The frame
                did not count then, and the next may follow.
        """
        confident, doubtful = self._split(detections)
        self._tick(captured_at)
        table, settings = self._table, self._settings
        boxes, scores = detections.boxes, detections.scores
        weights = scores if settings.fuse_score else np.ones_like(scores)

        known = table.confirmed[table.followed]
        followed, unconfirmed = table.followed[known], table.followed[~known]
        pool = np.concatenate((followed, table.lost))
        expected = table.predict(pool)

        first = associate(expected, boxes[confident], settings.match_thresh, weights[confident])
        self._see(pool[first.tracks], confident[first.boxes], detections)

        # Doubtful boxes are for those followed until now, which come first in the pool; nobody lost is found by one.
        missed = first.missed[first.missed < len(followed)]
        second = associate(expected[missed], boxes[doubtful], SECOND_PASS_LIMIT)
        self._see(followed[missed[second.tracks]], doubtful[second.boxes], detections)

        # Seen once, an unconfirmed track has no motion yet: it is looked for where it was.
        left = confident[first.left]
        third = associate(table.boxes(unconfirmed), boxes[left], UNCONFIRMED_LIMIT, weights[left])
        self._see(unconfirmed[third.tracks], left[third.boxes], detections)

        left = left[third.left]
        new = left[scores[left] >= self._new_track_thresh]
        if len(new):
            table.begin(boxes[new], scores[new], self._frame)
        ended = table.settle(self._frame, remembered_from=self._recent[0][0])
        return TrackUpdate(self._visible(), self._told(ended))

    def reconnect(self) -> tuple[int, ...]:
        """End all tracks because the camera was away: who comes next may be anybody.

        With the setting ``persist`` ids go on after that, without it they start anew at 1.

        Returns:
            The ids of tracks that were told of and have not ended, ascending.
        """
        ended = self.finish()
        if not self._settings.persist:
            self._table.restart_ids()
        return ended

    def finish(self) -> tuple[int, ...]:
        """End all tracks because the source is at its end.

        Returns:
            The ids of tracks that were told of and have not ended, ascending.
        """
        table = self._table
        ended = self._told(np.concatenate((table.followed, table.lost)))
        table.clear()
        self._frame = 0
        self._captured_at = None
        self._recent.clear()
        return ended

    def _split(self, detections: Detections) -> tuple[Rows, Rows]:
        """Check the detections and part them into confident and doubtful ones, the rest left out."""
        usable, scores = have_area(detections.boxes), detections.scores
        if np.count_nonzero((scores >= 0) & (scores <= 1)) < len(scores):
            raise ValueError(f"Detections.scores: wanted numbers in [0, 1], got {scores.tolist()}")
        high = scores >= self._settings.track_high_thresh
        low = (scores > self._settings.track_low_thresh) & ~high
        return np.flatnonzero(high & usable), np.flatnonzero(low & usable)

    def _tick(self, captured_at: int) -> None:
        if self._captured_at is not None and captured_at < self._captured_at:
            raise ValueError(
                f"camera {self._camera_id!r}: frame captured at {captured_at} ns after one at {self._captured_at} ns;"
                " frames come in order of capture"
            )
        self._captured_at = captured_at
        self._frame += 1
        self._recent.append((self._frame, captured_at))
        while self._recent[0][1] < captured_at - self._buffer:
            self._recent.popleft()

    def _see(self, rows: Rows, places: Rows, detections: Detections) -> None:
        """Give tracks the detections at these places."""
        if len(rows):
            self._table.see(rows, detections.boxes[places], detections.scores[places], self._frame)

    def _visible(self) -> tuple[Track, ...]:
        """Tell of all confirmed tracks that have a box in this frame, by ascending id."""
        table = self._table
        rows = table.followed[table.confirmed[table.followed]]
        rows = rows[np.argsort(table.ids[rows])]
        table.shown[rows] = True
        ages = self._frame - table.first_frame[rows]
        values = zip(
            table.ids[rows].tolist(), table.boxes(rows), table.scores[rows].tolist(), ages.tolist(), strict=True
        )
        return tuple(
            Track(self._camera_id, track_id, box, score, TrackState.CONFIRMED, age)
            for track_id, box, score, age in values
        )

    def _told(self, rows: Rows) -> tuple[int, ...]:
        """Return the ids, ascending, of those tracks somebody has been told of."""
        return tuple(sorted(self._table.ids[rows[self._table.shown[rows]]].tolist()))
