"""Networks that find objects in pictures, whatever the objects are: BGRImage -> Objects."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from haven_server.perception import contract
from haven_server.perception.letterbox import Letterbox
from haven_server.ports import Engine
from haven_server.types import BGRImage, BoxesXYXY, ModelRole, Scores, Tensors

_POINTS = {ModelRole.POSE_ESTIMATOR: contract.KEYPOINTS, ModelRole.FACE_DETECTOR: contract.LANDMARKS}
"""The output that holds the objects' points, where a role has one."""


@dataclass(frozen=True, slots=True, eq=False)
class Objects:
    """What was found in one picture, best score first.

    Attributes:
        boxes: (N, 4) float32 xyxy, pixels of the picture, clipped to it, none without area.
        scores: (N,) float32 in [0, 1].
        points: (N, P, 2 or 3) float32: x, y in pixels of the picture, unclipped, and a score where the network gives
            one; P is 0 for networks without points.
    """

    boxes: BoxesXYXY
    scores: Scores
    points: npt.NDArray[np.float32]


class ObjectFinder:
    """Asks one network for the objects in pictures of any size.

    Args:
        role: a detector or the pose estimator.
        min_score: objects with a lower score are left out.
        greatest_width: px; a picture is drawn into the network's input at most this wide.

    Raises:
        ModelError: no network is installed for the role.
    """

    def __init__(self, engine: Engine, role: ModelRole, min_score: float, greatest_width: int | None = None) -> None:
        info = engine.describe(role)
        self._engine = engine
        self._role = role
        self._min_score = min_score
        self._input = (info.input_height, info.input_width)
        self._greatest_width = greatest_width

    async def find(self, pictures: Sequence[BGRImage]) -> list[Objects]:
        """Find the objects in each picture, all in one call of the network.

        Args:
            pictures: at least one.

        Returns:
            One value per picture, in their order.
        """
        places = [Letterbox.fit(picture.shape, *self._input, self._greatest_width) for picture in pictures]
        batch = await asyncio.to_thread(self._draw, pictures, places)
        outputs = await self._engine.infer(self._role, {contract.IMAGES: batch})
        return [self._read(outputs, row, place) for row, place in enumerate(places)]

    def _draw(self, pictures: Sequence[BGRImage], places: Sequence[Letterbox]) -> BGRImage:
        batch = np.empty((len(pictures), *self._input, 3), np.uint8)
        for picture, place, canvas in zip(pictures, places, batch, strict=True):
            place.draw(picture, canvas)
        return batch

    def _read(self, outputs: Tensors, row: int, place: Letterbox) -> Objects:
        """Take one picture's objects out of the network's answer, in pixels of the picture."""
        count = int(outputs[contract.NUM_DETECTIONS][row, 0])
        scores = outputs[contract.SCORES][row, :count]
        boxes = place.boxes_to_source(outputs[contract.BOXES][row, :count])
        kept = (scores >= self._min_score) & (boxes[:, 2:] > boxes[:, :2]).all(axis=1)
        points = np.zeros((count, 0, 2), np.float32)
        if self._role in _POINTS:
            points = outputs[_POINTS[self._role]][row, :count].copy()
            points[..., :2] = place.points_to_source(points[..., :2])
        return Objects(boxes[kept], scores[kept], points[kept])
