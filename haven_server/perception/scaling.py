"""Scale a picture to another size: BGRImage -> BGRImage."""

from __future__ import annotations

import cv2

from haven_server.types import BGRImage


def scale_onto(picture: BGRImage, canvas: BGRImage) -> None:
    """Fill a canvas with the whole picture, stretched where their shapes differ.

    Averages areas when the picture shrinks to less than half, where bilinear sampling would skip source pixels.

    Args:
        picture: (h, w, 3) uint8 BGR.
        canvas: (H, W, 3) uint8, overwritten; may be a part of a greater array.
    """
    height, width = canvas.shape[:2]
    shrinks = 2 * width < picture.shape[1] or 2 * height < picture.shape[0]
    cv2.resize(picture, (width, height), dst=canvas, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
