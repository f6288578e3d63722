"""Furnishing a room step by step: pieces put into place -> Room."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from math import cos, pi, radians, sin

import numpy as np

from haven_server.sources.synthetic.camera import Camera
from haven_server.sources.synthetic.canvas import Light
from haven_server.sources.synthetic.rooms.fittings import door_frame
from haven_server.sources.synthetic.rooms.furniture import Piece, part
from haven_server.sources.synthetic.rooms.materials import glow_of
from haven_server.sources.synthetic.scene import Bed, Door, Mount, Opening, Place, Room, Seat, Sensor, Shape, Solid

WIDTH, HEIGHT = 1280, 720
_WAITING_M, _ENTERED_M = (-0.95, 0.95), (0.7, -0.3)
"""Where one waits behind a doorway and where one has come in, before its sill and to its left."""


class Wall(Enum):
    """A wall, by the heading of who stands with the back to it."""

    WEST = 0.0
    SOUTH = pi / 2
    EAST = pi
    NORTH = -pi / 2


def moved(place: Place, to: Place) -> Place:
    """Carry a place of a piece along with the piece."""
    turn_x, turn_y = cos(to.heading_rad), sin(to.heading_rad)
    x = to.x + turn_x * place.x - turn_y * place.y
    y = to.y + turn_y * place.x + turn_x * place.y
    return Place(x, y, place.heading_rad + to.heading_rad)


class Interior:
    """A room while it is furnished.

    Args:
        size: extent of the room in x, y, z, m.
    """

    def __init__(self, size: tuple[float, float, float]) -> None:
        self.size = size
        self._solids: list[Solid] = []
        self._doors: dict[str, Door] = {}
        self._openings: list[Opening] = []
        self._spots: dict[str, Place] = {}
        self._seats: dict[str, Seat] = {}
        self._beds: dict[str, Bed] = {}
        self._mounts: dict[str, Mount] = {}

    @property
    def solids(self) -> tuple[Solid, ...]:
        """What stands in it so far."""
        return tuple(self._solids)

    def as_piece(self) -> Piece:
        """Give all that stands in it as one piece."""
        return Piece(self.solids, dict(self._seats), dict(self._beds))

    def put(self, piece: Piece, x: float, y: float, heading_rad: float = 0.0, name: str | None = None) -> None:
        """Put a piece at a point of the floor, its front turned to a heading.

        Args:
            name: its seats and beds are called by it, with a number where there are several; None: they have no use.
        """
        to = Place(x, y, heading_rad)
        for solid in piece.solids:
            at = moved(Place(solid.centre[0], solid.centre[1], solid.yaw_rad), to)
            centre = (at.x, at.y, solid.centre[2])
            self._solids.append(Solid(centre, solid.size, at.heading_rad, solid.material, solid.blocks, solid.shape))
        if name is None:
            return
        for key, seat in piece.seats.items():
            called = name if len(piece.seats) == 1 else f"{name}_{key}"
            self._seats[called] = Seat(moved(seat.place, to), seat.height_m, moved(seat.approach, to))
        for bed in piece.beds.values():
            corners = tuple((corner.x, corner.y) for corner in (moved(Place(*at), to) for at in bed.zone))
            self._beds[name] = Bed(moved(bed.place, to), bed.height_m, moved(bed.approach, to), corners)

    def put_on_wall(self, piece: Piece, wall: Wall, along: float, gap: float = 0.0, name: str | None = None) -> None:
        """Put a piece with its x = 0 on a wall (or ``gap`` m before it), at a point along the wall, m."""
        at = self._wall_place(wall, along)
        self.put(piece, at.x + cos(wall.value) * gap, at.y + sin(wall.value) * gap, wall.value, name)

    def doorway(self, name: str, wall: Wall, along: float, hide: int, width: float = 1.0) -> None:
        """Open a doorway, and let who comes in wait in the corridor.

        Args:
            hide: 1 or -1: whether they wait to the left or to the right of who looks into the room; the side that the
                cameras cannot see.
        """
        place = self._wall_place(wall, along)
        opening = Opening(place, width)
        self._openings.append(opening)
        outside = moved(Place(_WAITING_M[0], hide * _WAITING_M[1]), place)
        inside = moved(Place(_ENTERED_M[0], hide * _ENTERED_M[1]), place)
        heading = float(np.arctan2(inside.y - outside.y, inside.x - outside.x))
        self._doors[name] = Door(Place(outside.x, outside.y, heading), Place(inside.x, inside.y, wall.value))
        self.put_on_wall(Piece(door_frame(width, opening.height_m, 0.13)), wall, along)

    def spot(self, name: str, x: float, y: float, heading_deg: float = 0.0) -> None:
        """Name a point of the floor."""
        self._spots[name] = Place(x, y, radians(heading_deg))

    def mount(
        self,
        name: str,
        position: tuple[float, float, float],
        target: tuple[float, float, float],
        field_of_view_deg: float,
        sensor: Sensor,
    ) -> None:
        """Hang up a camera that looks at a point."""
        camera = Camera.looking(
            np.array(position, np.float64), np.array(target, np.float64), radians(field_of_view_deg), WIDTH, HEIGHT
        )
        self._mounts[name] = Mount(camera, sensor)

    def finish(self, name: str, floor: str, walls: str, ceiling: str, light: Light, skirting: str = "white") -> Room:
        """Give the room, with skirting boards; its light comes from where its windows and lamps are.

        Args:
            light: its colours; the direction is worked out.
        """
        solids = (*self._solids, *self._skirting(f"paint:{skirting}"))
        materials: Mapping[str, str] = {"floor": floor, "walls": walls, "ceiling": ceiling}
        towards = Light(self._light_direction(), light.colour, light.ambient)
        return Room(
            name,
            self.size,
            materials,
            solids,
            towards,
            dict(self._doors),
            dict(self._spots),
            dict(self._mounts),
            dict(self._seats),
            dict(self._beds),
            tuple(self._openings),
        )

    def _wall_place(self, wall: Wall, along: float) -> Place:
        """Give a point at the foot of a wall, looking into the room."""
        width, depth, _ = self.size
        x = {Wall.WEST: 0.0, Wall.EAST: width}.get(wall, along)
        y = {Wall.SOUTH: 0.0, Wall.NORTH: depth}.get(wall, along)
        return Place(x, y, wall.value)

    def _skirting(self, board: str) -> list[Solid]:
        """Run a board along every wall, but for its doorways."""
        boards = []
        for wall in Wall:
            along_y = wall in (Wall.WEST, Wall.EAST)
            length = self.size[1 if along_y else 0]
            gaps = []
            for opening in self._openings:
                if abs(opening.place.heading_rad - wall.value) < 0.1:
                    middle = opening.place.y if along_y else opening.place.x
                    gaps.append((middle - opening.width_m / 2, middle + opening.width_m / 2))
            start = 0.0
            for low, high in [*sorted(gaps), (length, length)]:
                if low - start > 0.05:
                    at = self._wall_place(wall, (start + low) / 2)
                    solid = part(
                        board, (0.0, 0.016), (-(low - start) / 2, (low - start) / 2), (0.0, 0.09), blocks=False
                    )
                    spot = moved(Place(solid.centre[0], 0.0), at)
                    centre = (spot.x, spot.y, solid.centre[2])
                    boards.append(Solid(centre, solid.size, wall.value, board, False, Shape.BOX))
                start = high
        return boards

    def _light_direction(self) -> tuple[float, float, float]:
        """Give the direction from the middle of the room, at breast height, to its windows and lamps."""
        total = np.array([0.0, 0.0, 0.6])
        middle = np.array([self.size[0] / 2, self.size[1] / 2, 1.2])
        for solid in self._solids:
            glow = glow_of(solid.material)
            if glow:
                way = np.array(solid.centre) - middle
                area = float(np.prod(sorted(solid.size)[1:]))
                total += way / np.linalg.norm(way) * glow * area
        total[2] = max(total[2], 0.5 * float(np.hypot(total[0], total[1])))
        x, y, z = (float(value) for value in total / np.linalg.norm(total))
        return x, y, z
