"""What flows from stage to stage: frozen values that check their shape once, at birth."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

BGRImage: TypeAlias = npt.NDArray[np.uint8]
"""(H, W, 3) uint8, blue-green-red as OpenCV gives it."""
BoxXYXY: TypeAlias = npt.NDArray[np.float32]
"""(4,) float32: x1, y1, x2, y2 in source pixels."""
BoxesXYXY: TypeAlias = npt.NDArray[np.float32]
"""(N, 4) float32: x1, y1, x2, y2 in source pixels."""
Scores: TypeAlias = npt.NDArray[np.float32]
"""(N,) float32 in [0, 1]."""
Keypoints: TypeAlias = npt.NDArray[np.float32]
"""(17, 3) float32: x px, y px, score in [0, 1], COCO order."""
Vector: TypeAlias = npt.NDArray[np.float32]
"""(D,) float32 of unit norm."""
Tensors: TypeAlias = Mapping[str, npt.NDArray[Any]]
"""Named tensors as an engine takes and gives them."""

NANOSECONDS = 1_000_000_000
"""Nanoseconds in one second."""


def _check(array: npt.NDArray[Any], shape: tuple[int | None, ...], dtype: type, name: str) -> None:
    """Raise ValueError unless ``array`` has ``dtype`` and ``shape`` (None: any length)."""
    fits = array.ndim == len(shape) and all(
        want is None or want == got for want, got in zip(shape, array.shape, strict=True)
    )
    if not fits or array.dtype != dtype:
        raise ValueError(f"{name}: wanted {shape} {np.dtype(dtype)}, got {array.shape} {array.dtype}")


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
        _check(self.image, (None, None, 3), np.uint8, "Frame.image")
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
        _check(self.boxes, (None, 4), np.float32, "Detections.boxes")
        _check(self.scores, (len(self.boxes),), np.float32, "Detections.scores")


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
        _check(self.box, (4,), np.float32, "Track.box")


@dataclass(frozen=True, slots=True)
class TrackUpdate:
    """What one frame did to a camera's tracks. Made by the tracker.

    Attributes:
        visible: CONFIRMED tracks matched in this frame, by ascending track id.
        ended: ids of tracks REMOVED in this frame, ascending.
    """

    visible: tuple[Track, ...]
    ended: tuple[int, ...]


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
        _check(self.keypoints, (17, 3), np.float32, "Pose.keypoints")


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

    def __post_init__(self) -> None:
        _check(self.crop, (None, None, 3), np.uint8, "Sample.crop")
        _check(self.box, (4,), np.float32, "Sample.box")


@dataclass(frozen=True, slots=True, eq=False)
class Tracklet:
    """What is known of one track so far, ready to be recognised. Made by the tracklet builder.

    Attributes:
        first_seen, last_seen: ns since the Unix epoch.
        frame_count: frames in which the track was seen.
        samples: at most K, spread over time, in time order; empty when no view was usable.
        quality: [0, 1], mean of the samples' quality; 0 without samples.
        ended: True when the track is over and this is the last word on it.
    """

    camera_id: str
    track_id: int
    first_seen: int
    last_seen: int
    frame_count: int
    samples: tuple[Sample, ...]
    quality: float
    ended: bool


class Modality(enum.Enum):
    """A signal by which people are told apart, strongest first; values as `embeddings.emb_type` spells them."""

    FACE = "face"
    GAIT = "gait"
    APPEARANCE = "appearance"


@dataclass(frozen=True, slots=True, eq=False)
class Feature:
    """One signal of one tracklet.

    Attributes:
        vector: (D,) float32, unit norm.
        quality: [0, 1].
        model_hash: of the network that made it; features of different models are never compared.
    """

    vector: Vector
    quality: float
    model_hash: str

    def __post_init__(self) -> None:
        _check(self.vector, (None,), np.float32, "Feature.vector")
        norm = float(np.linalg.norm(self.vector))
        if not abs(norm - 1.0) < 1e-3:
            raise ValueError(f"Feature.vector: wanted unit norm, got {norm}")


Features: TypeAlias = Mapping[Modality, Feature]
"""What perception could tell of one tracklet; a missing key means the signal is not available."""


class Verdict(enum.Enum):
    """What the policy says of a tracklet: known, unknown, or not yet."""

    MATCH = "match"
    NEW = "new"
    DEFER = "defer"


class Confidence(enum.Enum):
    """How sure a decision is: decided by face, by gait, by anything weaker."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Assurance(enum.Enum):
    """Whether an identity rests on enough to be relied on; `identities.assurance`."""

    TENTATIVE = "tentative"
    CONFIRMED = "confirmed"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a decision fell as it did: enough to explain it and to reach it again.

    Attributes:
        gate: the signal that decided, None when none did.
        similarities: the winner's (or, without one, the best candidate's) best prototype per signal.
        qualities: of the tracklet's features, per signal.
        fused: availability-weighted score of that candidate, EMA included; None without candidates.
        candidate: that candidate's global id; None without candidates.
        runner_up: the best other identity in the deciding signal, and its similarity.
        vetoed: global ids kept out, with the reason (`face_disagrees`, `cannot_link`, `travel_time`).
        tracklet_quality: [0, 1].
        considered: identities in the gallery that were compared.
        hand_over: the only identity that may just have walked over from a linked camera; None: none, or several.
    """

    gate: Modality | None
    similarities: Mapping[Modality, float]
    qualities: Mapping[Modality, float]
    fused: float | None
    candidate: int | None
    runner_up: int | None
    runner_up_similarity: float | None
    vetoed: Mapping[int, str]
    tracklet_quality: float
    considered: int
    hand_over: int | None = None

    def __post_init__(self) -> None:
        for name in ("similarities", "qualities", "vetoed"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))


@dataclass(frozen=True, slots=True)
class Decision:
    """The policy's word on one tracklet.

    Attributes:
        global_id: of the MATCH, or the one newly made; None with DEFER.
        confidence: None with DEFER.
        score: similarity in the deciding signal; 0 when none decided.
        margin: score minus the best other identity's in the same signal; None when there is no other.
        reason: one sentence a person can read.
    """

    verdict: Verdict
    global_id: int | None
    confidence: Confidence | None
    score: float
    margin: float | None
    evidence: Evidence
    reason: str


@dataclass(frozen=True, slots=True)
class Identification:
    """Who a track is, as viewers are told. Sent by the site half to the overlay.

    Attributes:
        final: True when the track is over and this will not change except by a correction.
    """

    camera_id: str
    track_id: int
    global_id: int | None
    confidence: Confidence | None
    final: bool


class ModelRole(enum.Enum):
    """The five jobs a network can have; values are folder names in a model repository."""

    PERSON_DETECTOR = "person_detector"
    POSE_ESTIMATOR = "pose_estimator"
    FACE_DETECTOR = "face_detector"
    FACE_EMBEDDER = "face_embedder"
    APPEARANCE_EMBEDDER = "appearance_embedder"


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What an installed network says of itself.

    Attributes:
        name: as recorded at import, for instance ``yolov8n``.
        model_hash: hex sha256 of the installed graph; the embeddings' model version.
        domain: ``production``, or ``demo`` for networks that know the demo world alone.
        input_height, input_width: pixels.
        dimension: of the embedding, None for detectors.
        thresholds: calibrated ones the model carries, by key of ``reid.thresholds``; often empty.
    """

    role: ModelRole
    name: str
    model_hash: str
    domain: str
    input_height: int
    input_width: int
    dimension: int | None
    thresholds: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class IdentityRow:
    """A row of `identities`, inserted or updated by ``global_id``. Times in ns since the Unix epoch.

    Attributes:
        status: active | merged | archived.
    """

    global_id: int
    created_at: int
    last_seen_at: int
    assurance: Assurance
    status: str = "active"
    merged_into: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class PrototypeRow:
    """A row of `embeddings`: one remembered view of one identity in one signal.

    Attributes:
        embedding_id: given by the gallery, ascending.
        vector: (D,) float32 unit norm.
        captured_at: ns since the Unix epoch.
    """

    embedding_id: int
    global_id: int
    modality: Modality
    captured_at: int
    vector: Vector
    quality: float
    camera_id: str
    model_hash: str


@dataclass(frozen=True, slots=True, eq=False)
class MeanRow:
    """A row of `embedding_means`: the moving average of one identity in one signal, upserted.

    Attributes:
        vector: (D,) float32 unit norm.
    """

    global_id: int
    modality: Modality
    vector: Vector
    model_hash: str


@dataclass(frozen=True, slots=True)
class TrackletRow:
    """A row of `tracklet_quality`, written when a track ends. Times in ns since the Unix epoch.

    Attributes:
        mean_box_area: square pixels.  mean_sharpness: Laplacian variance, mean over the samples.
    """

    global_id: int
    camera_id: str
    track_id: int
    first_seen: int
    last_seen: int
    mean_box_area: float
    mean_sharpness: float
    frame_count: int


@dataclass(frozen=True, slots=True, eq=False)
class Observation:
    """A row of `observations`: an identity was here, then, like this.

    Attributes:
        captured_at: ns since the Unix epoch.
        box: (4,) float32 xyxy, source pixels (stored as whole x, y, w, h).
        snapshot_path: of the picture kept of it, None without.
    """

    global_id: int
    camera_id: str
    track_id: int
    captured_at: int
    box: BoxXYXY
    posture: Posture
    snapshot_path: str | None = None


class EventKind(enum.Enum):
    """What happened; values as `events.kind` and ``--events-out`` spell them."""

    IDENTITY_CREATED = "IDENTITY_CREATED"
    IDENTITY_MATCHED = "IDENTITY_MATCHED"
    TRACK_ENDED = "TRACK_ENDED"
    CAMERA_STATE = "CAMERA_STATE"
    STORAGE_ALERT = "STORAGE_ALERT"


@dataclass(frozen=True, slots=True)
class EventDraft:
    """Something that happened, not yet numbered.

    Attributes:
        at: ns since the Unix epoch, capture time where a picture is meant.
        detail: facts of this kind, JSON values only.
    """

    kind: EventKind
    at: int
    camera_id: str | None = None
    track_id: int | None = None
    global_id: int | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Event:
    """A draft that was committed under its number.

    Attributes:
        sequence: 1-based, gap-free, given by the committing transaction.
    """

    sequence: int
    kind: EventKind
    at: int
    camera_id: str | None
    track_id: int | None
    global_id: int | None
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class IdentityChange:
    """A row of `identity_changes`, the ledger: what was done to an identity, by whom, and why.

    Attributes:
        action: created | matched | confirmed | merged | split | undone | rejected | archived.
        actor: ``policy``, or the operator's name.
        detail: the decision with its evidence, as JSON values.
    """

    global_id: int
    at: int
    action: str
    actor: str
    camera_id: str | None
    track_id: int | None
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Changes:
    """Everything one decision writes: committed whole, in one transaction, or not at all."""

    identities: tuple[IdentityRow, ...] = ()
    prototypes: tuple[PrototypeRow, ...] = ()
    forgotten_prototypes: tuple[int, ...] = ()
    means: tuple[MeanRow, ...] = ()
    tracklets: tuple[TrackletRow, ...] = ()
    observations: tuple[Observation, ...] = ()
    events: tuple[EventDraft, ...] = ()
    ledger: tuple[IdentityChange, ...] = ()


@dataclass(frozen=True, slots=True)
class GalleryState:
    """What a store gives the gallery at start.

    Attributes:
        identities: active ones, by ascending global id.
        prototypes: by ascending embedding id, of those identities.
        next_global_id, next_embedding_id: the first numbers never used.
    """

    identities: tuple[IdentityRow, ...]
    prototypes: tuple[PrototypeRow, ...]
    means: tuple[MeanRow, ...]
    next_global_id: int
    next_embedding_id: int


@dataclass(frozen=True, slots=True)
class IdentitySummary:
    """One person as the gallery lists them."""

    identity: IdentityRow
    cameras: tuple[str, ...]
    observation_count: int
    prototype_counts: Mapping[Modality, int]
    snapshot_path: str | None


@dataclass(frozen=True, slots=True)
class StoreStatistics:
    """The report's ``db_stats`` and what lies behind it."""

    identities: int
    observations: int
    embeddings: int
    events: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class FrameOutcome:
    """All that one frame tells the site half; also this camera's watermark.

    Attributes:
        tracks: visible in this frame, by ascending track id.
        tracklets: now ready to be (re)considered, ended ones included, by ascending track id.
    """

    camera_id: str
    frame_index: int
    captured_at: int
    tracks: tuple[Track, ...]
    tracklets: tuple[Tracklet, ...]


@dataclass(frozen=True, slots=True)
class CameraEnded:
    """A camera sends no more frames: its last word to the site half, and to viewers.

    Attributes:
        problem: why, where it did not come to its proper end; empty otherwise.
    """

    camera_id: str
    problem: str = ""


class CameraState(enum.Enum):
    """How a camera fares."""

    WAITING = "waiting"

    CONNECTING = "connecting"
    LIVE = "live"
    STALLED = "stalled"
    BACKOFF = "backoff"
    FAILED = "failed"
    ENDED = "ended"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class CameraOpening:
    """A camera whose frames a client is about to push.

    Attributes:
        starts_at: no frame is captured before this, ns since the Unix epoch; None: the client cannot say.
    """

    camera_id: str
    starts_at: int | None


@dataclass(frozen=True, slots=True)
class CameraStatus:
    """One camera as `CameraService` lists it; never its source or credentials.

    Attributes:
        type: video | rtsp | pushed.
        frames: taken in since the server started.  dropped: frames given up to stay fresh.
        problem: why the camera failed, empty otherwise.
    """

    camera_id: str
    name: str
    type: str
    state: CameraState
    enabled: bool
    frames: int
    dropped: int
    start_offset_s: float
    problem: str = ""
