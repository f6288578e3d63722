"""The soft shadow of a person on what lies below: posture -> darker floor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np
import numpy.typing as npt

from haven_server.sources.synthetic.camera import Camera, Points
from haven_server.sources.synthetic.canvas import Canvas, Depth, Light, Window
from haven_server.sources.synthetic.skeleton import Joint, Posture

Floats = npt.NDArray[np.float64]
Ground = npt.NDArray[np.float32]
"""(3, N) or (3, h, w) points of the world, m."""
Share = npt.NDArray[np.float32]
"""(N,) or (h, w) of the light, in [0, 1]."""

_CELL = 4
"""Pixels a side that are darkened alike, before smoothing."""
_STRENGTH = 0.5
_REACH_M = 0.9
"""How far below a part of the body its shadow ends."""
_NEAREST_M = 0.25
"""Whose shadow comes closer to the camera is looked for in the whole picture."""
_INSIDE_M = 0.03
"""Cushions give way: what lies so far over a part of the body still gets its shadow."""
_SPREAD, _SPREAD_BELOW = 2.2, 0.4
"""Radius of a shadow: in widths of what throws it, and per metre of the way down."""

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


@dataclass(frozen=True, slots=True, eq=False)
class _Parts:
    """Points of a body that throw shadow.

    Attributes:
        middles: (K, 3) m.
        widths, weights: (K,) m, and how much light they take.
        lean: (2,) x, y: how far their shadows lie aside per metre of the way down.
        low, high: (2,) x, y, m, between which all their shadows fall.
    """

    middles: Points
    widths: Floats
    weights: Floats
    lean: Floats
    low: Floats
    high: Floats

    @classmethod
    def of(cls, posture: Posture, light: Light) -> Self:
        """Spread them over the body."""
        middles, widths, weights = [], [], []
        for first, last, count, width, weight in _PARTS:
            for share in (np.arange(count) + 0.5) / count:
                middles.append(posture.joints[first] * (1 - share) + posture.joints[last] * share)
                widths.append(width)
                weights.append(weight / count**0.5)
        points = np.array(middles)
        lean = 0.5 * np.array(light.direction[:2]) / max(light.direction[2], 0.45)
        reach, aside = _SPREAD * max(widths) + _SPREAD_BELOW * _REACH_M, lean * _REACH_M
        low = points[:, :2].min(axis=0) - np.maximum(aside, 0) - reach
        high = points[:, :2].max(axis=0) - np.minimum(aside, 0) + reach
        return cls(points, np.array(widths), np.array(weights), lean, low, high)


def cast(canvas: Canvas, camera: Camera, posture: Posture, light: Light) -> None:
    """Darken what is below a person; to be called before any person is drawn.

    Every part of the body takes light from the points below it, away from the main light: much and sharply where it is
    near, as a sole is to the floor, and little and widely where it is far. It works on whatever the canvas shows there:
    floor, bed or seat.
    """
    parts = _Parts.of(posture, light)
    left, top, right, bottom = _cells(parts, camera)
    if left >= right or top >= bottom:
        return
    depth = canvas.depth[top * _CELL : bottom * _CELL : _CELL, left * _CELL : right * _CELL : _CELL]
    ground = _points(camera, left, top, depth)
    low, high = (corner.astype(np.float32)[:, None, None] for corner in (parts.low, parts.high))
    below = ((ground[:2] > low) & (ground[:2] < high)).all(axis=0)
    share = np.ones(depth.shape, np.float32)
    share[below] = _left_over(ground[:, below], parts)
    _darken(canvas, share, (left, top))


def _cells(parts: _Parts, camera: Camera) -> Window:
    """Give the part of the picture that the shadow may touch, counted in cells; empty where there is none."""
    sole = parts.middles[:, 2].min()
    levels = (max(0.0, sole - _REACH_M), sole + _REACH_M)
    sides = np.stack([parts.low, parts.high])
    shown = camera.project(np.array([(x, y, z) for x in sides[:, 0] for y in sides[:, 1] for z in levels]))
    columns, rows = -(-camera.width // _CELL), -(-camera.height // _CELL)
    if shown[:, 2].max() <= _NEAREST_M:
        return 0, 0, 0, 0
    if shown[:, 2].min() <= _NEAREST_M:
        return 0, 0, columns, rows
    left, top = (max(0, int(value)) for value in shown[:, :2].min(axis=0) // _CELL)
    right, bottom = (int(value) for value in shown[:, :2].max(axis=0) // _CELL + 1)
    return left, top, min(right, columns), min(bottom, rows)


def _points(camera: Camera, left: int, top: int, depth: Depth) -> Ground:
    """Give the points (3, h, w) that cells from a left and a top one on show."""
    forward, leftwards, up = camera.rotation.T.astype(np.float32)[:, :, None, None]
    rows, columns = depth.shape
    x = (left + np.arange(columns, dtype=np.float32) + np.float32(0.5)) * np.float32(_CELL)
    y = (top + np.arange(rows, dtype=np.float32) + np.float32(0.5)) * np.float32(_CELL)
    right = (x - np.float32(camera.centre_px[0])) / np.float32(camera.focal_px)
    down = (y - np.float32(camera.centre_px[1])) / np.float32(camera.focal_px)
    rays = forward - right * leftwards - down[:, None] * up
    return np.asarray(camera.position.astype(np.float32)[:, None, None] + depth * rays, np.float32)


def _left_over(ground: Ground, parts: _Parts) -> Share:
    """Give the share (N,) of the light that still reaches points (3, N)."""
    lean = parts.lean.astype(np.float32)
    left_over = np.ones(ground.shape[1], np.float32)
    for middle, width, weight in zip(parts.middles.astype(np.float32), parts.widths, parts.weights, strict=True):
        drop = middle[2] - ground[2]
        if drop.min(initial=_REACH_M) >= _REACH_M:
            continue
        below = np.maximum(drop, 0)
        x = ground[0] - middle[0] + lean[0] * below
        y = ground[1] - middle[1] + lean[1] * below
        spread = np.float32(_SPREAD * width) + np.float32(_SPREAD_BELOW) * below
        aside = np.maximum(1 - (x * x + y * y) / (spread * spread), 0)
        near = np.maximum(1 - below / np.float32(_REACH_M), 0)
        left_over *= 1 - np.float32(_STRENGTH * weight) * np.square(aside * near) * (drop > -_INSIDE_M)
    return left_over


def _darken(canvas: Canvas, share: Share, corner: tuple[int, int]) -> None:
    """Leave of the light what is left over, cell by cell from a corner cell on."""
    rows, columns = np.nonzero(share < 1)
    if not len(rows):
        return
    # One cell more on every side: between the middles of cells the light changes softly.
    first_row, first_column = max(int(rows[0]) - 1, 0), max(int(columns.min()) - 1, 0)
    dark = share[first_row : int(rows[-1]) + 2, first_column : int(columns.max()) + 2]
    left, top = (corner[0] + first_column) * _CELL, (corner[1] + first_row) * _CELL
    height, width = canvas.depth.shape
    right, bottom = min(left + dark.shape[1] * _CELL, width), min(top + dark.shape[0] * _CELL, height)
    smooth = cv2.resize(dark, (right - left, bottom - top), interpolation=cv2.INTER_LINEAR)
    region = canvas.colour[top:bottom, left:right]
    region[:] = cv2.multiply(region, cv2.merge([smooth] * 3), dtype=cv2.CV_8U)
    canvas.touched.append((left, top, right, bottom))
