"""Small changes by which one rendered picture becomes many: pictures, points -> pictures, points."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from haven_server.perception.letterbox import PAD_GREY
from haven_server.types import BGRImage

Floats = npt.NDArray[np.float32]

MIRRORED_BODY: Final = (0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15)
"""COCO rows after left and right were swapped."""
MIRRORED_FACE: Final = (1, 0, 2, 4, 3)
"""Landmark rows likewise."""


def moved(picture: BGRImage, matrix: Floats, border: int = cv2.BORDER_CONSTANT) -> BGRImage:
    """Map a picture, at its own size; what comes in from outside is grey.

    Args:
        matrix: (2, 3), for places with pixel centres at whole numbers plus 0.5, as all our points are.
    """
    height, width = picture.shape[:2]
    by_index = matrix.copy()
    by_index[:, 2] += matrix[:, :2].sum(axis=1) / 2 - 0.5
    grey = (PAD_GREY,) * 3
    return np.asarray(cv2.warpAffine(picture, by_index, (width, height), borderMode=border, borderValue=grey), np.uint8)


def drift(
    chance: np.random.Generator, shape: tuple[int, ...], zoom: float, shift: float, stretch: float = 0.0
) -> Floats:
    """Draw a (2, 3) matrix that zooms round the middle and shifts.

    Args:
        zoom: greatest change of scale, natural logarithm.
        shift: greatest shift, share of each side.
        stretch: greatest difference of the scales across and down, natural logarithm.
    """
    size = np.array([shape[1], shape[0]], np.float64)
    scale = np.exp(chance.uniform(-zoom, zoom) + chance.uniform(-stretch, stretch, 2) / 2)
    offset = size / 2 * (1 - scale) + chance.uniform(-shift, shift, 2) * size
    return np.array([[scale[0], 0, offset[0]], [0, scale[1], offset[1]]], np.float32)


def mirrored(matrix: Floats, width: int) -> Floats:
    """Swap left and right after a (2, 3) map."""
    return matrix * np.array([[-1], [1]], np.float32) + np.array([[0, 0, width], [0, 0, 0]], np.float32)


def carried(boxes: Floats, points: Floats, matrix: Floats, size: tuple[int, ...]) -> tuple[Floats, Floats]:
    """Map boxes (M, 4) and points (M, P, 3); points that leave the picture are no longer seen."""
    height, width = size
    limits = np.array([width, height], np.float32)
    corners = boxes.reshape(-1, 2, 2) * matrix[:, :2].diagonal() + matrix[:, 2]
    corners = np.clip(np.sort(corners, axis=1), 0, limits)
    places = points[..., :2] * matrix[:, :2].diagonal() + matrix[:, 2]
    inside = ((places >= 0) & (places < limits)).all(-1)
    return corners.reshape(-1, 4), np.concatenate([places, (points[..., 2] * inside)[..., None]], -1)


def erase(chance: np.random.Generator, picture: BGRImage, share: float) -> None:
    """Hide a rectangle of at most that share of each side behind one colour, in place."""
    height, width = picture.shape[:2]
    rows, columns = (int(side * chance.uniform(share / 3, share)) for side in (height, width))
    top, left = chance.integers(0, height - rows + 1), chance.integers(0, width - columns + 1)
    picture[top : top + rows, left : left + columns] = chance.integers(0, 256, 3)


def tones(chance: np.random.Generator, count: int, strength: float) -> Floats:
    """Draw changes of brightness, contrast and tint, as tables: (count, 256, 3) in [0, 255], channels as in pictures.

    Args:
        strength: standard deviation of the gains, natural logarithm; tints and offsets follow it.
    """
    gain = np.exp(chance.normal(0, strength, (count, 1)) + chance.normal(0, strength / 3, (count, 3)))
    offset = chance.normal(0, 60 * strength, (count, 1, 1))
    return np.clip(np.arange(256)[:, None] * gain[:, None] + offset, 0, 255).astype(np.float32)


def blurred(chance: np.random.Generator, picture: BGRImage) -> BGRImage:
    """Blur a picture a little."""
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), float(chance.uniform(0.4, 1.4))), np.uint8)
