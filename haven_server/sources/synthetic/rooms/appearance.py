"""What light comes back from where rays end: a built room, rays, depth -> light and sides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from haven_server.sources.synthetic.canvas import Depth
from haven_server.sources.synthetic.rooms.bodies import Body, Form
from haven_server.sources.synthetic.rooms.materials import Material
from haven_server.sources.synthetic.rooms.rays import Vector, Ways
from haven_server.sources.synthetic.rooms.surfaces import Colours, Numbers, colours, read
from haven_server.sources.synthetic.rooms.texels import PLANE, Sides

Rows = npt.NDArray[np.int32]
"""(N,) int32: of bodies, or 8 * that + a side."""

_HALF = np.float32(0.5)
_STEEPEST = np.float32(0.04)
"""A pixel seen at a graze would cover very much; it is read as if it covered no more than at this slant."""
_FAINT = np.float32(0.004)
"""Share of a side's light that is left out."""


@dataclass(frozen=True, slots=True, eq=False)
class Set:
    """A room that is built and lit, ready to be seen from anywhere.

    Attributes:
        bodies: its forms.
        sides: the light on each, by the body's ``lit_as``.
    """

    bodies: tuple[Body, ...]
    sides: Mapping[int, Sides]


@dataclass(frozen=True, slots=True, eq=False)
class _Spots:
    """Where rays end on one body.

    Attributes:
        points: (3, N) world.
        own: (3, N) in the body's frame.
        normals: (3, N) in the body's frame.
        slant: how squarely each is seen, 1 from straight before it, 0 at a graze.
        footprint: m that its pixel covers.
    """

    body: Body
    points: Ways
    own: Ways
    normals: Ways
    slant: Numbers
    footprint: Numbers

    @classmethod
    def of(cls, body: Body, position: Vector, ways: Ways, depth: Depth, focal_px: float) -> _Spots:
        """Find them along rays (3, N) from the camera."""
        points = position[:, None] + depth * ways
        own = body.to_own(points)
        normals = body.normals(own)
        length = np.sqrt((ways * ways).sum(axis=0))
        slant = np.abs(((body.axes.T @ ways) * normals).sum(axis=0)) / length
        footprint = depth / np.float32(focal_px) / np.sqrt(np.maximum(slant, _STEEPEST))
        return cls(body, points, own, normals, slant, footprint)

    def sides(self) -> Rows:
        """Say on which side of the body each lies."""
        axis = np.abs(self.normals).argmax(axis=0)
        facing = _facing(self.body, self.normals)
        return np.asarray(2 * axis + np.take_along_axis(facing, axis[None], axis=0)[0], np.int32)


def shaded(
    stage: Set, position: Vector, ways: Ways, depth: Depth, owners: Rows, focal_px: float
) -> tuple[Colours, Rows]:
    """Give the light that rays bring from where they end, linear.

    Args:
        ways: (3, N) from the camera, forward part 1.
        owners: rows of the bodies they end on.
    Returns:
        Light (N, 3), and for each ray a number for what it ends on: 8 * row of the body + its side.
    """
    linear = np.zeros((owners.size, 3), np.float32)
    sides = np.empty(owners.size, np.int32)
    order = np.argsort(owners, kind="stable")
    rows, starts = np.unique(owners[order], return_index=True)
    for row, rays in zip(rows, np.split(order, starts[1:]), strict=True):
        spots = _Spots.of(stage.bodies[row], position, ways[:, rays], depth[rays], focal_px)
        on_side = spots.sides()
        sides[rays] = row * 8 + on_side
        light = _light_on(stage, spots)
        for side in np.unique(on_side):
            these = np.flatnonzero(on_side == side)
            linear[rays[these]] = _seen(spots, int(side), these, light[these])
    return linear, sides


def _facing(body: Body, normals: Ways) -> npt.NDArray[np.int32]:
    """Say (3, N) for each axis which of its two sides a normal belongs to; a room's walls look inwards."""
    inwards = body.form in (Form.ROOM, Form.CORRIDOR)
    return ((-normals if inwards else normals) > 0).astype(np.int32)


def _seen(spots: _Spots, side: int, these: npt.NDArray[np.int64], light: Colours) -> Colours:
    """Give what comes from some spots on a side into the camera."""
    surface = spots.body.faces[side]
    albedo = colours(surface, spots.body, side, spots.own[:, these], spots.footprint[these])
    slant = spots.slant[these]
    seen = np.square(albedo) * (_from_within(surface, slant) if surface.glow else light)
    if surface.gloss:
        mirrored = np.float32(surface.gloss) * (1 - slant) ** 4
        seen += mirrored[:, None] * (np.float32(0.25) + np.float32(0.35) * light)
    return np.asarray(seen, np.float32)


def _from_within(surface: Material, slant: Numbers) -> Colours:
    """Give the light (N, 1) that a surface gives off to the eye: a lampshade less towards its outline."""
    if surface.metres is None:
        return np.full((slant.size, 1), surface.glow, np.float32)
    return np.asarray((np.float32(0.75) + np.float32(0.85) * slant)[:, None], np.float32)


def _light_on(stage: Set, spots: _Spots) -> Colours:
    """Give the light on spots: that of their body's sides, mixed by the normal as it turns round an edge."""
    body = spots.body
    holder, glows = stage.bodies[body.lit_as], stage.sides[body.lit_as]
    normals = spots.normals
    if holder is not body:
        normals = np.asarray(holder.axes.T @ (body.axes @ normals), np.float32)
    places = holder.to_own(spots.points) / holder.half[:, None] * _HALF + _HALF
    shares, facing = normals * normals, _facing(body, normals)
    total = np.zeros((normals.shape[1], 3), np.float32)
    for side, glow in enumerate(glows):
        axis = side // 2
        rows = np.flatnonzero((shares[axis] > _FAINT) & (facing[axis] == side % 2))
        if rows.size:
            u, v = PLANE[axis]
            height, width = glow.shape[:2]
            columns, lines = places[u, rows] * width - _HALF, places[v, rows] * height - _HALF
            total[rows] += read(glow, columns, lines, cv2.BORDER_REPLICATE) * shares[axis, rows, None]
    return total
