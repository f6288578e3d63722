"""Looking up a surface's colour at points of a body: Material, points -> colours."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from haven_server.sources.synthetic.rooms.bodies import Body
from haven_server.sources.synthetic.rooms.materials import Material
from haven_server.sources.synthetic.rooms.rays import Ways
from haven_server.sources.synthetic.rooms.texels import PLANE

Numbers = npt.NDArray[np.float32]
"""(N,) float32."""
Colours = npt.NDArray[np.float32]
"""(N, 3) float32 b, g, r."""

_LINE = 8192
_HALF = np.float32(0.5)
_SHARPER = np.float32(0.3)
"""Levels by which copies are chosen smaller than a pixel needs: a little more blur flickers less."""


def colours(surface: Material, body: Body, side: int, points: Ways, footprint: Numbers) -> Colours:
    """Give the colours of a side, as a screen shows them.

    Args:
        points: (3, N) in the body's own frame.
        footprint: how much of the surface each pixel covers, m; it is read from a copy as fine as that.
    """
    if surface.metres is None:
        columns, lines, metres = _stretched(body, side, points)
        border = cv2.BORDER_REPLICATE
    else:
        columns, lines, metres = _tiled(body, side, points, surface.metres)
        border = cv2.BORDER_WRAP
    texel_m = np.float32(metres / surface.layers[0].shape[1])
    wanted = np.log2(footprint / texel_m) + _SHARPER
    levels = np.clip(wanted, 0, len(surface.layers) - 1).astype(np.int32)
    found = np.empty((levels.size, *surface.layers[0].shape[2:]), np.float32)
    for level in np.unique(levels):
        rows = np.flatnonzero(levels == level)
        layer = surface.layers[level]
        height, width = layer.shape[:2]
        found[rows] = read(layer, columns[rows] * width - _HALF, lines[rows] * height - _HALF, border)
    found *= np.float32(1 / 255)
    if found.ndim == 2:
        return found
    return np.asarray(surface.pair[0] + found[:, None] * (surface.pair[1] - surface.pair[0]), np.float32)


def read(
    picture: npt.NDArray[np.uint8] | npt.NDArray[np.float32], columns: Numbers, lines: Numbers, border: int
) -> npt.NDArray[np.float32]:
    """Read a picture (H, W) or (H, W, 3) at points (N,) between its pixels; OpenCV wants them in short lines."""
    count = columns.size
    width = min(count, _LINE)
    height = -(-count // width)
    x, y = np.zeros(height * width, np.float32), np.zeros(height * width, np.float32)
    x[:count], y[:count] = columns, lines
    found = cv2.remap(picture, x.reshape(height, width), y.reshape(height, width), cv2.INTER_LINEAR, borderMode=border)
    return np.asarray(found, np.float32).reshape(height * width, *picture.shape[2:])[:count]


def _stretched(body: Body, side: int, points: Ways) -> tuple[Numbers, Numbers, float]:
    """Give columns and lines in [0, 1] over a side, upright and not mirrored for who sees it; and its extent, m."""
    u, v = PLANE[side // 2]
    mirrored = -1 if side in (0, 3) else 1
    columns = points[u] / (2 * body.half[u]) * mirrored + _HALF
    lines = _HALF - points[v] / (2 * body.half[v])
    return columns, lines, float(2 * max(body.half[u], body.half[v]))


def _tiled(body: Body, side: int, points: Ways, metres: float) -> tuple[Numbers, Numbers, float]:
    """Give columns and lines counted in tiles, the grain along the side's length; bodies begin elsewhere in a tile."""
    axis = side // 2
    u, v = PLANE[axis]
    if body.half[v] > body.half[u]:
        u, v = v, u
    shift = np.float32(0.37 * axis + 0.11 * (body.lit_as % 7))
    return points[u] / np.float32(metres) + shift, points[v] / np.float32(metres) + shift, metres
