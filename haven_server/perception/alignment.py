"""Turn a face upright to where its embedder expects it: five landmarks -> aligned BGRImage."""

from __future__ import annotations

from typing import Final, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from haven_server.perception.contract import FACE_INPUT
from haven_server.types import BGRImage

Landmarks: TypeAlias = npt.NDArray[np.float32]
"""(5, 2) float32 x, y in pixels, rows as in ``contract.LANDMARK_NAMES``."""

TEMPLATE: Final[Landmarks] = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]], np.float32
)
"""Where the landmarks lie in the 112x112 input of ArcFace (Deng et al., CVPR 2019; InsightFace's `arcface_dst`)."""


def similarity_transform(source: Landmarks, target: Landmarks) -> npt.NDArray[np.float64]:
    """Find the rotation, scale and shift that carry points onto others with the least squared error.

    Closed form, so that equal landmarks give equal pixels in every run.

    Args:
        source: (N, 2) x, y, not all in one place.
        target: (N, 2) likewise.

    Returns:
        (2, 3) matrix for homogeneous points; never a reflection.

    Raises:
        ValueError: all source points lie in one place.

    Source: Umeyama, IEEE TPAMI 13(4), 1991, equations 40-42. In the plane his singular value decomposition comes
        down to one complex number: the points' cross-covariance, whose angle is the rotation.
    """
    source_mean, target_mean = source.mean(axis=0, dtype=np.float64), target.mean(axis=0, dtype=np.float64)
    from_, to = (source - source_mean) @ [1, 1j], (target - target_mean) @ [1, 1j]
    spread = np.vdot(from_, from_).real
    if not spread > 0:
        raise ValueError("similarity_transform: all source points lie in one place")
    turn = np.vdot(from_, to) / spread
    matrix = np.array([[turn.real, -turn.imag], [turn.imag, turn.real]])
    return np.column_stack([matrix, target_mean - matrix @ source_mean])


def align_face(picture: BGRImage, landmarks: Landmarks) -> BGRImage:
    """Cut out a face, turned and scaled so that its landmarks come to lie on the template.

    Args:
        picture: (h, w, 3) uint8 BGR that holds the face.
        landmarks: in pixels of the picture.

    Returns:
        (112, 112, 3) uint8 BGR; black where the picture ends.
    """
    height, width = FACE_INPUT
    return np.asarray(cv2.warpAffine(picture, similarity_transform(landmarks, TEMPLATE), (width, height)), np.uint8)
