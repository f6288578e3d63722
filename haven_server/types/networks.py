"""The networks and their jobs."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from haven_server.types.arrays import check


class ModelRole(enum.Enum):
    """The five jobs a network can have; values are folder names in a model repository."""

    PERSON_DETECTOR = "person_detector"
    POSE_ESTIMATOR = "pose_estimator"
    FACE_DETECTOR = "face_detector"
    FACE_EMBEDDER = "face_embedder"
    APPEARANCE_EMBEDDER = "appearance_embedder"


class NetworkState(enum.Enum):
    """Whether a network answers; values as events spell them."""

    READY = "ready"
    AWAY = "away"


@dataclass(frozen=True, slots=True)
class NetworkStatus:
    """How one network fares.

    Attributes:
        since: when it came into this state, ns since the Unix epoch.
        problem: why it is away, empty otherwise; may hold a path or an address.
    """

    role: ModelRole
    state: NetworkState
    since: int
    problem: str = ""


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


@dataclass(frozen=True, slots=True, eq=False)
class GaitModel:
    """What makes descriptors of walks comparable: statistics of many people's, as one pose estimator sees them.

    Attributes:
        model_hash: hex sha256 of all that decides a gait's vector; the embeddings' model version.
        domain: as of a network.
        pose_hash: of the pose estimator.
        sequence_length: poses in a window.
        mean: (128,) float32, of the descriptors.
        matrix: (D, 128) float32, that whitens what differs within people; see ``haven_core.whitening``.
        threshold: calibrated `reid.thresholds.gait_similarity`.
        false_match_rate: of one comparison of two people at that threshold, the upper bound of its confidence interval.
    """

    model_hash: str
    domain: str
    pose_hash: str
    sequence_length: int
    mean: npt.NDArray[np.float32]
    matrix: npt.NDArray[np.float32]
    threshold: float
    false_match_rate: float

    def __post_init__(self) -> None:
        check(self.mean, (None,), np.float32, "GaitModel.mean")
        check(self.matrix, (None, len(self.mean)), np.float32, "GaitModel.matrix")
