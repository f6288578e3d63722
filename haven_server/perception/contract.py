"""What every installed network takes and gives, as data: pictures -> boxes, points, vectors.

Normalisation, channel order, decoding and non-maximum suppression live inside the graph, so this table is all that the
stages above need to know, and any network wrapped to it may fill its role. Shapes name their free axes: N the batch,
K the found objects (at most ``MAX_OBJECTS``, best score first, the rest zeros), H and W the network's input, D the
vector's length.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np

from haven_server.types import ModelRole

IMAGES: Final = "images"
"""(N, H, W, 3) uint8 BGR, the one input of every network."""
BOXES: Final = "boxes"
"""(N, K, 4) float32 xyxy in input pixels."""
SCORES: Final = "scores"
"""(N, K) float32 in [0, 1], descending."""
KEYPOINTS: Final = "keypoints"
"""(N, K, 17, 3) float32: x, y in input pixels, score in [0, 1]; COCO order."""
LANDMARKS: Final = "landmarks"
"""(N, K, 5, 2) float32 x, y in input pixels: rows as in ``LANDMARK_NAMES``."""
NUM_DETECTIONS: Final = "num_detections"
"""(N, 1) int32: how many of the K rows are objects."""
EMBEDDINGS: Final = "embeddings"
"""(N, D) float32 of unit norm."""

MAX_OBJECTS: Final = 300
"""The greatest K."""
MIN_SCORE: Final = 0.05
"""The graph keeps objects from this score up; the stages above choose their own, higher threshold."""
LANDMARK_NAMES: Final = ("left_eye", "right_eye", "nose", "left_mouth", "right_mouth")
"""Rows of ``LANDMARKS``; left and right as seen in the picture of a face that looks at the camera."""
FACE_INPUT: Final = (112, 112)
"""Height and width of a face embedder's input, px."""
APPEARANCE_INPUT: Final = (256, 128)
"""Height and width of an appearance embedder's input, px."""

Axis = int | str
"""A fixed length, or the letter of a free one."""


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """Name, element type and shape of one tensor, batch axis first."""

    name: str
    dtype: np.dtype[np.generic]
    shape: tuple[Axis, ...]


@dataclass(frozen=True, slots=True)
class RoleContract:
    """Every tensor of the networks that fill one role.

    Attributes:
        image: the one input.
        outputs: in the order in which the graph declares them.
    """

    image: TensorSpec
    outputs: tuple[TensorSpec, ...]


def _image(height: Axis, width: Axis) -> TensorSpec:
    """The input tensor of a network for pictures of that size."""
    return TensorSpec(IMAGES, np.dtype(np.uint8), ("N", height, width, 3))


def _float(name: str, *shape: Axis) -> TensorSpec:
    """A float32 output of that shape per picture."""
    return TensorSpec(name, np.dtype(np.float32), ("N", *shape))


_FOUND = (_float(BOXES, "K", 4), _float(SCORES, "K"))
_COUNT = TensorSpec(NUM_DETECTIONS, np.dtype(np.int32), ("N", 1))
_EMBEDDING = (_float(EMBEDDINGS, "D"),)

CONTRACTS: Final[Mapping[ModelRole, RoleContract]] = MappingProxyType(
    {
        ModelRole.PERSON_DETECTOR: RoleContract(_image("H", "W"), (*_FOUND, _COUNT)),
        ModelRole.POSE_ESTIMATOR: RoleContract(_image("H", "W"), (*_FOUND, _float(KEYPOINTS, "K", 17, 3), _COUNT)),
        ModelRole.FACE_DETECTOR: RoleContract(_image("H", "W"), (*_FOUND, _float(LANDMARKS, "K", 5, 2), _COUNT)),
        ModelRole.FACE_EMBEDDER: RoleContract(_image(*FACE_INPUT), _EMBEDDING),
        ModelRole.APPEARANCE_EMBEDDER: RoleContract(_image(*APPEARANCE_INPUT), _EMBEDDING),
    }
)
"""The contract of each role."""
