"""How light falls into a room: bodies -> the light on every side of each.

Light comes straight from windows and lamps, with soft shadows since both are wide, and from all around, where what
stands near takes light away and gives back some in its own colour.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from haven_server.sources.synthetic.bodies import Body, Form
from haven_server.sources.synthetic.canvas import Light
from haven_server.sources.synthetic.rays import Ways, box_spans, leave_box

Glow = npt.NDArray[np.float32]
"""(h, w, 3) float32 b, g, r over a side: the light on it, 1 on paper in a well-lit room, linear."""
Sides = tuple[Glow, ...]
"""The light on the sides -x, +x, -y, +y, -z, +z; rows go along v, columns along u of ``PLANE``."""

PLANE = ((1, 2), (0, 2), (0, 1))
"""Which axes are u and v of a side, by the axis that it looks along."""

_LIFT_M = 0.004
_NEAR_M = 1.5
_WAYS = 20
_AMBIENT_GAIN, _DIRECT_GAIN = 1.45, 0.75
_INDOORS = np.float32(0.5)
_PIERCED = np.float32(0.035)  # thinner bodies shade nothing that lies inside them


@dataclass(frozen=True, slots=True, eq=False)
class _Texels:
    """Small squares of all sides.

    Attributes:
        points, normals: (3, T) world.
        frames: (T,) rows of ``axes``: (F, 3, 3) side's u, v, normal as columns.
        shapes: of the sides, in order.
    """

    points: Ways
    normals: Ways
    frames: npt.NDArray[np.int64]
    axes: npt.NDArray[np.float32]
    shapes: list[tuple[int, int]]


def light_up(bodies: Sequence[Body], light: Light, texel_m: float) -> tuple[Sides, ...]:
    """Work out the light on every body but leaves.

    Args:
        bodies: as ``bodies_of`` gives them.
        light: how much comes straight and from all around.
        texel_m: side of the squares that are lit alike.
    """
    lit = [body for row, body in enumerate(bodies) if body.lit_as == row]
    texels = _texels(lit, texel_m)
    solids = [body for body in lit if body.form not in (Form.ROOM, Form.CORRIDOR) and body.faces[0].glow == 0]
    ambient = np.square(np.array(light.ambient, np.float32)) * np.float32(_AMBIENT_GAIN)
    total = _from_around(texels, lit[0], solids) * ambient[:, None]
    total += _straight(texels, lit, solids, light)
    return tuple(_as_sides(lit, texels, total))


def _texels(lit: Sequence[Body], texel_m: float) -> _Texels:
    """Divide all sides into squares."""
    points, normals, frames, axes = [], [], [], []
    shapes: list[tuple[int, int]] = []
    for body in lit:
        for side in range(6):
            axis, sign = side // 2, 1 if side % 2 else -1
            u, v = PLANE[axis]
            coarse = texel_m * (1.0 if side == 4 or body.form is not Form.ROOM else 1.5)
            columns, rows = (int(np.clip(np.ceil(2 * body.half[at] / coarse), 2, 128)) for at in (u, v))
            own = np.empty((3, rows, columns), np.float32)
            own[u] = ((np.arange(columns) + 0.5) / columns * 2 - 1) * body.half[u]
            own[v] = (((np.arange(rows) + 0.5) / rows * 2 - 1) * body.half[v])[:, None]
            facing = -sign if body.form in (Form.ROOM, Form.CORRIDOR) else sign
            own[axis] = sign * body.half[axis] + facing * _LIFT_M
            points.append(body.axes @ own.reshape(3, -1) + body.centre[:, None])
            normal = body.axes[:, axis] * facing
            normals.append(np.broadcast_to(normal[:, None], (3, rows * columns)))
            frames.append(np.full(rows * columns, len(shapes)))
            axes.append(np.stack([body.axes[:, u], body.axes[:, v], normal], axis=1))
            shapes.append((rows, columns))
    return _Texels(
        np.concatenate(points, axis=1).astype(np.float32),
        np.concatenate(normals, axis=1).astype(np.float32),
        np.concatenate(frames),
        np.stack(axes).astype(np.float32),
        shapes,
    )


def _hemisphere() -> npt.NDArray[np.float32]:
    """Give directions (3, R) round z that are as dense as light from all around falls in, with cosine."""
    index = np.arange(_WAYS)
    radius, turn = np.sqrt((index + 0.5) / _WAYS), index * 2.39996
    return np.stack([radius * np.cos(turn), radius * np.sin(turn), np.sqrt(1 - radius**2)]).astype(np.float32)


def _from_around(texels: _Texels, room: Body, solids: Sequence[Body]) -> npt.NDArray[np.float32]:
    """Give the share (3, T) of the light from all around that arrives, coloured by what stands near."""
    count = texels.points.shape[1]
    ways = (texels.axes @ _hemisphere())[texels.frames].transpose(1, 0, 2)  # (3, T, R)
    starts = np.broadcast_to(texels.points[:, :, None], ways.shape)
    own = texels.points - room.centre[:, None]
    wall_t = leave_box(room.half, np.repeat(own, _WAYS, axis=1), ways.reshape(3, -1)).reshape(count, _WAYS)
    reached = np.where(np.isfinite(wall_t), wall_t, 9)
    struck = np.zeros((count, _WAYS), np.int64)
    colours = [room.faces[0].mean ** 2]
    for body in solids:
        colours.append(body.faces[5].mean ** 2)
        reach = _NEAR_M + float(np.sqrt((body.half**2).sum()))
        near = np.flatnonzero(((texels.points - body.centre[:, None]) ** 2).sum(axis=0) < reach * reach)
        if not near.size:
            continue
        start = body.to_own(starts[:, near].reshape(3, -1))
        entry, leave = box_spans(_shading_half(body), start, body.axes.T @ ways[:, near].reshape(3, -1))
        met = (entry <= leave) & (leave > 0) & ((entry > 0) | (body.half.min() > _PIERCED))
        t = np.where(met, np.maximum(entry, 0), 9).reshape(-1, _WAYS)
        nearer = t < reached[near]
        reached[near] = np.where(nearer, t, reached[near])
        struck[near] = np.where(nearer, len(colours) - 1, struck[near])
    freedom = np.clip(reached / _NEAR_M, 0, 1)
    freedom = freedom * (2 - freedom)
    back = np.stack(colours).astype(np.float32)[struck] * _INDOORS
    share = freedom[..., None] + (1 - freedom[..., None]) * back
    return np.asarray(share.mean(axis=1).T, np.float32)


def _shading_half(body: Body) -> npt.NDArray[np.float32]:
    """Give half the box that shades like a body: round ones and plants fill less than theirs."""
    fill = {Form.BOX: 1.0, Form.CYLINDER: 0.88, Form.ELLIPSOID: 0.75, Form.PLANT: 0.5}[body.form]
    return np.asarray(body.half * np.float32(fill))


def _straight(texels: _Texels, lit: Sequence[Body], solids: Sequence[Body], light: Light) -> npt.NDArray[np.float32]:
    """Give the light (3, T) that comes straight from windows and lamps."""
    total = np.zeros(texels.points.shape, np.float32)
    for body in lit:
        if body.faces[0].glow > 0 or body.faces[2].glow > 0:
            for point, towards, colour in _samples(body, lit[0]):
                total += _from_point(texels, solids, point, towards) * colour[:, None]
    level = float(total.mean())
    if level > 0:
        total *= np.float32(_DIRECT_GAIN / level) / 3
    colour = np.square(np.array(light.colour, np.float32))
    return np.asarray(np.minimum(total * 3, 7) * colour[:, None], np.float32)


def _samples(body: Body, room: Body) -> Iterator[tuple[Ways, Ways | None, npt.NDArray[np.float32]]]:
    """Give points (3,) that stand for what glows, the way it looks (None: every way) and the light of each."""
    thin = int(body.half.argmin())
    glow = max(face.glow for face in body.faces)
    if body.form is not Form.BOX or body.half[thin] * 4 > np.median(body.half):
        yield body.centre, None, body.faces[0].mean * np.float32(glow * 0.7)
        return
    towards = body.axes[:, thin] * np.sign((room.centre - body.centre) @ body.axes[:, thin])
    u, v = (axis for axis in range(3) if axis != thin)
    area = float(4 * body.half[u] * body.half[v])
    for across in (-0.6, 0.0, 0.6):
        for along in (-0.55, 0.55):
            offset = body.axes[:, u] * (across * body.half[u]) + body.axes[:, v] * (along * body.half[v])
            point = body.centre + offset + towards * np.float32(0.05)
            yield point.astype(np.float32), towards.astype(np.float32), np.full(3, glow * area / 6, np.float32)


def _from_point(texels: _Texels, solids: Sequence[Body], point: Ways, towards: Ways | None) -> npt.NDArray[np.float32]:
    """Give the light (T,) from one point."""
    way = point[:, None] - texels.points
    square = (way * way).sum(axis=0) + np.float32(0.12)
    distance = np.sqrt(square)
    falling = (way * texels.normals).sum(axis=0) / distance
    if towards is not None:
        falling = falling * np.maximum(-(way * towards[:, None]).sum(axis=0) / distance, 0)
    rows = np.flatnonzero(falling > 1e-4)
    amount = np.zeros(distance.shape, np.float32)
    free = np.ones(rows.size, np.bool_)
    starts, ways = texels.points[:, rows], way[:, rows]
    for body in solids:
        if body.half.max() < 0.1:
            continue
        entry, leave = box_spans(_shading_half(body), body.to_own(starts), body.axes.T @ ways)
        free &= ~((entry <= leave) & (entry < 0.98) & (leave > 0.0) & ((entry > 0) | (body.half.min() > _PIERCED)))
    amount[rows] = falling[rows] / square[rows] * free
    return amount


def _as_sides(lit: Sequence[Body], texels: _Texels, total: npt.NDArray[np.float32]) -> Iterator[Sides]:
    """Cut the light of all squares into sides again, a little softened; corridors are dim."""
    ends = np.cumsum([rows * columns for rows, columns in texels.shapes])[:-1]
    parts = np.split(np.ascontiguousarray(total.T), ends)
    for row, body in enumerate(lit):
        sides = []
        for side in range(6):
            index = row * 6 + side
            rows, columns = texels.shapes[index]
            glow = parts[index].reshape(rows, columns, 3)
            if body.form is Form.CORRIDOR:
                glow = _dim(body, texels.points[:, texels.frames == index]).reshape(rows, columns, 3)
            sides.append(np.asarray(cv2.GaussianBlur(glow, (3, 3), 0.8, borderType=cv2.BORDER_REPLICATE), np.float32))
        yield tuple(sides)


def _dim(corridor: Body, points: Ways) -> npt.NDArray[np.float32]:
    """Give the light (T, 3) in a corridor, which comes from its doorway."""
    gate = corridor.gates[0]
    sill = np.zeros(3, np.float32)
    sill[gate.axis], sill[1 - gate.axis], sill[2] = gate.level, sum(gate.span) / 2, gate.height_m * 0.4
    distance = np.sqrt(((points - sill[:, None]) ** 2).sum(axis=0))
    level = 0.16 + 0.34 / (1 + (distance / 0.9) ** 2)
    return np.asarray(level[:, None] * np.array([0.86, 0.96, 1.08], np.float32), np.float32)
