"""The readable twin of each kernel of boxes, motion, assignment and pictures: their specification, in plain NumPy.

Same arguments and results as the kernel of the same name, whose ``.pyi`` describes them; no care for speed, and none
for bad input. Property tests hold the kernels to these.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Reals = npt.NDArray[np.float64]
Boxes = npt.NDArray[np.float32]
Rows = npt.NDArray[np.intp]

ALONE = -1
"""In an assignment: has no partner."""


def have_area(boxes: Boxes) -> npt.NDArray[np.bool_]:
    """Twin of `haven_core.boxes.have_area`."""
    sides = boxes[:, 2:] - boxes[:, :2]
    return np.asarray(sides.min(axis=1) >= np.float32(1e-3))


def iou_distance(tracks: Boxes, boxes: Boxes, scores: npt.NDArray[np.float32] | None = None) -> npt.NDArray[np.float32]:
    """Twin of `haven_core.boxes.iou_distance`, in float32 throughout as the kernel is."""
    one = np.float32(1)
    a, b = tracks[:, np.newaxis], boxes[np.newaxis]
    width, height = np.moveaxis(np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2]), 2, 0)
    overlap = np.maximum(width, 0) * np.maximum(height, 0)
    areas = _areas(tracks)[:, np.newaxis] + _areas(boxes)
    unlike = one - overlap / (areas - overlap + np.float32(1e-7))
    weights = np.ones(len(boxes), np.float32) if scores is None else scores
    return np.asarray(one - (one - unlike) * weights)


def initiate(mean: Reals, covariance: Reals, rows: Rows, boxes: Boxes, by_width: bool = False) -> None:
    """Twin of `haven_core.kalman.initiate`."""
    for row, box in zip(rows, boxes, strict=True):
        measured = _measure(box, by_width)
        mean[row] = np.concatenate((measured, np.zeros(4)))
        factors = np.repeat((2.0, 10.0), 4)
        if not by_width:
            factors[[2, 6]] = 1
        covariance[row] = to_blocks(np.diag((factors * _deviations(measured, by_width)) ** 2))


def predict(mean: Reals, covariance: Reals, rows: Rows, elapsed: float = 1, by_width: bool = False) -> None:
    """Twin of `haven_core.kalman.predict`: x = F x, P = F P F' + Q, where F and Q are those of so many steps in one."""
    motion = np.eye(8) + elapsed * np.eye(8, k=4)
    for row in rows:
        position, velocity = np.split(_deviations(mean[row], by_width) ** 2, 2)
        left = elapsed * (elapsed - 1) / 2
        squares = left * (2 * elapsed - 1) / 3
        cross = np.diag(left * velocity)
        noise = np.block(
            [[np.diag(elapsed * position + squares * velocity), cross], [cross, np.diag(elapsed * velocity)]]
        )
        mean[row] = motion @ mean[row]
        covariance[row] = to_blocks(motion @ to_matrix(covariance[row]) @ motion.T + noise)


def correct(mean: Reals, covariance: Reals, rows: Rows, boxes: Boxes, by_width: bool = False) -> None:
    """Twin of `haven_core.kalman.correct`: K = P H' S^-1, x += K (z - H x), P -= K S K'."""
    observation = np.eye(4, 8)
    for row, box in zip(rows, boxes, strict=True):
        deviations = _deviations(mean[row], by_width)[:4]
        if not by_width:
            deviations[2] = 1e-1
        state = to_matrix(covariance[row])
        innovation = observation @ state @ observation.T + np.diag(deviations**2)
        gain = state @ observation.T @ np.linalg.inv(innovation)
        mean[row] += gain @ (_measure(box, by_width) - observation @ mean[row])
        covariance[row] = to_blocks(state - gain @ innovation @ gain.T)


def to_boxes(mean: Reals, rows: Rows, by_width: bool = False) -> Boxes:
    """Twin of `haven_core.kalman.to_boxes`."""
    x, y, shape, height = mean[rows, :4].T
    width = shape if by_width else shape * height
    return np.stack((x - width / 2, y - height / 2, x + width / 2, y + height / 2), axis=1).astype(np.float32)


def assign(cost: npt.NDArray[np.float32], limit: float) -> tuple[Rows, Rows, Rows, Rows]:
    """Twin of `haven_core.assignment.assign`: each row may also take a column of its own that costs ``limit``."""
    row_count, column_count = cost.shape
    alone = np.where(np.eye(row_count, dtype=bool), limit, np.inf)
    padded = np.hstack((np.where(cost < limit, cost, np.inf), alone))
    row_of = np.full(column_count + row_count, ALONE)
    column_of = np.full(row_count, ALONE)
    row_potential, column_potential = np.zeros(row_count), np.zeros(column_count + row_count)
    for root in range(row_count):
        distance = np.full(len(row_of), np.inf)
        previous = np.full(len(row_of), ALONE)
        settled = np.zeros(len(row_of), dtype=bool)
        row, length = root, 0.0
        while True:
            offered = length + padded[row] - row_potential[row] - column_potential
            better = ~settled & (offered < distance)
            distance[better], previous[better] = offered[better], row
            column = int(np.where(settled, np.inf, distance).argmin())
            length = distance[column]
            if row_of[column] == ALONE:
                break
            settled[column] = True
            row = row_of[column]
        row_potential[root] += length
        row_potential[row_of[settled]] += length - distance[settled]
        column_potential[settled] -= length - distance[settled]
        while column != ALONE:
            row = previous[column]
            row_of[column], column_of[row], column = row, column, column_of[row]
    paired = np.flatnonzero(column_of < column_count)
    lone_columns = np.setdiff1d(np.arange(column_count), column_of)
    return paired, column_of[paired], np.flatnonzero(column_of >= column_count), lone_columns


def laplacian_variance(image: npt.NDArray[np.uint8]) -> float:
    """Twin of `haven_core.quality.laplacian_variance`."""
    weighted = image.astype(np.int64) @ np.array([3735, 19235, 9798])
    grey = (weighted + (1 << 14)) >> 15
    padded = np.pad(grey, 1, mode="reflect")
    neighbours = padded[:-2, 1:-1] + padded[2:, 1:-1] + padded[1:-1, :-2] + padded[1:-1, 2:]
    return float((neighbours - 4 * grey).var())


def nose_offset(landmarks: npt.NDArray[np.float32]) -> tuple[float, float] | None:
    """Twin of `haven_core.quality.nose_offset`."""
    left_eye, right_eye, nose, left_mouth, right_mouth = landmarks.astype(np.float64)
    eyes = (left_eye + right_eye) / 2
    down, across = (left_mouth + right_mouth) / 2 - eyes, right_eye - left_eye
    length, width = np.hypot(*down), np.hypot(*across)
    if length == 0 or width == 0:
        return None
    offset = nose - eyes
    shift = abs(down[0] * offset[1] - down[1] * offset[0]) / (length * width)
    return float(shift), float(offset @ down / length**2)


def _areas(boxes: Boxes) -> npt.NDArray[np.float32]:
    """Multiply the boxes' sides."""
    return (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])


def _measure(box: Boxes, by_width: bool) -> Reals:
    """Turn an xyxy box into centre x, centre y, aspect or width, height."""
    x1, y1, x2, y2 = box.astype(np.float64)
    width, height = x2 - x1, y2 - y1
    return np.array([(x1 + x2) / 2, (y1 + y2) / 2, width if by_width else width / height, height])


def _deviations(mean: Reals, by_width: bool) -> Reals:
    """Tell how far a frame may carry each of x, y, aspect or width, height, then their velocities."""
    across, height = mean[2] if by_width else mean[3], mean[3]
    lengths = np.array([across, height, across, height])
    deviations = np.concatenate((lengths / 20, lengths / 160))
    if not by_width:
        deviations[[2, 6]] = 1e-2, 1e-5
    return deviations


def to_matrix(blocks: Reals) -> Reals:
    """Write four blocks as the 8 x 8 covariance."""
    position, cross, velocity = blocks.T
    return np.block([[np.diag(position), np.diag(cross)], [np.diag(cross), np.diag(velocity)]])


def to_blocks(matrix: Reals) -> Reals:
    """Read the four blocks of an 8 x 8 covariance."""
    return np.stack((np.diag(matrix)[:4], np.diag(matrix, k=4), np.diag(matrix)[4:]), axis=1)
