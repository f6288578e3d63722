"""Which views of a person can show the face, and which of the faces found there is the person's: Sample -> face.

A crop often shows a part of somebody else. A face that is given to the wrong person merges two people for good, so
that, where a pose was found, only a face that lies where the pose has it counts.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from haven_server.types import BGRImage, BoxesXYXY, Sample

MIN_KEYPOINT_SCORE = 0.5
"""Least score of nose and eyes at which a usable face is possible: one that looks at the camera has far more."""
_FACE = slice(0, 3)
"""COCO keypoints of the face: nose and eyes."""

Point: TypeAlias = npt.NDArray[np.float32]
"""(2,) float32: x, y in pixels."""


def may_show_face(sample: Sample, least_px: int) -> bool:
    """Tell whether it is worth looking for a usable face in a view: large enough, and not seen from aside or behind.

    Nor where the pose estimator was away: whose face the view shows cannot be told then.

    Args:
        least_px: width and height of the smallest usable face, source pixels.
    """
    if sample.unposed or min(sample.crop.shape[:2]) < least_px:
        return False
    return sample.keypoints is None or bool((sample.keypoints[_FACE, 2] >= MIN_KEYPOINT_SCORE).all())


def face_point(sample: Sample) -> Point | None:
    """Say where the pose has the middle of nose and eyes, in pixels of the crop; None without a pose."""
    if sample.keypoints is None:
        return None
    corner = np.floor(np.maximum(sample.box[:2], 0))
    return np.asarray(sample.keypoints[_FACE, :2].mean(axis=0) - corner, np.float32)


def upper_body(sample: Sample) -> BGRImage:
    """Cut the part of a crop that can hold the face: same width, same left and upper edge.

    That is the upper half of somebody who stands, more of somebody who sits, and all of somebody who lies, or whose
    face the pose has further down.

    Returns:
        (h, w, 3) uint8 BGR, a view of the crop.
    """
    height, width = sample.crop.shape[:2]
    rows = max(height // 2, round(1.2 * width))
    face = face_point(sample)
    return sample.crop if face is not None and face[1] > 0.8 * rows else sample.crop[:rows]


def own_face(faces: BoxesXYXY, face: Point | None, region: tuple[int, ...]) -> int | None:
    """Choose the face of the person whom the crop is of.

    Args:
        faces: (N, 4) xyxy, pixels of the region.
        face: as ``face_point`` gives it.
        region: shape of the region, height and width first.

    Returns:
        The row of the face whose middle is nearest to ``face``, if it encloses it; without a pose, of the face nearest
        to the upper middle. None when no face is the person's.
    """
    if not len(faces):
        return None
    anchor = np.array([region[1] / 2, region[0] / 4], np.float32) if face is None else face
    row = int(np.argmin(np.hypot(*((faces[:, :2] + faces[:, 2:]) / 2 - anchor).T)))
    if face is not None and ((face < faces[row, :2]) | (face > faces[row, 2:])).any():
        return None
    return row
