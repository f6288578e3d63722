"""Where in a person's crop the face is looked for, and which of those found is the person's: Sample -> face.

A crop often shows a part of somebody else. A face that is given to the wrong person merges two people for good, so
that, where a pose tells where the head is, a face elsewhere is nobody's.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from haven_server.types import BGRImage, BoxesXYXY, Sample

MIN_KEYPOINT_SCORE = 0.5
"""Least score of a keypoint that is relied on."""
_HEAD = slice(0, 5)
"""COCO keypoints of the head: nose, eyes, ears."""

Point = npt.NDArray[np.float32]
"""(2,) float32: x, y in pixels."""


def upper_body(sample: Sample) -> BGRImage:
    """Cut the part of a crop that can hold the face: same width, same left and upper edge.

    That is the upper half of somebody who stands, more of somebody who sits, and all of somebody who lies, or whose
    head the pose shows further down.

    Returns:
        (h, w, 3) uint8 BGR, a view of the crop.
    """
    height, width = sample.crop.shape[:2]
    rows = max(height // 2, round(1.2 * width))
    head = head_of(sample)
    return sample.crop if head is not None and head[1] > 0.8 * rows else sample.crop[:rows]


def head_of(sample: Sample) -> Point | None:
    """Say where the pose shows the middle of the head, in pixels of the crop; None where it does not show it."""
    if sample.keypoints is None:
        return None
    points = sample.keypoints[_HEAD]
    seen = points[points[:, 2] >= MIN_KEYPOINT_SCORE, :2]
    if not len(seen):
        return None
    corner = np.floor(np.maximum(sample.box[:2], 0))
    return np.asarray(seen.mean(axis=0) - corner, np.float32)


def own_face(faces: BoxesXYXY, head: Point | None, region: tuple[int, ...]) -> int | None:
    """Choose the face of the person whom the crop is of.

    Args:
        faces: (N, 4) xyxy, pixels of the region.
        head: as ``head_of`` gives it.
        region: shape of the region, height and width first.

    Returns:
        The row of the face nearest the head, none unless the head lies within half a face of it; without a head, of
        the face nearest the upper middle. None when no face is the person's.
    """
    if not len(faces):
        return None
    centres, sizes = (faces[:, :2] + faces[:, 2:]) / 2, faces[:, 2:] - faces[:, :2]
    anchor = np.array([region[1] / 2, region[0] / 4], np.float32) if head is None else head
    nearest = int(np.argmin(np.hypot(*(centres - anchor).T)))
    if head is not None and (np.abs(centres[nearest] - head) > sizes[nearest]).any():
        return None
    return nearest
