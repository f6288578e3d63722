"""What all trackers share: the walk of one frame, and a camera's coming and going. Detections -> TrackUpdate."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from haven_core.tracks import TrackTable
from haven_server.settings import TrackerSettings
from haven_server.tracking.timeline import Timeline
from haven_server.types import BGRImage, BoxesXYXY, Detections, Track, TrackState, TrackUpdate, Vectors

Places: TypeAlias = npt.NDArray[np.intp]
"""(K,) intp: which of a frame's detections."""

DUPLICATE_DISTANCE = 0.15
"""A followed and a lost track closer than this (1 - IoU) are one person; as in the reference tracker."""
SECOND_PASS_LIMIT = 0.5
"""Greatest 1 - IoU at which a doubtful box belongs to a track; of the paper."""
UNCONFIRMED_LIMIT = 0.7
"""Greatest distance at which a box confirms a track seen once; as in the reference tracker."""
STEP_S = 1 / 25
"""What a step of the motion filter is by HAVEN's rules. Fitted to four films of 14 to 30 frames a second: of 20, 25, 30
and 35 steps a second, 25 leave the least gap on the worst film of `python -m bench tracking`."""
REMEMBERED_REMOVALS = 1000
"""A removed track that was taken up again counts as removed for so many removals; as in the reference tracker."""


class Tracker(ABC):
    """Follows the people of one camera from frame to frame. Ids begin at 1 in each instance.

    By HAVEN's own rules, other than by the reference's,

    - width and height are filtered, as BoT-SORT does, and not aspect and height: whoever turns or swings their arms
      changes their width, and an aspect that is filtered slowly lags behind;
    - a doubtful box may find somebody lost, who often comes into sight bit by bit;
    - by the clock a step of the motion filter is a length of time, so that what a person may do between two frames is
      more at 10 frames a second than at 30.

    One thread at a time may call it.
    """

    def __init__(self, camera_id: str, settings: TrackerSettings, new_track_thresh: float, live: bool = False) -> None:
        """Begin without tracks.

        Args:
            new_track_thresh: least score that may start a track, [0, 1].
            live: frames may be missing; time then goes by the clock, and HAVEN's rules hold, unless the settings say
                otherwise.
        """
        self._camera_id = camera_id
        self._settings = settings
        self._new_track_thresh = new_track_thresh
        self._start(live, first_id=1)

    def update(self, detections: Detections, captured_at: int, image: BGRImage | None = None) -> TrackUpdate:
        """Take in one frame; to be called for every frame, also for one without detections.

        Args:
            detections: people found in the frame, any score; boxes without area are passed over.
            captured_at: ns since the Unix epoch, not before the frame before.
            image: the picture, by which some trackers follow the camera's own movement; None: it stood still.
        Returns:
            The tracks seen in this frame, boxes as the motion filter has them; and the ids that will not come again.
        Raises:
            ValueError: a box or score is NaN or out of range, a box is inside out, or time runs backwards. The frame
                did not count then, and the next may follow.
        """
        self.begin_frame(detections, captured_at, image)
        return self.end_frame()

    def begin_frame(self, detections: Detections, captured_at: int, image: BGRImage | None = None) -> Places:
        """Take in a frame as `update` does, up to where looks may help; `end_frame` must follow.

        Returns:
            (K,) intp, which detections' looks would help to tell people apart; often none.
        Raises:
            ValueError: as `update`.
        """
        settings, timeline = self._settings, self._timeline
        elapsed = timeline.elapsed(captured_at)
        low, high = settings.track_low_thresh, settings.track_high_thresh
        self._table.advance(detections.boxes, detections.scores, low, high, elapsed)
        timeline.accept(captured_at)
        return self._prepare(detections.boxes, image)

    def end_frame(self, places: Places | None = None, looks: Vectors | None = None) -> TrackUpdate:
        """Give the frame's boxes to the tracks.

        Args:
            places: (K,) intp, which detections are described; those that `begin_frame` named, or any.
            looks: (K, D) float32 of unit norm, how they look; D never changes.
        Returns:
            As `update`.
        Raises:
            ValueError: wrong shape, dtype or norm.
        """
        table, by_looks = self._table, False
        if places is not None and looks is not None:
            table.describe(places, looks)
            by_looks = len(places) > 0
        self._associate(by_looks)
        table.begin(self._new_track_thresh)
        ended = table.settle(self._timeline.oldest, DUPLICATE_DISTANCE, REMEMBERED_REMOVALS)
        return TrackUpdate(self._camera_id, *table.visible(), ended)

    def remembered(self) -> tuple[Track, ...]:
        """Tell of every track that has not ended, as of the newest frame, by ascending id.

        Returns:
            TENTATIVE and CONFIRMED tracks have a box in that frame; LOST ones stand where motion has them by now.
        """
        return tuple(
            Track(self._camera_id, int(number), box, float(score), _state(confirmed, followed), int(age))
            for number, box, score, age, confirmed, followed in zip(*self._table.remembered(), strict=True)
        )

    def reconnect(self, live: bool = False) -> tuple[int, ...]:
        """End all tracks because the camera was away: who comes next may be anybody.

        With the setting ``persist`` ids go on after that, without it they start anew at 1.

        Args:
            live: as at the beginning; a camera that was live may come back as a file, and the other way round.
        Returns:
            The ids of tracks that were told of and have not ended, ascending.
        """
        ended = self.finish()
        self._start(live, self._table.next_id if self._settings.persist else 1)
        return ended

    def finish(self) -> tuple[int, ...]:
        """End all tracks because the source is at its end.

        Returns:
            The ids of tracks that were told of and have not ended, ascending.
        """
        self._timeline.clear()
        return self._table.clear()

    def _start(self, live: bool, first_id: int) -> None:
        """Choose the rules and how time goes, and begin without tracks."""
        settings = self._settings
        self._has_own_rules = (settings.rules or ("haven" if live else "reference")) == "haven"
        self._table = self._make_table(first_id)
        in_seconds = (settings.motion_dt or ("seconds" if live else "frames")) == "seconds"
        step_s = STEP_S if self._has_own_rules else None
        self._timeline = Timeline(self._camera_id, settings.track_buffer_s, in_seconds, step_s)

    @abstractmethod
    def _make_table(self, first_id: int) -> TrackTable:
        """Make an empty table, with the motion filter of this tracker."""

    @abstractmethod
    def _prepare(self, boxes: BoxesXYXY, image: BGRImage | None) -> Places:
        """Do what is to be done before boxes are given out; name those whose looks would help."""

    def _associate(self, by_looks: bool) -> None:
        """Give the frame's boxes to the tracks, which have been moved to where they should be by now.

        Args:
            by_looks: some of the boxes are described.
        """
        settings, table = self._settings, self._table
        table.associate_confident(settings.match_thresh, settings.fuse_score)
        table.associate_doubtful(SECOND_PASS_LIMIT, self._has_own_rules)
        # Seen once, a tentative track has no motion yet: it is looked for where it was.
        table.associate_tentative(UNCONFIRMED_LIMIT, settings.fuse_score)


def _state(confirmed: bool, followed: bool) -> TrackState:
    """Say in which state a track is that has not been REMOVED."""
    if not followed:
        return TrackState.LOST
    return TrackState.CONFIRMED if confirmed else TrackState.TENTATIVE
