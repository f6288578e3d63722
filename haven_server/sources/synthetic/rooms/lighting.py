"""How light falls into a room: bodies -> the light on every side of each.

Light comes straight from windows and lamps, with soft shadows since both are wide; from the sun through some windows;
and from all around, where what stands near takes light away and gives back some in its own colour.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from haven_server.sources.synthetic.canvas import Light
from haven_server.sources.synthetic.rooms.bodies import Body, Form
from haven_server.sources.synthetic.rooms.occlusion import Occluders
from haven_server.sources.synthetic.rooms.rays import Vector, Ways, leave_box
from haven_server.sources.synthetic.rooms.texels import Sides, Texels

Brightness = npt.NDArray[np.float32]
"""(3, T) float32 b, g, r of the light on texels, linear."""

_NEAR_M = 1.5
"""What stands farther off takes no light."""
_WAYS = 20
"""Rays per texel for the light from all around."""
_AMBIENT_GAIN, _DIRECT_GAIN = 1.45, 0.75
"""Light on a texel in the open and, on average, straight from windows and lamps, where a room's ``Light`` is 1."""
_BRIGHTEST = np.float32(7)
_BOUNCE = np.float32(0.5)
_SUN = np.array([0.50, 0.76, 1.0], np.float32)
_CORRIDOR_TEXEL_M = 0.2
_LEAST_MEDIAN_M = 0.028
"""Rods and boards half as thick take no light from others, as far as one sees."""


def light_up(bodies: Sequence[Body], light: Light, texel_m: float) -> dict[int, Sides]:
    """Work out the light on every body but leaves.

    Args:
        bodies: as ``bodies_of`` gives them.
        light: how much comes straight and from all around.
        texel_m: side of the squares that are lit alike.
    Returns:
        By the row of the body.
    """
    corridors = [row for row, body in enumerate(bodies) if body.form is Form.CORRIDOR]
    lit = [row for row, body in enumerate(bodies) if body.lit_as == row and body.form is not Form.CORRIDOR]
    chosen = [bodies[row] for row in lit]
    texels = Texels.of(chosen, texel_m)
    ambient = np.square(np.array(light.ambient, np.float32)) * np.float32(_AMBIENT_GAIN)
    solids = [body for body in chosen if _shades(body)]
    total = _from_around(texels, chosen[0], solids) * ambient[:, None]
    total += _straight(texels, chosen, solids, light)
    sides = dict(zip(lit, texels.sides(total), strict=True))
    for row in corridors:
        texels = Texels.of([bodies[row]], _CORRIDOR_TEXEL_M)
        sides[row] = next(texels.sides(_in_corridor(bodies[row], texels.points, ambient)))
    return sides


def _shades(body: Body) -> bool:
    """Say whether a body takes light from others."""
    return body.form is not Form.ROOM and _glow(body) == 0 and float(np.median(body.half)) > _LEAST_MEDIAN_M


def _glow(body: Body) -> float:
    """Say how strongly a body gives off light."""
    return max(face.glow for face in body.faces)


def _hemisphere() -> Ways:
    """Give directions (3, R) round z that are as dense as light from all around falls in, with cosine."""
    index = np.arange(_WAYS)
    radius, turn = np.sqrt((index + 0.5) / _WAYS), index * 2.39996
    return np.stack([radius * np.cos(turn), radius * np.sin(turn), np.sqrt(1 - radius**2)]).astype(np.float32)


def _from_around(texels: Texels, room: Body, solids: Sequence[Body]) -> Brightness:
    """Give the share of the light from all around that arrives, coloured by what stands near."""
    count = texels.points.shape[1]
    ways = np.ascontiguousarray((texels.axes @ _hemisphere())[texels.frames].transpose(1, 0, 2))  # (3, T, R)
    start = np.repeat(texels.points - room.centre[:, None], _WAYS, axis=1)
    to_wall = np.nan_to_num(leave_box(room.half, start, ways.reshape(3, -1)), posinf=0).reshape(count, _WAYS)
    reached, stopped_by = Occluders(solids).first_met(texels.points, ways, _NEAR_M)
    stopped_by[to_wall < reached] = -1
    freedom = np.minimum(reached, to_wall) / np.float32(_NEAR_M)
    freedom = np.clip(freedom * (2 - freedom), 0, 1)
    colours = np.array([*(body.faces[5].mean for body in solids), room.faces[0].mean], np.float32) ** 2  # -1: the last
    share = freedom[..., None] + (1 - freedom[..., None]) * colours[stopped_by] * _BOUNCE
    return np.asarray(share.mean(axis=1).T, np.float32)


def _straight(texels: Texels, lit: Sequence[Body], solids: Sequence[Body], light: Light) -> Brightness:
    """Give the light that comes straight from windows and lamps, and from the sun."""
    occluders = Occluders([body for body in solids if float(body.half.max()) > 0.1])
    total, sunny = np.zeros(texels.points.shape, np.float32), np.zeros(texels.points.shape[1], np.float32)
    for body in lit:
        if _glow(body) > 0:
            for point in _lamps(body, lit[0]):
                total += _from_lamp(texels, occluders, point) * point.colour[:, None]
        sun = max(face.sun for face in body.faces)
        if sun > 0:
            sunny += np.float32(sun) * _through_window(texels, occluders, body, lit[0])
    level = float(total.mean())
    if level > 0:
        total *= np.float32(_DIRECT_GAIN / level)
    colour = np.square(np.array(light.colour, np.float32))
    return np.asarray(np.minimum(total, _BRIGHTEST) * colour[:, None] + sunny * _SUN[:, None], np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class _Lamp:
    """A point that stands for a part of what glows.

    Attributes:
        place: (3,) world.
        towards: the way it shines most, or None for every way.
        colour: (3,) b, g, r.
    """

    place: Vector
    towards: Vector | None
    colour: Vector


def _lamps(body: Body, room: Body) -> Iterator[_Lamp]:
    """Give the points that stand for what glows: one for a lamp, six for a window or panel."""
    thin = int(body.half.argmin())
    glow = _glow(body)
    if body.form is not Form.BOX or body.half[thin] * 4 > np.median(body.half):
        yield _Lamp(body.centre, None, body.faces[0].mean * np.float32(glow * 0.7))
        return
    towards = _inwards(body, room)
    u, v = (axis for axis in range(3) if axis != thin)
    colour = np.full(3, glow * 4 * body.half[u] * body.half[v] / 6, np.float32)
    for across in (-0.6, 0.0, 0.6):
        for along in (-0.55, 0.55):
            offset = body.axes[:, u] * (across * body.half[u]) + body.axes[:, v] * (along * body.half[v])
            place = body.centre + offset + towards * np.float32(0.05)
            yield _Lamp(np.asarray(place, np.float32), towards, colour)


def _inwards(body: Body, room: Body) -> Vector:
    """Give the normal (3,) of a flat body that looks to the middle of the room."""
    normal = body.axes[:, int(body.half.argmin())]
    return np.asarray(normal * np.sign((room.centre - body.centre) @ normal), np.float32)


def _from_lamp(texels: Texels, occluders: Occluders, lamp: _Lamp) -> npt.NDArray[np.float32]:
    """Give the light (T,) from one point."""
    way = lamp.place[:, None] - texels.points
    square = np.einsum("in,in->n", way, way) + np.float32(0.12)  # a lamp is no point: nothing is dazzling near it
    falling = np.einsum("in,in->n", way, texels.normals) / np.sqrt(square)
    if lamp.towards is not None:
        falling *= np.maximum(-(lamp.towards @ way) / np.sqrt(square), 0)
    rows = np.flatnonzero(falling > 1e-4)
    amount = np.zeros(square.shape, np.float32)
    amount[rows] = falling[rows] / square[rows] * occluders.free(texels.points[:, rows], lamp.place[:, None])
    return amount


def _through_window(texels: Texels, occluders: Occluders, window: Body, room: Body) -> npt.NDArray[np.float32]:
    """Give the sunlight (T,) that falls through a window, from above and a little from the side."""
    thin = int(window.half.argmin())
    inwards = _inwards(window, room)
    aside = np.array([-inwards[1], inwards[0], 0], np.float32) * np.float32(0.45)
    sun = -inwards + aside + np.array([0, 0, 0.66], np.float32)
    sun /= np.sqrt(sun @ sun)
    own = window.to_own(texels.points)
    step = window.axes.T @ sun
    at = own - own[thin] / step[thin] * step[:, None]
    falling = np.maximum(sun @ texels.normals, 0) * (own[thin] / step[thin] < 0)
    for axis in range(3):
        if axis != thin:
            inside = (window.half[axis] - np.float32(0.06) - np.abs(at[axis])) / np.float32(0.08) + np.float32(0.5)
            falling *= np.clip(inside, 0, 1)
    rows = np.flatnonzero(falling > 1e-3)
    entry = np.asarray(
        window.axes @ at[:, rows] + window.centre[:, None] + inwards[:, None] * np.float32(0.2), np.float32
    )
    falling[rows] *= occluders.free(texels.points[:, rows], entry)
    return np.asarray(falling, np.float32)


def _in_corridor(corridor: Body, points: Ways, ambient: Vector) -> Brightness:
    """Give the light in a corridor: a little from its doorway, a little from a lamp out of sight."""
    gate = corridor.gates[0]
    sill, lamp = np.zeros(3, np.float32), corridor.centre.copy()
    sill[gate.axis], sill[1 - gate.axis], sill[2] = gate.level, sum(gate.span) / 2, gate.height_m * 0.3
    lamp[1 - gate.axis] += np.float32(0.5)
    lamp[2] = gate.height_m + np.float32(0.1)
    level = np.full(points.shape[1], 0.42, np.float32)
    for place, strength in ((sill, 0.5), (lamp, 1.3)):
        offset = points - place[:, None]
        level += np.float32(strength) / (1 + np.einsum("in,in->n", offset, offset) * np.float32(1.6))
    return np.asarray(level * ambient[:, None] * np.array([[0.8], [0.95], [1.1]], np.float32), np.float32)
