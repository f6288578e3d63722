"""What is known of a raw network once it is recognised: enough to feed it, decode it and check it."""

from __future__ import annotations

import enum
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

from haven_server.types import ModelRole

STRIDES: Final = (8, 16, 32)
"""Input pixels per cell of the three grids on which all recognised detectors predict."""
SCRFD_ANCHORS: Final = 2
"""Predictions per cell of a SCRFD grid; the other detectors make one."""
POSE_POINTS: Final = 17
"""Keypoints of one person, COCO order."""
FACE_POINTS: Final = 5
"""Landmarks of one face."""


class NetworkKind(enum.Enum):
    """The families of raw networks that can be wrapped."""

    YOLO_DETECT = "yolo-detect"
    YOLO_POSE = "yolo-pose"
    SCRFD = "scrfd"
    YUNET = "yunet"
    ARCFACE = "arcface"
    OSNET = "osnet"

    @property
    def role(self) -> ModelRole:
        """The job this family does."""
        return _ROLES[self]

    @property
    def iou_threshold(self) -> float:
        """Overlap above which the weaker of two boxes is dropped, as the makers of the family do."""
        return 0.4 if self.role is ModelRole.FACE_DETECTOR else 0.7

    @property
    def is_detector(self) -> bool:
        """True: it finds boxes. False: it makes one vector of the whole picture."""
        return self.role not in (ModelRole.FACE_EMBEDDER, ModelRole.APPEARANCE_EMBEDDER)

    @property
    def thresholds(self) -> Mapping[str, float]:
        """Thresholds of `reid.thresholds` for a network of this family whose file brings none of its own."""
        return _THRESHOLDS.get(self, {})


_ROLES: Final = {
    NetworkKind.YOLO_DETECT: ModelRole.PERSON_DETECTOR,
    NetworkKind.YOLO_POSE: ModelRole.POSE_ESTIMATOR,
    NetworkKind.SCRFD: ModelRole.FACE_DETECTOR,
    NetworkKind.YUNET: ModelRole.FACE_DETECTOR,
    NetworkKind.ARCFACE: ModelRole.FACE_EMBEDDER,
    NetworkKind.OSNET: ModelRole.APPEARANCE_EMBEDDER,
}

_THRESHOLDS: Final[Mapping[NetworkKind, Mapping[str, float]]] = {
    NetworkKind.OSNET: {"appearance_alone": 0.95, "appearance_similarity": 0.7},
}
"""Where the general defaults would let strangers pass.

Of 777 pairs of two people on real video and crops, best view against best view, osnet_x0_25_msmt17 and osnet_x1_0 put
32 % and 27 % over 0.5, 1.8 % and 3.6 % over 0.7, 3 and 9 pairs over 0.8, and two men in black, from behind and before
one wall, at 0.92 and 0.94; one man in two rooms is at 0.77 and 0.80. So clothes alone say who somebody is only where
two views are nearly one picture (no pair of 777: under 0.4 %, 95 % sure), and a likely hand-over asks for 0.7."""

Triple = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Preparation:
    """How a network wants its pixels: channels in its order, then (value - mean) / std, value in 0..255.

    Attributes:
        rgb: True for red first, False for blue first.
        mean, std: per channel, in the network's channel order.
    """

    rgb: bool
    mean: Triple = (0.0, 0.0, 0.0)
    std: Triple = (1.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Head:
    """One output of a raw network.

    Attributes:
        name: in the raw graph.
        shape: for one picture, without a batch axis.
    """

    name: str
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Network:
    """A recognised raw network.

    Attributes:
        input_name: of the one (N, 3, height, width) float32 input.
        heads: in the order in which the family's decoder takes them.
        fixed_batch: the graph declares that it takes one picture at a time.
        person_class: row of the class `person` (YOLO detectors only).
    """

    kind: NetworkKind
    input_name: str
    height: int
    width: int
    heads: tuple[Head, ...]
    fixed_batch: bool
    preparation: Preparation
    person_class: int = 0

    @property
    def dimension(self) -> int | None:
        """Length of the embedding, None for detectors."""
        return None if self.kind.is_detector else self.heads[0].shape[0]

    @property
    def candidates(self) -> int:
        """How many boxes a detector predicts before any are dropped."""
        if self.kind in (NetworkKind.YOLO_DETECT, NetworkKind.YOLO_POSE):
            return self.heads[0].shape[1]
        return sum(head.shape[0] for head in self.heads[: len(STRIDES)])

    def to_json(self) -> str:
        """Write everything down, for a model file's metadata."""
        return json.dumps({**asdict(self), "kind": self.kind.value}, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what ``to_json`` wrote.

        Raises:
            ValueError, KeyError, TypeError: it was not written by ``to_json``.
        """
        facts: dict[str, Any] = json.loads(text)
        preparation = facts["preparation"]
        facts["kind"] = NetworkKind(facts["kind"])
        facts["heads"] = tuple(Head(head["name"], tuple(head["shape"])) for head in facts["heads"])
        facts["preparation"] = Preparation(preparation["rgb"], tuple(preparation["mean"]), tuple(preparation["std"]))
        return cls(**facts)


def grid_cells(height: int, width: int) -> tuple[int, ...]:
    """Count the cells of each stride's grid on an input of that size."""
    return tuple(math.ceil(height / stride) * math.ceil(width / stride) for stride in STRIDES)
