"""The life of tracks: begun, confirmed, lost, found again, forgotten. Matches of one frame -> tracks that ended."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from haven_core import kalman
from haven_core.boxes import iou_distance
from haven_server.tracking.association import Rows
from haven_server.types import BoxesXYXY, Scores

DUPLICATE_DISTANCE = 0.15
"""A followed and a lost track closer than this (1 - IoU) are one person; as in the reference tracker."""
REMEMBERED_REMOVALS = 1000
"""A removed track that was taken up again counts as removed for so many removals; as in the reference tracker."""
HEIGHT_VELOCITY = 7
"""Place of the height's change per frame in a filter's mean."""


class TrackTable:
    """All tracks of one camera in flat arrays, and the rules by which they come and go.

    A track is a row. Rows that are ``followed`` have a box in the newest frame, rows that are ``lost`` have none; a
    row in neither is free. Both stand in the order of the reference tracker's lists, which settles equal costs.

    A track whose time as lost is over is *removed*. It can still be taken up in the very next frame, and is then
    dropped for good as soon as it is lost again. That follows from the order in which the reference tracker updates
    its lists, and ids equal its ids only if it is kept.

    Attributes:
        followed, lost: (K,) intp, rows.
        ids: (C,) int64, by row, as all that follow.
        scores: (C,) float32, of the track's newest box.
        confirmed: (C,) bool, seen twice, or begun in the first frame.
        shown: (C,) bool, set by whoever tells others of the track.
        first_frame, last_frame: (C,) int64, 1-based, when it was begun and when it was last seen.

    Source: Zhang et al., ByteTrack, ECCV 2022; the BYTETracker of ultralytics 8.4 for what the paper leaves open.
    """

    def __init__(self) -> None:
        """Begin without tracks."""
        self._next_id = 1
        self._mean = np.empty((0, 8))
        self._covariance = np.empty((0, 4, 3))
        self.ids = np.empty(0, np.int64)
        self.scores = np.empty(0, np.float32)
        self.confirmed = np.empty(0, np.bool_)
        self.shown = np.empty(0, np.bool_)
        self.first_frame = np.empty(0, np.int64)
        self.last_frame = np.empty(0, np.int64)
        self._removed_as = np.empty(0, np.int64)
        self.clear()

    def clear(self) -> None:
        """Forget all tracks; ids go on."""
        self.followed: Rows = np.empty(0, np.intp)
        self.lost: Rows = np.empty(0, np.intp)
        self._free = list(range(len(self.ids)))
        self._removals = 0

    def restart_ids(self) -> None:
        """Let the next track be number 1."""
        self._next_id = 1

    def boxes(self, rows: Rows) -> BoxesXYXY:
        """Read where tracks are, (K, 4) float32 xyxy px."""
        return kalman.to_boxes(self._mean, rows)

    def predict(self, rows: Rows) -> BoxesXYXY:
        """Move tracks on to this frame and return where they should be, (K, 4) float32 xyxy px."""
        kalman.predict(self._mean, self._covariance, rows)
        return self.boxes(rows)

    def see(self, rows: Rows, boxes: BoxesXYXY, scores: Scores, frame: int) -> None:
        """Give tracks the boxes they were matched with in this frame."""
        kalman.correct(self._mean, self._covariance, rows, boxes)
        self.scores[rows] = scores
        self.confirmed[rows] = True
        self.last_frame[rows] = frame

    def begin(self, boxes: BoxesXYXY, scores: Scores, frame: int) -> None:
        """Follow new people, numbered in the order given."""
        rows = self._take(len(boxes))
        kalman.initiate(self._mean, self._covariance, rows, boxes)
        self.ids[rows] = np.arange(self._next_id, self._next_id + len(rows))
        self._next_id += len(rows)
        self.scores[rows] = scores
        self.confirmed[rows] = frame == 1
        self.shown[rows] = False
        self.first_frame[rows] = frame
        self.last_frame[rows] = frame
        self._removed_as[rows] = 0
        self.followed = np.concatenate((self.followed, rows))

    def settle(self, frame: int, remembered_from: int) -> Rows:
        """Sort the tracks anew once all matches of a frame are made.

        Args:
            remembered_from: a lost track last seen in an earlier frame than this is removed.
        Returns:
            The tracks that ended, ascending; their rows keep their values until the next ``begin``.
        """
        seen = self.last_frame[self.followed] == frame
        if len(self.lost) == 0 and seen.all():
            return np.empty(0, np.intp)
        before = np.concatenate((self.followed, self.lost))
        found = self.last_frame[self.lost] == frame
        missed = self.followed[~seen]
        known = self.confirmed[missed]
        newly_lost, discarded = missed[known], missed[~known]
        stale = self.lost[self.last_frame[self.lost] < remembered_from]
        # The height of someone lost is held: the last glimpses, half hidden, tell nothing of how it changes.
        self._mean[newly_lost, HEIGHT_VELOCITY] = 0

        self.followed = np.concatenate((self.followed[seen], self.lost[found]))
        self.lost = np.concatenate((self.lost[~found], newly_lost))
        self.lost = self.lost[~self._count_as_removed(self.lost)]
        self._note_removals(np.concatenate((discarded, stale)))
        self._drop_duplicates()
        return self._release(before)

    def _count_as_removed(self, rows: Rows) -> npt.NDArray[np.bool_]:
        return self._removed_as[rows] > max(0, self._removals - REMEMBERED_REMOVALS)

    def _note_removals(self, rows: Rows) -> None:
        self._removed_as[rows] = np.arange(self._removals + 1, self._removals + 1 + len(rows))
        self._removals += len(rows)

    def _drop_duplicates(self) -> None:
        """Of a followed and a lost track in one place keep the one followed longer, the lost one if in doubt."""
        if len(self.followed) == 0 or len(self.lost) == 0:
            return
        close = iou_distance(self.boxes(self.followed), self.boxes(self.lost)) < DUPLICATE_DISTANCE
        if not close.any():
            return
        span = self.last_frame - self.first_frame
        longer = span[self.followed][:, np.newaxis] > span[self.lost]
        self.followed = self.followed[~(close & ~longer).any(axis=1)]
        self.lost = self.lost[~(close & longer).any(axis=0)]

    def _take(self, count: int) -> Rows:
        """Hand out free rows, growing all arrays when they do not suffice."""
        if count > len(self._free):
            self._grow(max(count, 64, len(self.ids)))
        rows = np.array(self._free[:count], np.intp)
        del self._free[:count]
        return rows

    def _grow(self, count: int) -> None:
        self._free += range(len(self.ids), len(self.ids) + count)
        self._mean = _longer(self._mean, count)
        self._covariance = _longer(self._covariance, count)
        self.ids = _longer(self.ids, count)
        self.scores = _longer(self.scores, count)
        self.confirmed = _longer(self.confirmed, count)
        self.shown = _longer(self.shown, count)
        self.first_frame = _longer(self.first_frame, count)
        self.last_frame = _longer(self.last_frame, count)
        self._removed_as = _longer(self._removed_as, count)

    def _release(self, before: Rows) -> Rows:
        """Free the rows that were in use and no longer are, and return them."""
        gone = np.zeros(len(self.ids), np.bool_)
        gone[before] = True
        gone[self.followed] = False
        gone[self.lost] = False
        rows = np.flatnonzero(gone)
        self._free += rows.tolist()
        return rows


def _longer(array: npt.NDArray[Any], count: int) -> npt.NDArray[Any]:
    """Copy an array with so many zero rows more."""
    return np.concatenate((array, np.zeros((count, *array.shape[1:]), array.dtype)))
