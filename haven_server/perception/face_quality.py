"""Judge how far a face can be trusted: size, sharpness, frontality, score -> quality [0, 1].

    quality = size * sharpness * frontality * certainty

Each factor is in [0, 1] and reaches 1 where more no longer helps, so that one fault is enough to sink a face: at the
default threshold of 0.7 a sharp frontal face of 60 px passes, one that is blurred, turned by 40 degrees or under 42 px
does not.
"""

from __future__ import annotations

import numpy as np

from haven_core.quality import laplacian_variance, nose_offset
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
    return min(laplacian_variance(aligned[MIDDLE]) / FULL_SHARPNESS, 1.0)


def frontality(landmarks: Landmarks) -> float:
    """Judge in [0, 1] how straight a face looks at the camera; rolling the head does not matter.

    The nose of a frontal face lies on the line from eyes to mouth; turning moves it aside by about half the angle's
    tangent, looking up or down moves it along the line.
    """
    offset = nose_offset(landmarks)
    if offset is None:
        return 0.0
    shift, place = offset
    tilt = abs(place - LEVEL_TILT)
    return max(0.0, 1 - (shift / GREATEST_SHIFT) ** 2) * max(0.0, 1 - (tilt / GREATEST_TILT) ** 2)
