"""A room as forms that rays can meet: Room -> bodies."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt

from haven_server.sources.synthetic.camera import turned
from haven_server.sources.synthetic.rooms import rays
from haven_server.sources.synthetic.rooms.materials import Material, material
from haven_server.sources.synthetic.scene import Opening, Room, Shape, Solid

CORRIDOR_DEPTH_M = 1.5
CORRIDOR_REACH_M = 1.9
"""How far the corridor behind a doorway goes, away from the wall and to each side."""
_LEAVES = 34


class Form(Enum):
    """What a body is to a ray."""

    BOX = "box"
    CYLINDER = "cylinder"
    ELLIPSOID = "ellipsoid"
    ROOM = "room"  # seen from inside, with holes
    CORRIDOR = "corridor"  # seen from inside, through a doorway
    PLANT = "plant"  # unseen itself: where leaves are, and their light


_FORMS = {
    Shape.BOX: Form.BOX,
    Shape.CYLINDER: Form.CYLINDER,
    Shape.ELLIPSOID: Form.ELLIPSOID,
    Shape.FOLIAGE: Form.PLANT,
}


@dataclass(frozen=True, slots=True, eq=False)
class Gate:
    """A doorway as rays find it.

    Attributes:
        axis: 0 or 1: which coordinate is constant over the wall.
        level: that coordinate, m.
        span: (2,) of the other coordinate, m.
        height_m: of the doorway.
    """

    axis: int
    level: float
    span: tuple[float, float]
    height_m: float

    def lets_through(self, position: rays.Vector, ways: rays.Ways) -> npt.NDArray[np.bool_]:
        """Say which rays pass through it."""
        other = 1 - self.axis
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            t = (np.float32(self.level) - position[self.axis]) / ways[self.axis]
            across, height = position[other] + t * ways[other], position[2] + t * ways[2]
        inside = (across > self.span[0]) & (across < self.span[1]) & (height > 0) & (height < self.height_m)
        return np.asarray((t > 0) & inside)


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """One form of a room.

    Attributes:
        centre: (3,) world, m.
        axes: (3, 3) its own axes in the world, as columns.
        half: (3,) half its extent along its own axes, m.
        rounding: radius of its edges, m.
        faces: materials of its sides -x, +x, -y, +y, -z, +z.
        lit_as: the row of the body whose light it takes; its own but for leaves, which share their plant's.
        gates: holes of a room; the one doorway of a corridor.
    """

    form: Form
    centre: rays.Vector
    axes: npt.NDArray[np.float32]
    half: rays.Vector
    rounding: float
    faces: tuple[Material, ...]
    lit_as: int
    gates: tuple[Gate, ...] = ()

    def to_own(self, points: rays.Ways) -> rays.Ways:
        """Turn points (3, N) from the world into its own frame."""
        return np.asarray(self.axes.T @ (points - self.centre[:, None]), np.float32)

    def meet(self, position: rays.Vector, ways: rays.Ways) -> rays.Times:
        """Give t at which rays from one point meet it."""
        start = self.to_own(position[:, None])
        own = self.axes.T @ ways
        match self.form:
            case Form.BOX:
                return rays.meet_box(self.half, self.rounding, start, own)
            case Form.CYLINDER:
                return rays.meet_cylinder(self.half, start, own)
            case Form.ELLIPSOID:
                return rays.meet_ellipsoid(self.half, start, own)
            case Form.ROOM:
                t = rays.leave_box(self.half, start, own)
                for gate in self.gates:
                    t[gate.lets_through(position, ways)] = np.inf
                return t
            case Form.PLANT:
                return np.full(ways.shape[1], np.inf, np.float32)
            case Form.CORRIDOR:
                _, leave = rays.box_spans(self.half, start, own)
                return np.where(self.gates[0].lets_through(position, ways), leave, np.float32(np.inf))

    def normals(self, points: rays.Ways) -> rays.Ways:
        """Give its normals, in its own frame, at its own points."""
        match self.form:
            case Form.BOX:
                return rays.box_normals(self.half, self.rounding, points)
            case Form.CYLINDER:
                return rays.cylinder_normals(self.half, points)
            case Form.ELLIPSOID | Form.PLANT:
                return rays.ellipsoid_normals(self.half, points)
            case Form.ROOM | Form.CORRIDOR:
                return rays.wall_normals(self.half, points)


def bodies_of(room: Room) -> tuple[Body, ...]:
    """Give the bodies of a room: itself, its corridors, its solids in their order, at last the leaves of its plants."""
    gates = tuple(_gate(room, opening) for opening in room.openings)
    bodies = [_room_body(room, gates)]
    bodies += [_corridor(room, gate, row) for row, gate in enumerate(gates, start=1)]
    bodies += [_solid_body(solid, row) for row, solid in enumerate(room.solids, start=len(bodies))]
    first = 1 + len(gates)
    for row, solid in enumerate(room.solids, start=first):
        if solid.shape is Shape.FOLIAGE:
            bodies += _leaves(solid, row)
    return tuple(bodies)


def _vector(*values: float) -> rays.Vector:
    return np.array(values, np.float32)


def _gate(room: Room, opening: Opening) -> Gate:
    """Find the wall that a doorway is in: the one that its direction looks away from."""
    place, half = opening.place, opening.width_m / 2
    axis = 0 if abs(np.cos(place.heading_rad)) > 0.7 else 1
    along = place.y if axis == 0 else place.x
    towards = np.cos(place.heading_rad) if axis == 0 else np.sin(place.heading_rad)
    return Gate(axis, 0.0 if towards > 0 else room.size[axis], (along - half, along + half), opening.height_m)


def _room_body(room: Room, gates: tuple[Gate, ...]) -> Body:
    """Make the room itself."""
    half = _vector(*room.size) * np.float32(0.5)
    walls, floor, ceiling = (material(room.materials[part]) for part in ("walls", "floor", "ceiling"))
    faces = (walls, walls, walls, walls, floor, ceiling)
    return Body(Form.ROOM, half.copy(), np.eye(3, dtype=np.float32), half, 0.0, faces, 0, gates)


def _corridor(room: Room, gate: Gate, row: int) -> Body:
    """Make the corridor behind a doorway, with the room's own floor."""
    outwards = -1 if gate.level == 0 else 1
    centre, half = np.zeros(3, np.float32), np.zeros(3, np.float32)
    other = 1 - gate.axis
    centre[gate.axis], half[gate.axis] = gate.level + outwards * CORRIDOR_DEPTH_M / 2, CORRIDOR_DEPTH_M / 2
    centre[other], half[other] = sum(gate.span) / 2, CORRIDOR_REACH_M
    height = min(room.size[2], gate.height_m + 0.35)
    centre[2], half[2] = height / 2, height / 2
    walls, floor = material("plaster:cream"), material(room.materials["floor"])
    faces = (walls, walls, walls, walls, floor, walls)
    return Body(Form.CORRIDOR, centre, np.eye(3, dtype=np.float32), half, 0.0, faces, row, (gate,))


def _solid_body(solid: Solid, row: int) -> Body:
    """Make a piece of furniture."""
    own = material(solid.material)
    half = _vector(*solid.size) * np.float32(0.5)
    axes = turned(solid.yaw_rad).astype(np.float32)
    centre = _vector(*solid.centre)
    return Body(_FORMS[solid.shape], centre, axes, half, own.rounding_m, _faces(own, half), row)


def _faces(own: Material, half: rays.Vector) -> tuple[Material, ...]:
    """Put what is drawn to fit on the two largest sides, and its edge's material on the others."""
    if own.edge is None:
        return (own,) * 6
    edge = material(own.edge)
    thin = int(half.argmin())
    return tuple(own if side // 2 == thin else edge for side in range(6))


def _leaves(plant: Solid, row: int) -> list[Body]:
    """Grow leaves that rise from the middle of a plant's underside and bow outwards."""
    own = material(plant.material)
    rng = np.random.default_rng([abs(round(value * 1000)) for value in (*plant.centre, *plant.size)])
    width, _, height = plant.size
    foot = np.array(plant.centre) - [0, 0, height / 2]
    bodies = []
    for index in range(_LEAVES):
        turn = index * 2.39996 + float(rng.uniform(-0.3, 0.3))  # the golden angle, as plants do
        rise = float(rng.uniform(0.15, 1.35))
        length = float(rng.uniform(0.34, 0.5)) * (0.75 + 0.35 * np.sin(rise)) * min(width, height)
        reach = float(rng.uniform(0.15, 0.5))
        stem = np.array(
            [np.cos(turn) * np.cos(rise) * width, np.sin(turn) * np.cos(rise) * width, np.sin(rise) * height]
        )
        axes = turned(turn, rise * 0.9 - 0.35, float(rng.uniform(-0.5, 0.5)))
        middle = foot + stem * reach + axes[:, 0] * length * 0.4
        half = _vector(length / 2, length * float(rng.uniform(0.13, 0.19)), 0.006)
        bodies.append(
            Body(Form.ELLIPSOID, middle.astype(np.float32), axes.astype(np.float32), half, 0.0, (own,) * 6, row)
        )
    return bodies
