"""The networks and their jobs."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field


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
