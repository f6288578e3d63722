"""A camera's picture of a room without people: Room, Camera -> Backdrop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from haven_server.sources.synthetic.bodies import Body, Form, bodies_of
from haven_server.sources.synthetic.camera import Camera
from haven_server.sources.synthetic.canvas import Depth
from haven_server.sources.synthetic.lighting import light_up
from haven_server.sources.synthetic.materials import Material
from haven_server.sources.synthetic.rays import Vector, Ways
from haven_server.sources.synthetic.scene import Room
from haven_server.sources.synthetic.texels import PLANE, Sides
from haven_server.types import BGRImage

_BLOCK = 1 << 16
"""Rays that are followed together, so that their arrays stay in the processor's cache."""
_CORNERS = ((-0.25, -0.25), (0.25, -0.25), (-0.25, 0.25), (0.25, 0.25))
_VISIBLE = np.float32(0.025)
"""A step in brightness that an eye would see, of 1."""
_FULL_WIDTH = 1280
TEXEL_M = 0.085
"""Side of the squares of a side that are lit alike."""


@dataclass(frozen=True, slots=True, eq=False)
class Backdrop:
    """What a camera sees of a room.

    Attributes:
        colour: (H, W, 3) uint8 BGR.
        depth: (H, W) float32 m along the optical axis, of each pixel's middle.
    """

    colour: BGRImage
    depth: Depth


@dataclass(frozen=True, slots=True, eq=False)
class Set:
    """A room that is built and lit, ready to be seen from anywhere.

    Attributes:
        bodies: its forms.
        sides: the light on each, by the body's ``lit_as``.
    """

    bodies: tuple[Body, ...]
    sides: Mapping[int, Sides]


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


def _developed(linear: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Turn light into what a screen shows; highlights bow gently to white."""
    shown = np.sqrt(linear)
    over = np.maximum(shown - np.float32(0.72), 0)
    return np.asarray(shown - over + over / (1 + over * np.float32(3.2)), np.float32)


def _seams(shown: npt.NDArray[np.float32], sides: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
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


def _look(
    stage: Set, camera: Camera, x: npt.NDArray[np.float32], y: npt.NDArray[np.float32]
) -> tuple[npt.NDArray[np.float32], Depth, npt.NDArray[np.int32]]:
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
        linear[part], sides[part] = _shaded(stage, position, ways, depth[part], owners, camera.focal_px)
    return linear, depth, sides


def _picture_boxes(bodies: Sequence[Body], camera: Camera) -> list[tuple[float, float, float, float] | None]:
    """Give where in the picture each body may lie, x0, y0, x1, y1 px; None for nowhere."""
    signs = np.array(np.meshgrid([-1, 1], [-1, 1], [-1, 1])).reshape(3, 8)
    boxes: list[tuple[float, float, float, float] | None] = []
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
    boxes: Sequence[tuple[float, float, float, float] | None],
    position: Vector,
    ways: Ways,
    x: npt.NDArray[np.float32],
    y: npt.NDArray[np.float32],
) -> tuple[Depth, npt.NDArray[np.int32]]:
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


def _shaded(
    stage: Set,
    position: Vector,
    ways: Ways,
    depth: Depth,
    owners: npt.NDArray[np.int32],
    focal_px: float,
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int32]]:
    """Give the light (N, 3) that rays bring from where they end, and the numbers (N,) of the sides there."""
    linear = np.zeros((owners.size, 3), np.float32)
    sides = np.empty(owners.size, np.int32)
    order = np.argsort(owners, kind="stable")
    rows, starts = np.unique(owners[order], return_index=True)
    for row, rays in zip(rows, np.split(order, starts[1:]), strict=True):
        body = stage.bodies[row]
        way, t = ways[:, rays], depth[rays]
        points = position[:, None] + t * way
        own = body.to_own(points)
        normals = body.normals(own)
        inwards = body.form in (Form.ROOM, Form.CORRIDOR)
        weights = normals * normals
        facing = ((-normals if inwards else normals) > 0).astype(np.int32)
        axis = weights.argmax(axis=0)
        main = 2 * axis + np.take_along_axis(facing, axis[None], axis=0)[0]
        length = np.sqrt((way * way).sum(axis=0))
        slant = np.abs(((body.axes.T @ way) * normals).sum(axis=0)) / length
        footprint = t / np.float32(focal_px) / np.sqrt(np.maximum(slant, 0.04))
        sides[rays] = row * 8 + main
        glow = _light_on(stage, body, points, normals, inwards)
        for side in np.unique(main):
            these = np.flatnonzero(main == side)
            surface = body.faces[side]
            albedo = _colours(surface, body, int(side), own[:, these], footprint[these])
            light = glow[these]
            seen = np.square(albedo) * light
            if surface.glow:
                seen = np.square(albedo) * _from_within(surface, slant[these])
            if surface.gloss:
                shine = np.float32(surface.gloss) * (1 - slant[these]) ** 4
                seen += (shine[:, None] * (np.float32(0.25) + np.float32(0.35) * light)).astype(np.float32)
            linear[rays[these]] = seen
    return linear, sides


def _from_within(surface: Material, slant: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Give the light (N, 1) that a surface gives off to the eye: a lampshade's less towards its outline."""
    if surface.sun or surface.metres is None:
        return np.full((slant.size, 1), surface.glow, np.float32)
    return np.asarray((np.float32(0.75) + np.float32(0.85) * slant)[:, None], np.float32)


def _light_on(stage: Set, body: Body, points: Ways, normals: Ways, inwards: bool) -> npt.NDArray[np.float32]:
    """Give the light (N, 3) at points of a body: its sides' light, mixed by the normal as a round edge turns."""
    holder, glows = stage.bodies[body.lit_as], stage.sides[body.lit_as]
    if holder is not body:
        normals = np.asarray(holder.axes.T @ (body.axes @ normals), np.float32)
    places = holder.to_own(points) / holder.half[:, None]
    weights = normals * normals
    facing = ((-normals if inwards else normals) > 0).astype(np.int32)
    total = np.zeros((points.shape[1], 3), np.float32)
    for side in range(6):
        axis = side // 2
        rows = np.flatnonzero((weights[axis] > 0.004) & (facing[axis] == side % 2))
        if not rows.size:
            continue
        u, v = PLANE[axis]
        glow = glows[side]
        height, width = glow.shape[:2]
        column = (places[u, rows] * np.float32(0.5) + np.float32(0.5)) * width - np.float32(0.5)
        line = (places[v, rows] * np.float32(0.5) + np.float32(0.5)) * height - np.float32(0.5)
        total[rows] += _read(glow, column, line, cv2.BORDER_REPLICATE) * weights[axis, rows, None]
    return total


def _colours(
    surface: Material, body: Body, side: int, own: Ways, footprint: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """Give the colours (N, 3) of a side at its own points, read from copies as fine as each pixel needs."""
    axis = side // 2
    u, v = PLANE[axis]
    if surface.metres is None:
        flip = -1 if side in (0, 3) else 1
        columns = own[u] / (2 * body.half[u]) * flip + np.float32(0.5)
        lines = np.float32(0.5) - own[v] / (2 * body.half[v])
        metres = float(2 * max(body.half[u], body.half[v]))
    else:
        if (body.half[v] > body.half[u] and axis != 2) or (axis == 2 and body.half[v] > body.half[u]):
            u, v = v, u
        metres = surface.metres
        shift = np.float32(0.37 * axis + 0.11 * (body.lit_as % 7))
        columns, lines = own[u] / np.float32(metres) + shift, own[v] / np.float32(metres) + shift
    texel = metres / surface.layers[0].shape[1]
    levels = np.clip(np.log2(footprint / np.float32(texel)) + np.float32(0.3), 0, len(surface.layers) - 1).astype(
        np.int32
    )
    shape = (own.shape[1], surface.layers[0].shape[2]) if surface.layers[0].ndim == 3 else (own.shape[1],)
    found = np.empty(shape, np.float32)
    border = cv2.BORDER_REPLICATE if surface.metres is None else cv2.BORDER_WRAP
    for level in np.unique(levels):
        rows = np.flatnonzero(levels == level)
        layer = surface.layers[level]
        half = np.float32(0.5)
        found[rows] = _read(layer, columns[rows] * layer.shape[1] - half, lines[rows] * layer.shape[0] - half, border)
    found *= np.float32(1 / 255)
    if found.ndim == 2:
        return found
    return np.asarray(surface.pair[0] + found[:, None] * (surface.pair[1] - surface.pair[0]), np.float32)


_LINE = 8192


def _read(
    picture: npt.NDArray[np.uint8] | npt.NDArray[np.float32],
    column: npt.NDArray[np.float32],
    line: npt.NDArray[np.float32],
    border: int,
) -> npt.NDArray[np.float32]:
    """Read a picture at points (N,) between its pixels; OpenCV wants them in lines of less than 32768."""
    count = column.size
    lines = -(-count // _LINE)
    width = min(count, _LINE)
    x, y = np.zeros(lines * width, np.float32), np.zeros(lines * width, np.float32)
    x[:count], y[:count] = column, line
    found = cv2.remap(picture, x.reshape(lines, width), y.reshape(lines, width), cv2.INTER_LINEAR, borderMode=border)
    return np.asarray(found.reshape(lines * width, -1)[:count].squeeze(), np.float32).reshape(
        (count, 3) if picture.ndim == 3 else (count,)
    )
