"""An engine that sees colours, and builders of what perception takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from haven_server.errors import NetworkUnavailableError
from haven_server.perception import contract
from haven_server.perception.alignment import TEMPLATE
from haven_server.ports import Engine
from haven_server.types import BGRImage, ModelInfo, ModelRole, Sample, Tensors

COLOURS = {"blue": (255, 0, 0), "green": (0, 255, 0), "red": (0, 0, 255)}
INPUTS = {
    ModelRole.PERSON_DETECTOR: (320, 320),
    ModelRole.POSE_ESTIMATOR: (256, 320),
    ModelRole.FACE_DETECTOR: (320, 320),
    ModelRole.FACE_EMBEDDER: contract.FACE_INPUT,
    ModelRole.APPEARANCE_EMBEDDER: contract.APPEARANCE_INPUT,
}
CHANNEL = {ModelRole.PERSON_DETECTOR: 2, ModelRole.POSE_ESTIMATOR: 2, ModelRole.FACE_DETECTOR: 1}
MAX_FOUND = 10

Calls = dict[ModelRole, list[int]]
Patch = tuple[tuple[int, int, int, int], str]
MakePicture = Callable[..., BGRImage]
MakeSample = Callable[..., Sample]


class ColourEngine:
    """Keeps the contract of all roles with arithmetic on colours instead of learned weights.

    A red patch is a person (whose keypoints all lie in its middle), a green one a face that looks at the camera; the
    largest scores 0.9, each next one 0.2 less. An embedding is the mean colour.

    Attributes:
        calls: batch lengths by role, in the order of the calls.
        away: roles whose networks do not answer.
    """

    def __init__(self) -> None:
        self.calls: Calls = {role: [] for role in ModelRole}
        self.away: set[ModelRole] = set()

    def describe(self, role: ModelRole) -> ModelInfo:
        dimension = 3 if role not in CHANNEL else None
        return ModelInfo(role, "colours", f"hash of {role.value}", "demo", *INPUTS[role], dimension)

    async def open(self, roles: Iterable[ModelRole]) -> None:
        """Nothing to load."""

    async def infer(self, role: ModelRole, tensors: Tensors) -> Tensors:
        if role in self.away:
            raise NetworkUnavailableError(f"{role.value} is away")
        images = tensors[contract.IMAGES]
        assert images.dtype == np.uint8
        assert images.shape[1:] == (*INPUTS[role], 3)
        self.calls[role].append(len(images))
        if role not in CHANNEL:
            means = images.reshape(len(images), -1, 3).mean(axis=1)
            norms = np.linalg.norm(means, axis=1, keepdims=True)
            return {contract.EMBEDDINGS: (means / np.maximum(norms, 1e-9)).astype(np.float32)}
        return self._find(role, images)

    async def close(self) -> None:
        """Nothing to release."""

    def _find(self, role: ModelRole, images: npt.NDArray[np.uint8]) -> Tensors:
        count = len(images)
        boxes = np.zeros((count, MAX_FOUND, 4), np.float32)
        scores = np.zeros((count, MAX_FOUND), np.float32)
        found = np.zeros((count, 1), np.int32)
        for row, image in enumerate(images):
            for rank, box in enumerate(patches(image, CHANNEL[role])):
                boxes[row, rank], scores[row, rank] = box, 0.9 - 0.2 * rank
                found[row] = rank + 1
        outputs = {contract.BOXES: boxes, contract.SCORES: scores, contract.NUM_DETECTIONS: found}
        corners, sizes = boxes[:, :, None, :2], boxes[:, :, None, 2:] - boxes[:, :, None, :2]
        if role is ModelRole.FACE_DETECTOR:
            outputs[contract.LANDMARKS] = corners + sizes * (TEMPLATE / np.float32(112))
        if role is ModelRole.POSE_ESTIMATOR:
            middles = np.repeat(corners + sizes / 2, 17, axis=2)
            certain = np.full((*middles.shape[:3], 1), 0.8, np.float32)
            outputs[contract.KEYPOINTS] = np.concatenate([middles, certain], axis=3)
        return outputs


def patches(image: BGRImage, channel: int) -> list[list[float]]:
    """Boxes xyxy of the patches that are bright in one channel and dark in the others, largest first."""
    others = [other for other in range(3) if other != channel]
    mask = (image[..., channel] > 128) & (image[..., others] < 100).all(axis=2)
    _, _, statistics, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    largest = sorted(statistics[1:].tolist(), key=lambda patch: -patch[4])
    return [[x, y, x + width, y + height] for x, y, width, height, _ in largest]


def paint(image: BGRImage, box: tuple[int, int, int, int], colour: tuple[int, int, int]) -> None:
    """Fill a box xyxy with a colour, grained so that it counts as sharp."""
    x1, y1, x2, y2 = box
    grain = np.random.default_rng(0).integers(60, 101, (y2 - y1, x2 - x1, 1)) / 100
    image[y1:y2, x1:x2] = (grain * colour).astype(np.uint8)


@pytest.fixture
def colours() -> ColourEngine:
    """An engine that sees colours."""
    return ColourEngine()


@pytest.fixture
def engine(colours: ColourEngine) -> Engine:
    """The same as what perception takes."""
    return colours


@pytest.fixture
def calls(colours: ColourEngine) -> Calls:
    """Batch lengths of the engine's calls so far, by role."""
    return colours.calls


@pytest.fixture
def make_picture() -> MakePicture:
    """Make a grey picture with patches: boxes xyxy that are ``red``, ``green`` or ``blue``."""

    def make(*patches: Patch, height: int = 360, width: int = 640) -> BGRImage:
        image = np.full((height, width, 3), 128, np.uint8)
        for box, colour in patches:
            paint(image, box, COLOURS[colour])
        return image

    return make


@pytest.fixture
def make_sample() -> MakeSample:
    """Make a view of a person from a crop; ``face_at`` (x, y in the crop) gives it a pose that shows the face there."""

    def make(
        crop: BGRImage,
        face_at: tuple[float, float] | None = None,
        corner: tuple[float, float] = (200.0, 40.0),
        face_score: float = 0.9,
        quality: float = 0.8,
    ) -> Sample:
        box = np.array([*corner, corner[0] + crop.shape[1], corner[1] + crop.shape[0]], np.float32)
        keypoints = None
        if face_at is not None:
            keypoints = np.zeros((17, 3), np.float32)
            keypoints[:3] = (max(corner[0], 0) + face_at[0], max(corner[1], 0) + face_at[1], face_score)
        return Sample(0, 0, crop, box, keypoints, 0.9, 500.0, quality)

    return make
