"""Pictures on which networks are compared: noise, drawn figures, and both: size -> three pictures."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt


def probe_images(height: int, width: int) -> npt.NDArray[np.uint8]:
    """Make the same three pictures each time.

    Returns:
        (3, height, width, 3) uint8 BGR: noise; two figures with faces before a gradient; the figures under noise.
    """
    noise = np.random.default_rng(seed=1).integers(0, 256, (height, width, 3), dtype=np.uint8)
    figures = _gradient(height, width)
    for centre in (0.3, 0.7):
        _draw_figure(figures, centre)
    return np.stack([noise, figures, cv2.addWeighted(figures, 0.6, noise, 0.4, 0.0).astype(np.uint8)])


def _gradient(height: int, width: int) -> npt.NDArray[np.uint8]:
    """Three channels that grow downwards, to the right and along the diagonal."""
    down, right = np.mgrid[0:height, 0:width] / np.array([height, width]).reshape(2, 1, 1)
    return (np.stack([down, right, (down + right) / 2], axis=2) * 255).astype(np.uint8)


def _draw_figure(image: npt.NDArray[np.uint8], centre: float) -> None:
    """Draw a standing person with a face, as tall as the picture allows, in place."""
    height, width = image.shape[:2]
    x, head = round(width * centre), round(height * 0.08)
    y = round(height * 0.2)
    cv2.rectangle(image, (x - head, y + head), (x + head, round(height * 0.6)), (160, 60, 40), -1)
    cv2.rectangle(image, (x - head // 2, round(height * 0.6)), (x + head // 2, round(height * 0.95)), (60, 50, 50), -1)
    cv2.ellipse(image, (x, y), (round(head * 0.75), head), 0, 0, 360, (140, 170, 220), -1)
    for side in (-1, 1):
        cv2.circle(image, (x + side * head // 3, y - head // 4), max(1, head // 8), (30, 30, 30), -1)
    cv2.ellipse(image, (x, y + head // 2), (head // 3, max(1, head // 8)), 0, 0, 180, (60, 60, 160), -1)
