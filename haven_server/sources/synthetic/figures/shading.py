"""Light what is seen of a person and lay it into the picture: Hits, colours, Light -> Canvas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from haven_server.sources.synthetic.canvas import Canvas, Light
from haven_server.sources.synthetic.figures.impostors import Floats32, Hits
from haven_server.sources.synthetic.figures.shapes import Floats

WRAP: Final = (0.32, 0.38, 0.5)
"""b, g, r: how far light reaches round a body, 0 for a hard edge between light and shadow to 1; red furthest, as
through skin, so that shadows are warm."""
FILL: Final = 0.18
"""Brightness of a weak light beside the camera, which keeps faces readable."""
BOUNCE: Final = (0.94, 0.98, 1.06)
"""b, g, r: tint of the light from all sides, which has met warm walls and skin."""
RIM: Final = 0.14
"""Brightness of the light that grazes a body's edge."""
CREVICE_M: Final = 0.09
"""Side of the neighbourhood in which a crevice is looked for."""
CREVICE_DEPTH_M: Final = 0.05
"""How far below its neighbourhood all light is lost that can be lost."""
CREVICE_LOSS: Final = 0.45
"""Share of the light that is lost deep in a crevice."""
SMOOTH_M: Final = 0.07
"""Side of the neighbourhood over which cloth evens out the body below it."""
JUMP_M: Final = 0.025
"""Difference in depth between two pixels that is an edge within the figure."""


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """The part of a picture in which a figure is seen.

    Attributes:
        corner: column and row of its first pixel in the picture.
        depth: (h, w) m, the figure's where it is seen.
        hits: where it is seen.
        pixels_per_m: at the figure's distance.
    """

    corner: tuple[int, int]
    depth: Floats32
    hits: Hits
    pixels_per_m: float


def smoothed(drawn: Drawn, from_hit: int) -> Floats32:
    """Even out the normals (3, N) of all hits from one on, so that limbs flow into one another."""
    normals, pixels = drawn.hits.normals, drawn.hits.pixels[from_hit:]
    side = round(SMOOTH_M * drawn.pixels_per_m)
    if side < 2 or not len(pixels):
        return normals
    evened = normals.copy()
    plane = np.zeros(drawn.depth.shape, np.float32)
    for axis in range(3):
        plane.ravel()[pixels] = normals[axis, from_hit:]
        np.take(cv2.blur(plane, (side, side)), pixels, out=evened[axis, from_hit:])
    part = evened[:, from_hit:]
    part /= np.sqrt((part * part).sum(axis=0)) + np.float32(1e-6)
    return evened


def openness(drawn: Drawn) -> Floats32:
    """Say (N,) how much light reaches each pixel past the figure's own parts round it, up to 1."""
    pixels = drawn.hits.pixels
    side = round(CREVICE_M * drawn.pixels_per_m)
    if side < 3:
        return np.ones(len(pixels), np.float32)
    depth, mask = np.zeros((2, *drawn.depth.shape), np.float32)
    here = drawn.hits.points[2]
    depth.ravel()[pixels] = here
    mask.ravel()[pixels] = 1
    around = np.take(cv2.blur(depth, (side, side)), pixels) / np.take(cv2.blur(mask, (side, side)), pixels)
    lost = np.clip((here - around) * np.float32(1 / CREVICE_DEPTH_M), 0, 1)
    return np.asarray(1 - np.float32(CREVICE_LOSS) * lost)


def lit(
    colours: npt.NDArray[np.uint8], hits: Hits, normals: Floats32, open_: Floats32, light: Light, view: Floats
) -> npt.NDArray[np.uint8]:
    """Light (N, 3) surface colours.

    Args:
        normals: (3, N) in the camera's axes; those of the hits, or smoothed.
        open_: (N,) see ``openness``.
        view: (3, 3) rows right, down and forward of the camera, world axes.
    """
    towards, up = (view @ np.stack([light.direction, (0.0, 0.0, 1.0)], axis=1)).T.astype(np.float32)
    cosine = towards @ normals
    upwards = up @ normals
    points = hits.points
    facing = -(normals * points).sum(axis=0) / np.sqrt((points * points).sum(axis=0))
    edge = np.float32(1) - np.maximum(facing, 0)
    extra = edge * edge * np.float32(RIM) * (np.float32(0.5) + np.float32(0.5) * upwards)
    extra += np.float32(FILL) * np.maximum(facing, 0)
    sky = np.float32(0.84) + np.float32(0.16) * upwards
    painted = np.empty((len(colours), 3), np.uint8)
    for channel in range(3):
        strength = np.maximum(cosine + np.float32(WRAP[channel]), 0)
        strength *= np.float32(light.colour[channel] / (1 + WRAP[channel]))
        strength += sky * np.float32(light.ambient[channel] * BOUNCE[channel])
        strength += extra
        strength *= open_
        strength *= colours[:, channel]
        painted[:, channel] = np.minimum(strength, 255, out=strength)
    return painted


def composed(canvas: Canvas, drawn: Drawn, colours: npt.NDArray[np.uint8], owner: int) -> None:
    """Write lit pixels (N, 3) into the canvas, with soft edges against the room and between parts of the figure."""
    height, width = drawn.depth.shape
    area = np.s_[drawn.corner[1] : drawn.corner[1] + height, drawn.corner[0] : drawn.corner[0] + width]
    pixels = drawn.hits.pixels
    sheet = np.zeros((height, width, 3), np.uint8)
    sheet.reshape(-1, 3)[pixels] = colours
    shown = np.zeros((height, width), np.uint8)
    shown.ravel()[pixels] = 255
    below = cv2.bitwise_and(canvas.colour[area], canvas.colour[area], mask=255 - shown)
    sharp = cv2.add(below, sheet)
    soft = cv2.GaussianBlur(sharp, (3, 3), 0.7)
    square = np.ones((3, 3), np.uint8)
    jumps = cv2.morphologyEx(drawn.depth, cv2.MORPH_GRADIENT, square) > JUMP_M
    near = cv2.dilate(shown, square)
    cv2.copyTo(soft, cv2.bitwise_and(near, jumps.view(np.uint8) * np.uint8(255)), sharp)
    canvas.colour[area] = sharp
    cv2.copyTo(drawn.depth, shown, canvas.depth[area])
    canvas.owner[area][shown > 0] = owner
