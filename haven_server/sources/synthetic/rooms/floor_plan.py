"""Where in a room there is still place: on the floor and along the walls."""

from __future__ import annotations

from math import hypot

import numpy as np

from haven_server.sources.synthetic.rooms.chance import between, one_of
from haven_server.sources.synthetic.rooms.interior import Wall

TRIES = 12
"""How often a place is looked for before one does without."""
_CORNER_M, _GAP_M = 0.3, 0.15


class FloorPlan:
    """What is taken of a room's floor and walls.

    Args:
        rng: chooses places.
        size: extent of the room in x, y, z, m.
    """

    def __init__(self, rng: np.random.Generator, size: tuple[float, float, float]) -> None:
        self._rng = rng
        self.size = size
        self._patches: list[tuple[float, float, float]] = []
        self._stretches: list[tuple[Wall, float, float]] = []

    def length(self, wall: Wall) -> float:
        """Give the length of a wall, m."""
        return self.size[1 if wall in (Wall.WEST, Wall.EAST) else 0]

    def stretch(self, width: float) -> tuple[Wall, float] | None:
        """Find a free stretch of wall and keep it; None after a few tries.

        Returns:
            The wall, and where along it the middle of the stretch is, m.
        """
        for _ in range(TRIES):
            wall = one_of(self._rng, tuple(Wall))
            length = self.length(wall)
            if length < width + 2 * _CORNER_M:
                continue
            along = between(self._rng, width / 2 + _CORNER_M, length - width / 2 - _CORNER_M)
            if all(other is not wall or abs(along - at) > (width + wide) / 2 for other, at, wide in self._stretches):
                self._stretches.append((wall, along, width + _GAP_M))
                return wall, along
        return None

    def before(self, wall: Wall, along: float, distance: float) -> tuple[float, float]:
        """Give the point x, y so far before a wall."""
        width, depth, _ = self.size
        return {
            Wall.WEST: (distance, along),
            Wall.EAST: (width - distance, along),
            Wall.SOUTH: (along, distance),
            Wall.NORTH: (along, depth - distance),
        }[wall]

    def somewhere(self, margin: float) -> tuple[float, float]:
        """Choose a point x, y of the floor, away from the walls."""
        return between(self._rng, margin, self.size[0] - margin), between(self._rng, margin, self.size[1] - margin)

    def claim(self, x: float, y: float, radius: float) -> bool:
        """Keep a round patch of floor for something, unless it touches another."""
        return self.claim_all([(x, y)], radius)

    def claim_all(self, points: list[tuple[float, float]], radius: float) -> bool:
        """Keep several round patches, which may touch one another, unless one touches what was taken before."""
        if not all(hypot(x - px, y - py) >= radius + pr for x, y in points for px, py, pr in self._patches):
            return False
        self._patches += [(x, y, radius) for x, y in points]
        return True
