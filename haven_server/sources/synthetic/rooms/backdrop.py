"""A camera's picture of a room without people: Room, Camera -> Backdrop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from haven_server.sources.synthetic.camera import Camera
from haven_server.sources.synthetic.canvas import Depth
from haven_server.sources.synthetic.rooms.appearance import Rows, Set, shaded
from haven_server.sources.synthetic.rooms.bodies import Body, Form, bodies_of
from haven_server.sources.synthetic.rooms.lighting import light_up
from haven_server.sources.synthetic.rooms.rays import Vector, Ways
from haven_server.sources.synthetic.rooms.surfaces import Colours, Numbers
from haven_server.sources.synthetic.scene import Room
from haven_server.types import BGRImage

PictureBox = tuple[float, float, float, float]
"""x0, y0, x1, y1, px."""

_BLOCK = 1 << 16
"""Rays that are followed together, so that their arrays stay in the processor's cache."""
_CORNERS = ((-0.25, -0.25), (0.25, -0.25), (-0.25, 0.25), (0.25, 0.25))
_VISIBLE = np.float32(0.025)
"""A step in brightness that an eye would see, of 1."""
_FULL_WIDTH = 1280

TEXEL_M = 0.085
"""Side of the squares that are lit alike."""


@dataclass(frozen=True, slots=True, eq=False)
class Backdrop:
    """What a camera sees of a room.

    Attributes:
        colour: (H, W, 3) uint8 BGR.
        depth: (H, W) float32 m along the optical axis, of each pixel's middle.
    """

    colour: BGRImage
    depth: Depth


def build(room: Room, texel_m: float = TEXEL_M) -> Set:
    """Build a room and light it; worth keeping where several cameras look into one room.

    Args:
        texel_m: how finely light is told apart; coarse is quick.
    """
    bodies = bodies_of(room)
    return Set(bodies, light_up(bodies, room.light, texel_m))


def draw_backdrop(room: Room, camera: Camera) -> Backdrop:
    """Draw a room as a camera sees it, in a small picture with coarser light."""
    return photograph(build(room, TEXEL_M * float(np.clip(_FULL_WIDTH / camera.width, 1, 1.7))), camera)


def photograph(stage: Set, camera: Camera) -> Backdrop:
    """Draw a built room as a camera sees it.

    Every pixel is looked up once through its middle; where two forms or sides meet visibly, four times.
    """
    shape = (camera.height, camera.width)
    y, x = (axis.ravel().astype(np.float32) + np.float32(0.5) for axis in np.indices(shape, np.int32))
    linear, depth, sides = _look(stage, camera, x, y)
    shown = _developed(linear)
    seams = np.flatnonzero(_seams(shown.reshape(*shape, 3), sides.reshape(shape)))
    total = np.zeros((seams.size, 3), np.float32)
    for right, down in _CORNERS:
        part, _, _ = _look(stage, camera, x[seams] + np.float32(right), y[seams] + np.float32(down))
        total += _developed(part)
    shown[seams] = total / len(_CORNERS)
    colour = np.asarray(np.clip(shown * 255 + np.float32(0.5), 0, 255), np.uint8)
    return Backdrop(colour.reshape(*shape, 3), depth.reshape(shape))


def _developed(linear: Colours) -> Colours:
    """Turn light into what a screen shows; highlights bow gently to white."""
    shown = np.sqrt(linear)
    over = np.maximum(shown - np.float32(0.72), 0)
    return np.asarray(shown - over + over / (1 + over * np.float32(3.2)), np.float32)


def _seams(shown: npt.NDArray[np.float32], sides: Rows) -> npt.NDArray[np.bool_]:
    """Mark the pixels (H, W) that have a neighbour of another colour on another form or side."""
    seams = np.zeros(sides.shape, np.bool_)
    green = shown[..., 1]
    across = (sides[:, 1:] != sides[:, :-1]) & (np.abs(green[:, 1:] - green[:, :-1]) > _VISIBLE)
    down = (sides[1:] != sides[:-1]) & (np.abs(green[1:] - green[:-1]) > _VISIBLE)
    seams[:, 1:] |= across
    seams[:, :-1] |= across
    seams[1:] |= down
    seams[:-1] |= down
    return seams


def _look(stage: Set, camera: Camera, x: Numbers, y: Numbers) -> tuple[Colours, Depth, Rows]:
    """Follow rays through points (N,) of the picture, in ascending y.

    Returns:
        Light (N, 3), depth (N,) and a number (N,) for what is seen: 8 * row of the body + its side.
    """
    boxes = _picture_boxes(stage.bodies, camera)
    linear = np.empty((x.size, 3), np.float32)
    depth, sides = np.empty(x.size, np.float32), np.empty(x.size, np.int32)
    forward, left, up = (camera.rotation.T).astype(np.float32)
    position = camera.position.astype(np.float32)
    for first in range(0, x.size, _BLOCK):
        part = slice(first, first + _BLOCK)
        right = (x[part] - np.float32(camera.centre_px[0])) / np.float32(camera.focal_px)
        down = (y[part] - np.float32(camera.centre_px[1])) / np.float32(camera.focal_px)
        ways = forward[:, None] - left[:, None] * right - up[:, None] * down
        depth[part], owners = _nearest(stage.bodies, boxes, position, ways, x[part], y[part])
        linear[part], sides[part] = shaded(stage, position, ways, depth[part], owners, camera.focal_px)
    return linear, depth, sides


def _picture_boxes(bodies: Sequence[Body], camera: Camera) -> list[PictureBox | None]:
    """Give where in the picture each body may lie, x0, y0, x1, y1 px; None for nowhere."""
    signs = np.array(np.meshgrid([-1, 1], [-1, 1], [-1, 1])).reshape(3, 8)
    boxes: list[PictureBox | None] = []
    for body in bodies:
        corners = (body.axes @ (signs * body.half[:, None])).T + body.centre
        shown = camera.project(corners)
        if body.form in (Form.ROOM, Form.CORRIDOR) or (shown[:, 2].min() < 0.05 < shown[:, 2].max()):
            boxes.append((-np.inf, -np.inf, np.inf, np.inf))
        elif body.form is Form.PLANT or shown[:, 2].max() <= 0.05:
            boxes.append(None)
        else:
            boxes.append((*(shown[:, :2].min(axis=0) - 1), *(shown[:, :2].max(axis=0) + 1)))
    return boxes


def _nearest(
    bodies: Sequence[Body],
    boxes: Sequence[PictureBox | None],
    position: Vector,
    ways: Ways,
    x: Numbers,
    y: Numbers,
) -> tuple[Depth, Rows]:
    """Give the depth (N,) of what each ray meets first, and the row (N,) of its body."""
    depth = np.full(x.size, np.inf, np.float32)
    owners = np.zeros(x.size, np.int32)
    for row, (body, box) in enumerate(zip(bodies, boxes, strict=True)):
        if box is None:
            continue
        low, high = np.searchsorted(y, np.array((box[1], box[3]), np.float32))
        rays = low + np.flatnonzero((x[low:high] > box[0]) & (x[low:high] < box[2]))
        if not rays.size:
            continue
        t = body.meet(position, ways[:, rays])
        nearer = t < depth[rays]
        rays = rays[nearer]
        depth[rays], owners[rays] = t[nearer], row
    return depth, owners
