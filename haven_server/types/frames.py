"""Pictures and what is seen in them, within one camera."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from haven_server.types.arrays import BGRImage, BoxesXYXY, BoxXYXY, Keypoints, Numbers, Poses, Scores, check


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture of one camera. Made by a source.

    Attributes:
        index: 0-based number of the frame in its source; frames skipped by ``fps_limit`` are counted.
        captured_at: capture time, ns since the Unix epoch.
        image: (H, W, 3) uint8 BGR.
    """

    camera_id: str
    index: int
    captured_at: int
    image: BGRImage

    def __post_init__(self) -> None:
        check(self.image, (None, None, 3), np.uint8, "Frame.image")
        if 0 in self.image.shape:
            raise ValueError(f"Frame.image: wanted at least one pixel, got {self.image.shape}")


@dataclass(frozen=True, slots=True)
class Watermark:
    """A source's promise: no frame of this camera captured before ``captured_at`` (ns) is still to come."""

    camera_id: str
    captured_at: int


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """People found in one frame, best score first. Made by the person detector.

    Attributes:
        boxes: (N, 4) float32 xyxy, source pixels.
        scores: (N,) float32 in [0, 1].
    """

    boxes: BoxesXYXY
    scores: Scores

    def __post_init__(self) -> None:
        rows = self.boxes.shape[:1]
        check(self.boxes, (*rows, 4), np.float32, "Detections.boxes")
        check(self.scores, rows, np.float32, "Detections.scores")


class TrackState(enum.Enum):
    """Life of a track: seen once, seen again, out of sight but remembered, forgotten."""

    TENTATIVE = "tentative"
    CONFIRMED = "confirmed"
    LOST = "lost"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """One person followed in one camera, as of one frame. Made by the tracker.

    Attributes:
        track_id: 1-based, counted per camera instance.
        box: (4,) float32 xyxy, source pixels.
        score: of the detection that was matched in this frame, [0, 1].
        age: frames since the track's first, 0 in its first.
    """

    camera_id: str
    track_id: int
    box: BoxXYXY
    score: float
    state: TrackState
    age: int

    def __post_init__(self) -> None:
        check(self.box, (4,), np.float32, "Track.box")


@dataclass(frozen=True, eq=False)
class TrackUpdate:
    """What one frame did to a camera's tracks. Made by the tracker.

    Attributes:
        ids: (T,) int64 of the CONFIRMED tracks matched in this frame, ascending.
        boxes: (T, 4) float32 xyxy, source pixels, as the motion filter has them.
        scores: (T,) float32 in [0, 1], of the detections.
        ages: (T,) int64 frames since each track's first.
        ended: ids of tracks REMOVED in this frame, ascending; only of such as were told of.
    """

    camera_id: str
    ids: Numbers
    boxes: BoxesXYXY
    scores: Scores
    ages: Numbers
    ended: tuple[int, ...]

    @cached_property
    def visible(self) -> tuple[Track, ...]:
        """The same tracks one by one, made when they are first asked for."""
        values = zip(self.ids.tolist(), self.boxes, self.scores.tolist(), self.ages.tolist(), strict=True)
        return tuple(
            Track(self.camera_id, number, box, score, TrackState.CONFIRMED, age) for number, box, score, age in values
        )


@dataclass(frozen=True, slots=True, eq=False)
class Pose:
    """Keypoints of one person. Made by the pose estimator.

    Attributes:
        keypoints: (17, 3) float32: x px, y px, score, COCO order, source pixels.
        score: of the person, [0, 1].
    """

    keypoints: Keypoints
    score: float

    def __post_init__(self) -> None:
        check(self.keypoints, (17, 3), np.float32, "Pose.keypoints")


SEEN_SCORE = 0.3
"""Score of a keypoint from which on a gait takes it as seen."""


class Posture(enum.Enum):
    """How a person holds the body, as `observations.posture` spells it."""

    STANDING = "standing"
    SITTING = "sitting"
    LYING = "lying"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One good view of a tracked person.

    Attributes:
        frame_index: 0-based, in the source.
        captured_at: ns since the Unix epoch.
        crop: (h, w, 3) uint8 BGR, cut from the source frame by ``box`` clipped to the picture.
        box: (4,) float32 xyxy, source pixels, unclipped.
        keypoints: (17, 3) in source pixels, None where no pose was found.
        unposed: True where nobody could look for one, since the pose estimator was away.
        score: of the detection, [0, 1].
        sharpness: Laplacian variance of the crop, grey levels squared.
        quality: [0, 1], 0.3 detection + 0.3 size + 0.4 sharpness (SEED 7.1).
    """

    frame_index: int
    captured_at: int
    crop: BGRImage
    box: BoxXYXY
    keypoints: Keypoints | None
    score: float
    sharpness: float
    quality: float
    unposed: bool = False

    def __post_init__(self) -> None:
        check(self.crop, (None, None, 3), np.uint8, "Sample.crop")
        check(self.box, (4,), np.float32, "Sample.box")


@dataclass(frozen=True, slots=True, eq=False)
class PoseWindow:
    """Poses of one person who moves, in a row.

    Attributes:
        poses: (T, 17, 3) float32, contiguous: x px, y px, score, COCO order, source pixels.
        times: (T,) int64, ns since the Unix epoch, ascending.
        quality: [0, 1], of completeness and movement.
    """

    poses: Poses
    times: Numbers
    quality: float

    def __post_init__(self) -> None:
        check(self.poses, (None, 17, 3), np.float32, "PoseWindow.poses")
        check(self.times, (len(self.poses),), np.int64, "PoseWindow.times")


@dataclass(frozen=True, slots=True, eq=False)
class Tracklet:
    """What is known of one track so far, ready to be recognised. Made by the tracklet builder.

    Attributes:
        first_seen, last_seen: ns since the Unix epoch.
        frame_count: frames in which the track was seen.
        samples: at most K, spread over time, in time order; empty when no view was usable.
        quality: [0, 1], mean of the samples' quality; 0 without samples.
        ended: True when the track is over and this is the last word on it.
        walks: the windows in which the person moved best, in time order; empty where gait is not used.
    """

    camera_id: str
    track_id: int
    first_seen: int
    last_seen: int
    frame_count: int
    samples: tuple[Sample, ...]
    quality: float
    ended: bool
    walks: tuple[PoseWindow, ...] = ()
