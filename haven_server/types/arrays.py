"""Named arrays, the check that every value makes at birth, and how a picture is cut."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

BGRImage: TypeAlias = npt.NDArray[np.uint8]
"""(H, W, 3) uint8, blue-green-red as OpenCV gives it."""
BoxXYXY: TypeAlias = npt.NDArray[np.float32]
"""(4,) float32: x1, y1, x2, y2 in source pixels."""
BoxesXYXY: TypeAlias = npt.NDArray[np.float32]
"""(N, 4) float32: x1, y1, x2, y2 in source pixels."""
Scores: TypeAlias = npt.NDArray[np.float32]
"""(N,) float32 in [0, 1]."""
Numbers: TypeAlias = npt.NDArray[np.int64]
"""(N,) int64."""
Keypoints: TypeAlias = npt.NDArray[np.float32]
"""(17, 3) float32: x px, y px, score in [0, 1], COCO order."""
Poses: TypeAlias = npt.NDArray[np.float32]
"""(T, 17, 3) float32: keypoints of one person in a row of pictures."""
Vector: TypeAlias = npt.NDArray[np.float32]
"""(D,) float32 of unit norm."""
Vectors: TypeAlias = npt.NDArray[np.float32]
"""(N, D) float32, each of unit norm."""
Tensors: TypeAlias = Mapping[str, npt.NDArray[Any]]
"""Named tensors as an engine takes and gives them."""

NANOSECONDS = 1_000_000_000
"""Nanoseconds in one second."""


def check(array: npt.NDArray[Any], shape: tuple[int | None, ...], dtype: type, name: str) -> None:
    """Raise ValueError unless ``array`` has ``dtype`` and ``shape`` (None: any length)."""
    if array.shape == shape and array.dtype == dtype:
        return  # by far the most, and many a frame
    fits = array.ndim == len(shape) and all(
        want is None or want == got for want, got in zip(shape, array.shape, strict=True)
    )
    if not fits or array.dtype != dtype:
        raise ValueError(f"{name}: wanted {shape} {np.dtype(dtype)}, got {array.shape} {array.dtype}")


def visible_part(image: BGRImage, box: BoxXYXY) -> BGRImage:
    """Cut a box out of a picture, clipped to it, every touched pixel included.

    Returns:
        (h, w, 3) uint8 view of the picture; h or w is 0 where the box lies outside.
    """
    height, width = image.shape[:2]
    left, top = max(math.floor(box[0]), 0), max(math.floor(box[1]), 0)
    right, bottom = min(math.ceil(box[2]), width), min(math.ceil(box[3]), height)
    return image[top : max(bottom, top), left : max(right, left)]
