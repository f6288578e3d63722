"""HAVEN's trackers and their peers, at equal thresholds: frames a second -> Follower.

The thresholds are HAVEN's defaults. Where a tracker has no parameter for one it is set on the instance; what it cannot
have stays its own: the trackers of Roboflow use one limit in both passes and do not weigh it by the score. None is
given pictures, so that none compensates the camera's motion or compares looks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import supervision
import trackers
import trackforge
from boxmot.trackers.box.botsort.tracker import BotSort
from boxmot.trackers.box.bytetrack.tracker import ByteTrack as BoxmotByteTrack
from ultralytics.engine.results import Boxes
from ultralytics.trackers.bot_sort import BOTSORT
from ultralytics.trackers.byte_tracker import BYTETracker
from ultralytics.utils import IterableSimpleNamespace

from bench.tracking.follower import Follower, Tracked
from haven_server.settings import InferenceSettings, TrackerSettings
from haven_server.tracking import make_tracker
from haven_server.types import NANOSECONDS, Detections, TrackUpdate

SETTINGS = TrackerSettings()
HIGH, LOW, MATCH = SETTINGS.track_high_thresh, SETTINGS.track_low_thresh, SETTINGS.match_thresh
NEW = InferenceSettings().new_track_thresh
BUFFER_FRAMES = round(SETTINGS.track_buffer_s * 30)
"""Memory of a lost track for those who count it in frames of 30 a second, whatever the film's own rate."""


class Haven:
    """HAVEN's own, as for live cameras or as for files: by its own rules, or by those of ultralytics."""

    def __init__(self, kind: Literal["bytetrack", "botsort"], live: bool, frame_rate: float) -> None:
        self._tracker = make_tracker("film", TrackerSettings(type=kind), NEW, live)
        self._frame_rate = frame_rate
        self._frame = 0

    def prepare(self, detections: Detections) -> tuple[Detections, int]:
        """Check the detections, and stamp the frame with its time."""
        self._frame += 1
        checked = Detections(detections.boxes, detections.scores)
        return checked, int(self._frame * NANOSECONDS / self._frame_rate)

    def update(self, prepared: tuple[Detections, int]) -> TrackUpdate:
        """Take in one frame."""
        return self._tracker.update(*prepared)

    def read(self, answer: TrackUpdate) -> Tracked:
        """Read the arrays of ids and boxes."""
        return Tracked(answer.ids, answer.boxes)


class Boxmot:
    """boxmot's ByteTrack and BotSort."""

    def __init__(self, update: Callable[[Any], npt.NDArray[np.float32]]) -> None:
        self.update = update

    def prepare(self, detections: Detections) -> Any:
        """Give rows of box, score and class."""
        scores = detections.scores[:, np.newaxis]
        return np.hstack((detections.boxes, scores, np.zeros_like(scores)))

    def read(self, answer: npt.NDArray[np.float32]) -> Tracked:
        """Read rows of box, id, score, class and place."""
        rows = answer.reshape(-1, 8)
        return Tracked(rows[:, 4].astype(np.int64), rows[:, :4])


class Ultralytics(Boxmot):
    """ultralytics' BYTETracker and BOTSORT, which answer as boxmot's do."""

    def prepare(self, detections: Detections) -> Boxes:
        """Give the same rows in ultralytics' own form; it does not look at the picture's size."""
        return Boxes(super().prepare(detections), (1, 1))


class Roboflow:
    """What takes and gives supervision's Detections: supervision's ByteTrack, and the trackers package."""

    def __init__(self, update: Callable[[supervision.Detections], supervision.Detections]) -> None:
        self.update = update

    def prepare(self, detections: Detections) -> supervision.Detections:
        """Leave out what is beneath the second pass, for not all of them do."""
        boxes, scores = detections.boxes[detections.scores > LOW], detections.scores[detections.scores > LOW]
        return supervision.Detections(boxes, confidence=scores, class_id=np.zeros(len(boxes), np.int64))

    def read(self, answer: supervision.Detections) -> Tracked:
        """Read the boxes as detected; -1 is the id of what is not tracked."""
        if answer.tracker_id is None:
            return Tracked.of(())
        known = answer.tracker_id >= 0
        return Tracked(answer.tracker_id[known].astype(np.int64), answer.xyxy[known])


class Trackforge:
    """trackforge's BYTETRACK and BOTSORT."""

    def __init__(self, kind: Any, frame_rate: float) -> None:
        self.update = kind(
            track_thresh=HIGH,
            track_buffer=round(SETTINGS.track_buffer_s * frame_rate),
            match_thresh=MATCH,
            det_thresh=NEW,
        ).update

    def prepare(self, detections: Detections) -> list[tuple[list[float], float, int]]:
        """Give lists of x, y, width, height."""
        sizes = np.hstack((detections.boxes[:, :2], detections.boxes[:, 2:] - detections.boxes[:, :2]))
        return [(box, score, 0) for box, score in zip(sizes.tolist(), detections.scores.tolist(), strict=True)]

    def read(self, answer: list[tuple[int, list[float], float, int, int | None]]) -> Tracked:
        """Read x, y, width, height."""
        return Tracked.of(
            (row[0], [row[1][0], row[1][1], row[1][0] + row[1][2], row[1][1] + row[1][3]]) for row in answer
        )


def _ultralytics(kind: type[BYTETracker], frame_rate: float) -> Ultralytics:
    arguments = IterableSimpleNamespace(
        track_high_thresh=HIGH,
        track_low_thresh=LOW,
        new_track_thresh=NEW,
        track_buffer=round(SETTINGS.track_buffer_s * frame_rate),
        match_thresh=MATCH,
        fuse_score=True,
        gmc_method="none",
        proximity_thresh=0.5,
        appearance_thresh=0.8,
        with_reid=False,
    )
    return Ultralytics(kind(arguments).update)


def _supervision(frame_rate: float) -> Roboflow:
    tracker = supervision.ByteTrack(HIGH, BUFFER_FRAMES, MATCH, round(frame_rate))
    tracker.det_thresh = NEW
    return Roboflow(tracker.update_with_detections)


def _roboflow(kind: Any, frame_rate: float, **others: Any) -> Roboflow:
    tracker = kind(
        lost_track_buffer=BUFFER_FRAMES,
        frame_rate=frame_rate,
        track_activation_threshold=NEW,
        high_conf_det_threshold=HIGH,
        **others,
    )
    return Roboflow(tracker.update)


def _boxmot_bytetrack(frame_rate: float) -> Boxmot:
    tracker = BoxmotByteTrack(
        min_conf=LOW,
        track_thresh=HIGH,
        match_thresh=MATCH,
        track_buffer=BUFFER_FRAMES,
        frame_rate=round(frame_rate),
    )
    tracker.det_thresh = NEW
    return Boxmot(tracker.update)


def _boxmot_botsort(frame_rate: float) -> Boxmot:
    return Boxmot(
        BotSort(
            track_high_thresh=HIGH,
            track_low_thresh=LOW,
            new_track_thresh=NEW,
            track_buffer=BUFFER_FRAMES,
            match_thresh=MATCH,
            frame_rate=round(frame_rate),
            fuse_first_associate=True,
            use_cmc=False,
            use_embeddings=False,
        ).update
    )


HAVEN, PARITY = "HAVEN", "HAVEN by ultralytics' rules"
ULTRALYTICS, TRACKFORGE = "ultralytics", "trackforge"
BYTE_TRACK: Mapping[str, Callable[[float], Follower]] = {
    HAVEN: partial(Haven, "bytetrack", True),
    PARITY: partial(Haven, "bytetrack", False),
    ULTRALYTICS: partial(_ultralytics, BYTETracker),
    "roboflow trackers": partial(_roboflow, trackers.ByteTrackTracker, minimum_iou_threshold=1 - MATCH),
    "supervision": _supervision,
    "boxmot": _boxmot_bytetrack,
    TRACKFORGE: partial(Trackforge, trackforge.BYTETRACK),
}
"""Makers of ByteTrack, by tracker; each takes the frames a second of the film."""
BOT_SORT: Mapping[str, Callable[[float], Follower]] = {
    HAVEN: partial(Haven, "botsort", True),
    PARITY: partial(Haven, "botsort", False),
    ULTRALYTICS: partial(_ultralytics, BOTSORT),
    "roboflow trackers": partial(
        _roboflow, trackers.BoTSORTTracker, minimum_iou_threshold_first_assoc=1 - MATCH, enable_cmc=False
    ),
    "boxmot": _boxmot_botsort,
    TRACKFORGE: partial(Trackforge, trackforge.BOTSORT),
}
"""Makers of BoT-SORT, likewise."""
