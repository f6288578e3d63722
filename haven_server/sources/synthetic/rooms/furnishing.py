"""Rooms that nobody has seen before, for training: seed -> Room."""

from __future__ import annotations

from math import cos, pi, sin

import numpy as np

from haven_server.sources.synthetic.canvas import Light
from haven_server.sources.synthetic.rooms import fittings
from haven_server.sources.synthetic.rooms import furniture as make
from haven_server.sources.synthetic.rooms.chance import (
    SHADES,
    SOFT,
    STONES,
    WALLS,
    WOODS,
    between,
    one_of,
    picture,
    weave,
)
from haven_server.sources.synthetic.rooms.ensembles import ensemble
from haven_server.sources.synthetic.rooms.floor_plan import FloorPlan
from haven_server.sources.synthetic.rooms.interior import Interior
from haven_server.sources.synthetic.rooms.vantage import hang_cameras
from haven_server.sources.synthetic.scene import Room

_SALT = 0x524F4F4D
"""Sets a room's chance apart from that of a person with the same seed."""
_CHAIR_M = 0.4


def random_room(seed: int) -> Room:
    """Make a room from chance: size, colours, furniture, light, cameras (1 to 3). One seed is one room."""
    return _Decorator(np.random.default_rng((seed, _SALT))).room(f"random_{seed}")


class _Decorator:
    """Furnishes one room, keeping pieces off each other.

    Args:
        rng: decides everything.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        size = (between(rng, 3.6, 7.5), between(rng, 3.4, 6.5), between(rng, 2.4, 3.0))
        self._room = Interior(size)
        self._plan = FloorPlan(rng, size)
        self._wood = one_of(rng, WOODS)
        self._trim = one_of(rng, ("white", "white", "cream", "stone", "ash"))

    def room(self, name: str) -> Room:
        """Furnish the room and hang up its cameras."""
        self._make_doorways()
        self._make_windows()
        self._furnish_walls()
        self._furnish_floor()
        self._hang_lamp()
        self._decorate_walls()
        hang_cameras(self._room, self._plan, self._rng)
        rng = self._rng
        floor = one_of(rng, ("planks", "planks", "parquet", "tiles", "carpet", "vinyl"))
        ground = one_of(rng, WOODS if floor in ("planks", "parquet") else STONES)
        style = one_of(rng, ("plaster", "plaster", "plaster", "wallpaper", "stripes", "panels"))
        light = self._light()
        floor_material = f"{floor}:{ground}:{weave(rng)}"
        wall_material = f"{style}:{one_of(rng, WALLS)}:{weave(rng)}"
        return self._room.finish(name, floor_material, wall_material, "plaster:white", light, self._trim)

    def _light(self) -> Light:
        """Choose how bright and how warm the light is."""
        level, warmth = between(self._rng, 0.82, 1.08), between(self._rng, -0.05, 0.05)
        return Light(
            colour=((0.62 - warmth) * level, 0.63 * level, (0.64 + warmth) * level),
            ambient=((0.52 - warmth / 2) * level, 0.51 * level, (0.50 + warmth / 2) * level),
        )

    def _make_doorways(self) -> None:
        for index in range(int(self._rng.integers(1, 3))):
            found = self._plan.stretch(1.3)
            if found is not None:
                self._room.doorway(f"door_{index + 1}", *found, hide=one_of(self._rng, (-1, 1)))
                self._plan.claim(*self._plan.before(*found, 0.6), 0.6)

    def _make_windows(self) -> None:
        rng = self._rng
        for _ in range(int(rng.integers(1, 4))):
            width = between(rng, 0.9, 2.2)
            found = self._plan.stretch(width + 0.9)
            if found is not None:
                curtain = one_of(rng, (None, *SOFT, "white", "cream"))
                sill, head = one_of(rng, (0.45, 0.85, 0.9)), between(rng, 2.0, 2.25)
                kind = one_of(rng, ("window", "window", "sunny"))
                piece = fittings.window(width, sill, head, self._trim, curtain, picture(rng), kind)
                self._room.put_on_wall(piece, *found)

    def _furnish_walls(self) -> None:
        """Stand pieces with their backs to walls."""
        for index in range(int(self._rng.integers(2, 6))):
            chosen = ensemble(self._rng, self._wood)
            found = self._plan.stretch(chosen.width)
            if found is None:
                continue
            wall, along = found
            steps = max(1, round(chosen.width / chosen.depth))
            offsets = [((step + 0.5) / steps - 0.5) * chosen.width for step in range(steps)]
            radius = chosen.depth / 2
            if self._plan.claim_all([self._plan.before(wall, along + offset, radius) for offset in offsets], radius):
                self._room.put_on_wall(chosen.piece, wall, along, gap=0.01, name=f"piece_{index + 1}")

    def _furnish_floor(self) -> None:
        """Lay a rug; stand tables with chairs, plants and a lamp where there is floor."""
        rng = self._rng
        if rng.random() < 0.6:
            self._lay_rug()
        for _ in range(int(rng.integers(0, 3))):
            self._stand_table()
        for _ in range(int(rng.integers(0, 4))):
            spot = self._plan.somewhere(0.4)
            if self._plan.claim(*spot, 0.35):
                green = one_of(rng, ("leaf", "moss", "olive", "sage"))
                height, pot = between(rng, 0.7, 1.7), one_of(rng, SOFT)
                self._room.put(fittings.plant(height, pot, green, between(rng, 0.5, 0.9)), *spot)
        if rng.random() < 0.6:
            spot = self._plan.somewhere(0.35)
            if self._plan.claim(*spot, 0.25):
                self._room.put(fittings.floor_lamp(one_of(rng, (*SHADES, "sand"))), *spot)

    def _lay_rug(self) -> None:
        rng = self._rng
        width, depth, _ = self._plan.size
        length, across = min(depth - 1, between(rng, 1.6, 2.6)), between(rng, 1.2, 1.8)
        rug = fittings.rug(length, across, one_of(rng, SOFT), picture(rng))
        x, y = width * between(rng, 0.4, 0.6), depth * between(rng, 0.4, 0.6)
        self._room.put(rug, x, y, one_of(rng, (0.0, pi / 2)))

    def _stand_table(self) -> None:
        """Stand a low table, or a high one with chairs round it, if there is room."""
        rng = self._rng
        x, y = self._plan.somewhere(1.2)
        low = rng.random() < 0.4
        if not self._plan.claim(x, y, 0.65 if low else 1.1):
            return
        heading = between(rng, 0, 2 * pi)
        wood = f"wood:{self._wood}"
        if low:
            self._room.put(make.table(1.0, 0.6, 0.42, wood), x, y, heading)
            return
        high = one_of(rng, (make.round_table(1.1, 0.74, wood), make.table(1.3, 0.8, 0.74, wood)))
        self._room.put(high, x, y, heading)
        width, depth, _ = self._plan.size
        for index in range(int(rng.integers(1, 5))):
            turn = heading + index * pi / 2 + between(rng, -0.2, 0.2)
            away = 0.85 if index % 2 else 0.72
            seat_x, seat_y = x + away * cos(turn), y + away * sin(turn)
            if _CHAIR_M < seat_x < width - _CHAIR_M and _CHAIR_M < seat_y < depth - _CHAIR_M:
                self._room.put(make.chair(wood, one_of(rng, (None, *SOFT))), seat_x, seat_y, turn + pi)

    def _hang_lamp(self) -> None:
        """Light the room from its ceiling."""
        width, depth, ceiling = self._plan.size
        if self._rng.random() < 0.7:
            drop = between(self._rng, 0.3, max(0.31, ceiling - 2.1))
            lamp = fittings.pendant(one_of(self._rng, SHADES), ceiling, drop)
        else:
            lamp = fittings.ceiling_panel(ceiling)
        self._room.put(lamp, width / 2, depth / 2)

    def _decorate_walls(self) -> None:
        """Hang pictures, and perhaps set in a door that stays shut."""
        rng = self._rng
        for _ in range(int(rng.integers(1, 5))):
            side = between(rng, 0.35, 0.9)
            found = self._plan.stretch(side)
            if found is not None:
                height, mat = side * one_of(rng, (1.0, 1.0, 1.3, 0.75)), one_of(rng, ("white", "cream", "sand"))
                self._room.put_on_wall(fittings.picture(side, height, 1.6, mat, picture(rng)), *found)
        if rng.random() < 0.3:
            found = self._plan.stretch(1.1)
            if found is not None:
                colour = one_of(rng, (self._trim, self._wood))
                self._room.put_on_wall(fittings.closed_door(colour, picture(rng)), *found)
