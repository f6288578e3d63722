"""The NumPy twin of a wrapped graph: its specification, and what the check at import compares with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from haven_server.models.network import POSE_POINTS, SCRFD_ANCHORS, STRIDES, Network, NetworkKind

Floats = npt.NDArray[np.float32]
_PARTS: Final = len(STRIDES)


@dataclass(frozen=True, slots=True)
class Predictions:
    """What a detector says of one picture before anything is dropped.

    Attributes:
        boxes: (A, 4) float32 xyxy, input pixels.  scores: (A,) float32.  points: (A, P) float32, P may be 0.
    """

    boxes: Floats
    scores: Floats
    points: Floats


def prepare(network: Network, images: npt.NDArray[np.uint8]) -> Floats:
    """(N, H, W, 3) uint8 BGR -> (N, 3, H, W) float32 as the raw network wants it."""
    preparation = network.preparation
    ordered = images[..., ::-1] if preparation.rgb else images
    mean, std = np.array(preparation.mean, np.float32), np.array(preparation.std, np.float32)
    return np.ascontiguousarray(((ordered.astype(np.float32) - mean) / std).transpose(0, 3, 1, 2))


def decode(network: Network, heads: Sequence[Floats]) -> Predictions:
    """Read a detector's raw heads of one picture, each without a batch axis."""
    if network.kind is NetworkKind.SCRFD:
        return _decode_scrfd(network, heads)
    if network.kind is NetworkKind.YUNET:
        return _decode_yunet(network, heads)
    return _decode_yolo(network, heads[0])


def suppress(
    predictions: Predictions, iou_threshold: float, score_threshold: float, count: int
) -> npt.NDArray[np.int64]:
    """Choose objects greedily: the best score first, each dropping the weaker that overlap it too much.

    Returns:
        Rows of the survivors, best first, at most ``count``.
    """
    order = np.argsort(-predictions.scores, kind="stable")
    waiting = order[predictions.scores[order] > score_threshold]
    kept: list[int] = []
    while len(waiting) and len(kept) < count:
        best, rest = waiting[0], waiting[1:]
        kept.append(int(best))
        waiting = rest[_overlap(predictions.boxes[best], predictions.boxes[rest]) <= iou_threshold]
    return np.asarray(kept, np.int64)


def _overlap(box: Floats, boxes: Floats) -> Floats:
    """Intersection over union of one box with each of (M, 4)."""
    upper_left, lower_right = np.maximum(box[:2], boxes[:, :2]), np.minimum(box[2:], boxes[:, 2:])
    shared = np.maximum(lower_right - upper_left, 0).prod(axis=1)
    area, areas = (box[2:] - box[:2]).prod(), (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    union = area + areas - shared
    overlap: Floats = np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)
    return overlap


def _decode_yolo(network: Network, head: Floats) -> Predictions:
    rows = head.T
    half = rows[:, 2:4] / 2
    boxes = np.concatenate([rows[:, :2] - half, rows[:, :2] + half], axis=1)
    points = rows[:, 5 : 5 + 3 * POSE_POINTS] if network.kind is NetworkKind.YOLO_POSE else rows[:, :0]
    return Predictions(boxes, rows[:, 4 + network.person_class], points)


def _decode_scrfd(network: Network, heads: Sequence[Floats]) -> Predictions:
    scores, boxes, points = [], [], []
    for level, stride in enumerate(STRIDES):
        cell = _cells(network, stride).repeat(SCRFD_ANCHORS, axis=0)
        reach = heads[_PARTS + level] * stride
        scores.append(heads[level][:, 0])
        boxes.append(np.concatenate([cell - reach[:, :2], cell + reach[:, 2:]], axis=1))
        points.append(
            (heads[2 * _PARTS + level].reshape(len(cell), -1, 2) * stride + cell[:, None]).reshape(len(cell), -1)
        )
    return Predictions(np.concatenate(boxes), np.concatenate(scores), np.concatenate(points))


def _decode_yunet(network: Network, heads: Sequence[Floats]) -> Predictions:
    scores, boxes, points = [], [], []
    for level, stride in enumerate(STRIDES):
        cell = _cells(network, stride)
        offset = heads[2 * _PARTS + level]
        centre, size = cell + offset[:, :2] * stride, np.exp(offset[:, 2:]) * stride
        scores.append(np.sqrt(heads[level] * heads[_PARTS + level])[:, 0])
        boxes.append(np.concatenate([centre - size / 2, centre + size / 2], axis=1))
        points.append(
            (heads[3 * _PARTS + level].reshape(len(cell), -1, 2) * stride + cell[:, None]).reshape(len(cell), -1)
        )
    return Predictions(np.concatenate(boxes), np.concatenate(scores), np.concatenate(points))


def _cells(network: Network, stride: int) -> Floats:
    """(A, 2) x, y of the upper left corner of each cell of one grid, row by row, input pixels."""
    rows, columns = -(-network.height // stride), -(-network.width // stride)
    return np.array([(column * stride, row * stride) for row in range(rows) for column in range(columns)], np.float32)
