"""Judge how far a face can be trusted: size, sharpness, frontality, score -> quality [0, 1].

    quality = size * sharpness * frontality * certainty

Each factor is in [0, 1] and reaches 1 where more no longer helps, so that one fault is enough to sink a face: at the
default threshold of 0.7 a sharp frontal face of 60 px passes, one that is blurred, turned by 40 degrees or under 42 px
does not.
"""

from __future__ import annotations

import cv2
import numpy as np

from haven_server.perception.alignment import Landmarks
from haven_server.types import BGRImage

FULL_SIZE_PX = 60.0
"""Lesser side of a face in source pixels from which on it holds what a 112x112 embedder can see."""
FULL_SHARPNESS = 60.0
"""Laplacian variance of the aligned face, grey levels squared, from which on it counts as sharp: what a blur
leaves that begins to change the embedding. Sharp faces have several times as much."""
FULL_CERTAINTY = 0.7
"""Score of the face detector from which on it is as sure as it gets."""
MIDDLE = np.s_[44:98, 32:80]
"""Rows and columns of an aligned face that hold eyes, nose and mouth."""
LEVEL_TILT = 0.6
"""Where the nose of a level face lies between eyes and mouth, as face detectors place it."""
GREATEST_SHIFT, GREATEST_TILT = 0.7, 0.45
"""Shift of the nose, and difference from ``LEVEL_TILT``, at which nothing frontal is left; see ``frontality``."""


def face_quality(side_px: float, aligned: BGRImage, landmarks: Landmarks, score: float) -> float:
    """Judge one face by the formula above.

    Args:
        side_px: lesser side of its box, source pixels.
        aligned: (112, 112, 3) uint8 BGR, as the embedder will see it.
        landmarks: (5, 2), before alignment.
        score: the face detector's, [0, 1].
    """
    size = min(side_px / FULL_SIZE_PX, 1.0)
    certainty = min(score / FULL_CERTAINTY, 1.0)
    return size * sharpness(aligned) * frontality(landmarks) * certainty


def sharpness(aligned: BGRImage) -> float:
    """Judge in [0, 1] how sharp an aligned face is, by the Laplacian variance of its middle.

    The middle, because hair and background say nothing of a face's focus, and the edge of the picture, where it crosses
    the aligned face, would pass for a sharp one. Alignment has brought every face to one size, so that the distance to
    the camera does not matter, and an enlarged face counts as the blurred one it is.
    """
    middle = cv2.cvtColor(aligned[MIDDLE], cv2.COLOR_BGR2GRAY)
    return min(float(cv2.Laplacian(middle, cv2.CV_32F).var()) / FULL_SHARPNESS, 1.0)


def frontality(landmarks: Landmarks) -> float:
    """Judge in [0, 1] how straight a face looks at the camera; rolling the head does not matter.

    ``shift`` is how far the nose lies beside the line from between the eyes to between the mouth's corners, in
    distances of the eyes: 0 for a frontal face, about half the tangent of the angle by which it is turned. ``tilt`` is
    how far down that line it lies, 0 between the eyes and 1 between the mouth's corners.
    """
    left_eye, right_eye, nose, left_mouth, right_mouth = landmarks.astype(np.float64)
    eyes, mouth = (left_eye + right_eye) / 2, (left_mouth + right_mouth) / 2
    down, across = mouth - eyes, right_eye - left_eye
    length, width = float(np.hypot(*down)), float(np.hypot(*across))
    if length == 0 or width == 0:
        return 0.0
    offset = nose - eyes
    shift = abs(float(down[0] * offset[1] - down[1] * offset[0])) / (length * width)
    tilt = abs(float(offset @ down) / length**2 - LEVEL_TILT)
    return max(0.0, 1 - (shift / GREATEST_SHIFT) ** 2) * max(0.0, 1 - (tilt / GREATEST_TILT) ** 2)
