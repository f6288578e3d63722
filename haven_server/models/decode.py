"""Writes each family's decoder into the graph: raw heads -> candidate boxes, scores, points in input pixels.

`reference.py` says the same in NumPy and is what the check at import compares with.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from haven_server.models.graph import PREFIX, GraphBuilder
from haven_server.models.network import FACE_POINTS, POSE_POINTS, SCRFD_ANCHORS, STRIDES, Network, NetworkKind

CANDIDATE_BOXES: Final = PREFIX + "candidate_boxes"
CANDIDATE_SCORES: Final = PREFIX + "candidate_scores"
CANDIDATE_POINTS: Final = PREFIX + "candidate_points"


@dataclass(frozen=True, slots=True)
class Candidates:
    """Names of the tensors that hold every prediction, before the weak and the doubled ones are dropped.

    Attributes:
        boxes: (N, A, 4) xyxy.  scores: (N, 1, A).
        points: (N, A, P) flat keypoints or landmarks; None where the family has none.
        points_shape: of one object's points.
    """

    boxes: str
    scores: str
    points: str | None = None
    points_shape: tuple[int, int] = (0, 0)


def decode(builder: GraphBuilder, network: Network, heads: list[str]) -> Candidates:
    """Add the decoder of a detector.

    Args:
        heads: the tensors of ``network.heads``, each with a batch axis in front.
    """
    if network.kind is NetworkKind.SCRFD:
        return _decode_scrfd(builder, network, heads)
    if network.kind is NetworkKind.YUNET:
        return _decode_yunet(builder, network, heads)
    return _decode_yolo(builder, network, heads[0])


def grid(network: Network, anchors: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Lay out the cells of the three grids, row by row, each ``anchors`` times.

    Returns:
        (A, 2) x, y of each cell's upper left corner, input pixels; (A, 1) its stride.
    """
    origins, strides = [], []
    for stride in STRIDES:
        rows, columns = -(-network.height // stride), -(-network.width // stride)
        y, x = np.mgrid[0:rows, 0:columns] * stride
        corners = np.stack([x.ravel(), y.ravel()], axis=1).repeat(anchors, axis=0)
        origins.append(corners)
        strides.append(np.full((len(corners), 1), stride))
    return np.concatenate(origins).astype(np.float32), np.concatenate(strides).astype(np.float32)


def _decode_yolo(builder: GraphBuilder, network: Network, head: str) -> Candidates:
    """(N, 4 + classes + points, A), already in pixels: centre and size become corners, one class is kept."""
    transposed = builder.node("Transpose", builder.slice(head, 1, 0, 4), perm=[0, 2, 1])
    boxes = _corners(builder, builder.slice(transposed, 2, 0, 2), builder.slice(transposed, 2, 2, 4))
    row = 4 + network.person_class
    scores = builder.node("Identity", builder.slice(head, 1, row, row + 1), name=CANDIDATE_SCORES)
    if network.kind is NetworkKind.YOLO_DETECT:
        return Candidates(boxes, scores)
    points = builder.slice(head, 1, 5, 5 + 3 * POSE_POINTS)
    points = builder.node("Transpose", points, perm=[0, 2, 1], name=CANDIDATE_POINTS)
    return Candidates(boxes, scores, points, (POSE_POINTS, 3))


def _decode_scrfd(builder: GraphBuilder, network: Network, heads: list[str]) -> Candidates:
    """Scores, distances to the four sides and points, the last two in strides from the cell.

    Source: Guo et al., Sample and Computation Redistribution for Efficient Face Detection, ICLR 2022.
    """
    scores, distances, points = (builder.concat(heads[start : start + 3], axis=1) for start in (0, 3, 6))
    origins, strides = grid(network, SCRFD_ANCHORS)
    origin, stride = builder.floats(origins[None]), builder.floats(strides[None])
    reach = builder.node("Mul", distances, stride)
    upper_left = builder.node("Sub", origin, builder.slice(reach, 2, 0, 2))
    lower_right = builder.node("Add", origin, builder.slice(reach, 2, 2, 4))
    return Candidates(
        builder.concat([upper_left, lower_right], axis=2, name=CANDIDATE_BOXES),
        builder.node("Transpose", scores, perm=[0, 2, 1], name=CANDIDATE_SCORES),
        _landmarks(builder, points, origins, stride),
        (FACE_POINTS, 2),
    )


def _decode_yunet(builder: GraphBuilder, network: Network, heads: list[str]) -> Candidates:
    """Class and object probability, box centre offset and log size, points; offsets in strides from the cell.

    Source: Wu et al., YuNet, Machine Intelligence Research 2023; score as OpenCV's FaceDetectorYN takes it.
    """
    classes, objects, offsets, points = (builder.concat(heads[start : start + 3], axis=1) for start in (0, 3, 6, 9))
    scores = builder.node("Sqrt", builder.node("Mul", classes, objects))
    origins, strides = grid(network, anchors=1)
    origin, stride = builder.floats(origins[None]), builder.floats(strides[None])
    moved = builder.node("Mul", builder.slice(offsets, 2, 0, 2), stride)
    centres = builder.node("Add", moved, origin)
    sizes = builder.node("Mul", builder.node("Exp", builder.slice(offsets, 2, 2, 4)), stride)
    return Candidates(
        _corners(builder, centres, sizes),
        builder.node("Transpose", scores, perm=[0, 2, 1], name=CANDIDATE_SCORES),
        _landmarks(builder, points, origins, stride),
        (FACE_POINTS, 2),
    )


def _corners(builder: GraphBuilder, centres: str, sizes: str) -> str:
    """(N, A, 2) centres and sizes -> (N, A, 4) corners."""
    halves = builder.node("Mul", sizes, builder.floats(0.5))
    corners = [builder.node("Sub", centres, halves), builder.node("Add", centres, halves)]
    return builder.concat(corners, axis=2, name=CANDIDATE_BOXES)


def _landmarks(builder: GraphBuilder, points: str, origins: npt.NDArray[np.float32], stride: str) -> str:
    """(N, A, 10) offsets in strides -> input pixels."""
    repeated = builder.floats(np.tile(origins, FACE_POINTS)[None])
    return builder.node("Add", builder.node("Mul", points, stride), repeated, name=CANDIDATE_POINTS)
