"""The soft shadow of a person on what lies below: posture -> darker floor."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from haven_server.sources.synthetic.camera import Camera, Points
from haven_server.sources.synthetic.canvas import Canvas, Light
from haven_server.sources.synthetic.skeleton import Joint, Posture

_COARSE = 4
"""Pixels a side that are darkened alike, before smoothing."""
_STRENGTH = 0.5
_REACH_M = 0.9
"""How far below a part of the body its shadow ends."""
_MARGIN_M = 0.75
"""How far to the sides of the body shadows go."""
_NEAREST_M = 0.25
"""Whose shadow comes closer to the camera is looked for in the whole picture."""
_INSIDE_M = np.float32(-0.03)
"""Cushions give way: what lies so far over a part of the body still gets its shadow."""

# What throws shadow: pairs of joints, with the points between them and how wide they are, m.
_PARTS = (
    (Joint.LEFT_ANKLE, Joint.LEFT_TOE, 2, 0.07, 0.9),
    (Joint.RIGHT_ANKLE, Joint.RIGHT_TOE, 2, 0.07, 0.9),
    (Joint.LEFT_KNEE, Joint.LEFT_ANKLE, 1, 0.1, 0.35),
    (Joint.RIGHT_KNEE, Joint.RIGHT_ANKLE, 1, 0.1, 0.35),
    (Joint.LEFT_HIP, Joint.LEFT_KNEE, 2, 0.1, 0.5),
    (Joint.RIGHT_HIP, Joint.RIGHT_KNEE, 2, 0.1, 0.5),
    (Joint.PELVIS, Joint.CHEST, 3, 0.17, 0.6),
    (Joint.CHEST, Joint.HEAD, 2, 0.14, 0.55),
)


def cast(canvas: Canvas, camera: Camera, posture: Posture, light: Light) -> None:
    """Darken what is below a person; to be called before any person is drawn.

    Every part of the body takes light from the points below it, away from the main light: much and sharply where it is
    near, as a sole is to the floor, and little and widely where it is far. It works on whatever the canvas shows there:
    floor, bed or seat.
    """
    middles, widths, weights = _throwing(posture)
    box = _shadow_box(middles, camera, canvas.depth.shape)
    if box is None:
        return
    left, top, right, bottom = box
    depth = canvas.depth[top:bottom:_COARSE, left:right:_COARSE]
    ground = _points(camera, left, top, depth)
    share = _left_over(ground, middles, widths, weights, light)
    height, width = bottom - top, right - left
    smooth = cv2.resize(share, (width, height), interpolation=cv2.INTER_LINEAR)
    region = canvas.colour[top:bottom, left:right]
    region[:] = cv2.multiply(region, cv2.merge([smooth] * 3), dtype=cv2.CV_8U)


def _throwing(posture: Posture) -> tuple[Points, npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Give points (K, 3) of the body, with width, m, and weight (K,) of each."""
    middles, widths, weights = [], [], []
    for first, last, count, width, weight in _PARTS:
        for share in (np.arange(count) + 0.5) / count:
            middles.append(posture.joints[first] * (1 - share) + posture.joints[last] * share)
            widths.append(width)
            weights.append(weight / count**0.5)
    return np.array(middles), np.array(widths), np.array(weights)


def _shadow_box(middles: Points, camera: Camera, shape: tuple[int, ...]) -> tuple[int, int, int, int] | None:
    """Give the part of the picture, x0, y0, x1, y1 px, that the shadow may touch; None for nothing."""
    low, high = middles.min(axis=0) - _MARGIN_M, middles.max(axis=0) + _MARGIN_M
    sole = middles[:, 2].min()
    heights = (max(0.0, sole - _REACH_M), sole + _REACH_M)
    corners = np.array([(x, y, z) for x in (low[0], high[0]) for y in (low[1], high[1]) for z in heights])
    shown = camera.project(corners)
    if shown[:, 2].max() <= _NEAREST_M:
        return None
    if shown[:, 2].min() <= _NEAREST_M:
        return 0, 0, shape[1], shape[0]
    left, top = (max(0, int(value)) for value in shown[:, :2].min(axis=0))
    right = min(shape[1], int(shown[:, 0].max()) + 1)
    bottom = min(shape[0], int(shown[:, 1].max()) + 1)
    return (left, top, right, bottom) if right - left > 1 and bottom - top > 1 else None


def _points(camera: Camera, left: int, top: int, depth: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Give the points (h, w, 3) of the world that the coarse pixels show."""
    forward, leftwards, up = camera.rotation.T.astype(np.float32)
    rows, columns = depth.shape
    x = left + (np.arange(columns, dtype=np.float32) + 0.5) * _COARSE
    y = top + (np.arange(rows, dtype=np.float32) + 0.5) * _COARSE
    right = (x - np.float32(camera.centre_px[0])) / np.float32(camera.focal_px)
    down = (y - np.float32(camera.centre_px[1])) / np.float32(camera.focal_px)
    rays = forward - right[None, :, None] * leftwards - down[:, None, None] * up
    return np.asarray(camera.position.astype(np.float32) + depth[..., None] * rays, np.float32)


def _left_over(
    ground: npt.NDArray[np.float32],
    middles: Points,
    widths: npt.NDArray[np.float64],
    weights: npt.NDArray[np.float64],
    light: Light,
) -> npt.NDArray[np.float32]:
    """Give the share (h, w) of the light that still reaches points (h, w, 3)."""
    lean = np.array(light.direction[:2], np.float32) / np.float32(max(light.direction[2], 0.45)) * np.float32(0.5)
    left_over = np.ones(ground.shape[:2], np.float32)
    highest = ground[..., 2].max()
    for middle, width, weight in zip(middles.astype(np.float32), widths, weights, strict=True):
        if middle[2] - highest > _REACH_M:
            continue
        drop = middle[2] - ground[..., 2]
        below = np.clip(drop, 0, None)
        x = ground[..., 0] - middle[0] + lean[0] * below
        y = ground[..., 1] - middle[1] + lean[1] * below
        spread = np.float32(2.2 * width) + np.float32(0.4) * below
        aside = np.maximum(1 - (x * x + y * y) / (spread * spread), 0)
        near = np.maximum(1 - below / np.float32(_REACH_M), 0)
        left_over *= 1 - np.float32(_STRENGTH * weight) * np.square(aside * near) * (drop > _INSIDE_M)
    return np.asarray(left_over, np.float32)
