"""Rooms that nobody has seen before, for training: seed -> Room."""

from __future__ import annotations

from collections.abc import Sequence
from math import atan2, cos, hypot, pi, sin
from typing import TypeVar

import numpy as np

from haven_server.sources.synthetic import furniture as make
from haven_server.sources.synthetic.camera import Camera, turned
from haven_server.sources.synthetic.canvas import Light
from haven_server.sources.synthetic.furniture import Piece
from haven_server.sources.synthetic.interior import Interior, Wall
from haven_server.sources.synthetic.rays import box_spans
from haven_server.sources.synthetic.scene import Room, Sensor, Shape, Solid

_T = TypeVar("_T")

_FLOORS = ("planks", "planks", "parquet", "tiles", "carpet", "vinyl")
_WOODS = ("oak", "ash", "walnut", "honey", "espresso")
_SOFT = ("sage", "rust", "dusk", "mustard", "teal", "stone", "clay", "petrol", "rose", "olive", "plum", "slate", "sand")
_WALLS = ("cream", "white", "blush", "mint", "sky", "sand", "stone", "sage", "lavender", "rose", "dusk")
_STONES = ("stone", "pebble", "sand", "slate", "white", "terracotta", "dusk")
_TRIES = 12
_FREE_VIEW_M, _BLOCKED_SHARE = 1.4, 0.12
Point = tuple[float, float, float]
"""x, y, z, m."""
_WEAVES = 8
"""Variants of a weave that are in use, so that thousands of rooms share their drawings."""


def random_room(seed: int) -> Room:
    """Make a room from chance: size, colours, furniture, light, cameras (1 to 3). One seed is one room."""
    return _Decorator(np.random.default_rng((seed, 0x524F4F4D))).room(f"random_{seed}")


class _Decorator:
    """Furnishes one room, keeping pieces off each other.

    Args:
        rng: decides everything.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        size = (float(rng.uniform(3.6, 7.5)), float(rng.uniform(3.4, 6.5)), float(rng.uniform(2.4, 3.0)))
        self._room = Interior(size)
        self._size = size
        self._wood = self._one(_WOODS)
        self._trim = self._one(("white", "white", "cream", "stone", "ash"))
        self._taken: list[tuple[float, float, float]] = []
        self._used_walls: list[tuple[Wall, float, float]] = []

    def room(self, name: str) -> Room:
        """Furnish the room and hang up its cameras."""
        self._openings()
        self._against_walls()
        self._in_the_middle()
        self._on_walls()
        self._cameras()
        floor = self._one(_FLOORS)
        ground = self._one(_WOODS if floor in ("planks", "parquet") else _STONES)
        style = self._one(("plaster", "plaster", "plaster", "wallpaper", "stripes", "panels"))
        level = float(self._rng.uniform(0.82, 1.08))
        warmth = float(self._rng.uniform(-0.05, 0.05))
        light = Light(
            colour=((0.62 - warmth) * level, 0.63 * level, (0.64 + warmth) * level),
            ambient=((0.52 - warmth / 2) * level, 0.51 * level, (0.50 + warmth / 2) * level),
        )
        return self._room.finish(
            name,
            f"{floor}:{ground}:{self._variant()}",
            f"{style}:{self._one(_WALLS)}:{self._variant()}",
            "plaster:white",
            light,
            self._trim,
        )

    def _one(self, choices: Sequence[_T]) -> _T:
        """Choose one."""
        return choices[int(self._rng.integers(len(choices)))]

    def _variant(self) -> int:
        """Choose a drawing of a weave."""
        return int(self._rng.integers(_WEAVES))

    def _print(self) -> int:
        """Choose a drawing of a print, of very many."""
        return int(self._rng.integers(1 << 20))

    def _length(self, wall: Wall) -> float:
        """Give the length of a wall, m."""
        return self._size[1 if wall in (Wall.WEST, Wall.EAST) else 0]

    def _stretch(self, width: float) -> tuple[Wall, float] | None:
        """Find a free stretch of wall, and keep it; None after a few tries."""
        for _ in range(_TRIES):
            wall = self._one(tuple(Wall))
            length = self._length(wall)
            if length < width + 0.6:
                continue
            along = float(self._rng.uniform(width / 2 + 0.3, length - width / 2 - 0.3))
            if all(other is not wall or abs(along - at) > (width + wide) / 2 for other, at, wide in self._used_walls):
                self._used_walls.append((wall, along, width + 0.15))
                return wall, along
        return None

    def _point(self, wall: Wall, along: float, before: float) -> tuple[float, float]:
        """Give the point so far before a wall."""
        width, depth, _ = self._size
        return {
            Wall.WEST: (before, along),
            Wall.EAST: (width - before, along),
            Wall.SOUTH: (along, before),
            Wall.NORTH: (along, depth - before),
        }[wall]

    def _claim(self, x: float, y: float, radius: float) -> bool:
        """Keep a round patch of floor free for something, unless it touches another."""
        if any(hypot(x - other_x, y - other_y) < radius + other for other_x, other_y, other in self._taken):
            return False
        self._taken.append((x, y, radius))
        return True

    def _openings(self) -> None:
        """Make one or two doorways and one to three windows."""
        for index in range(int(self._rng.integers(1, 3))):
            found = self._stretch(1.3)
            if found is not None:
                self._room.doorway(f"door_{index + 1}", *found, hide=self._one((-1, 1)))
                self._claim(*self._point(*found, 0.6), 0.6)
        for _ in range(int(self._rng.integers(1, 4))):
            width = float(self._rng.uniform(0.9, 2.2))
            found = self._stretch(width + 0.9)
            if found is not None:
                curtain = self._one((None, *_SOFT, "white", "cream"))
                sill = self._one((0.45, 0.85, 0.9))
                head = float(self._rng.uniform(2.0, 2.25))
                kind = self._one(("window", "window", "sunny"))
                piece = make.window(width, sill, head, self._trim, curtain, self._print(), kind)
                self._room.put_on_wall(piece, *found)

    def _against_walls(self) -> None:
        """Stand pieces with their backs to walls."""
        for _ in range(int(self._rng.integers(2, 6))):
            width, depth, piece = self._wall_piece()
            found = self._stretch(width)
            if found is None:
                continue
            wall, along = found
            steps = max(1, round(width / depth))
            spots = [along + ((index + 0.5) / steps - 0.5) * width for index in range(steps)]
            points = [self._point(wall, at, depth / 2) for at in spots]
            if all(self._is_free(*point, depth / 2) for point in points):
                self._taken.extend((*point, depth / 2) for point in points)
                self._room.put_on_wall(piece, wall, along, gap=0.01, name=f"piece_{len(self._taken)}")

    def _is_free(self, x: float, y: float, radius: float) -> bool:
        """Say whether a patch of floor touches no other."""
        return all(hypot(x - other_x, y - other_y) >= radius + other for other_x, other_y, other in self._taken)

    def _wall_piece(self) -> tuple[float, float, Piece]:
        """Choose a piece whose back is at x = 0, with its width and depth."""
        rng = self._rng
        kind = self._one(("drawers", "books", "wardrobe", "bed", "sofa", "desk", "television"))
        if kind == "bed":
            width = self._one((0.95, 1.4, 1.6))
            linen = self._one(("white", "cream", "sky", "blush", "mint"))
            piece = make.bed(
                width, linen, self._one(_SOFT), f"wood:{self._wood}", self._one((-1, 1)), 1 + (width > 1.2)
            )
            return width + 0.1, 2.1, piece
        if kind == "sofa":
            places = int(rng.integers(1, 4))
            width = 0.55 + 0.6 * places
            cushions = tuple(self._one(_SOFT) for _ in range(int(rng.integers(0, 3))))
            return width, 1.0, _shifted(make.sofa(width, places, self._one(_SOFT), cushions), 0.5)
        if kind == "desk":
            length = float(rng.uniform(1.0, 1.6))
            desk = make.table(length, 0.65, 0.74, f"wood:{self._wood}")
            lamp = make.table_lamp(self._one(("cream", "white", "blush")), self._one(_SOFT), 0.74)
            return length, 0.7, _joined(_shifted(desk, 0.34), _shifted(lamp, 0.2, 0.3))
        if kind == "television":
            width = float(rng.uniform(1.1, 1.7))
            board = make.cupboard(width, 0.5, 0.4, self._wood, self._print())
            return width, 0.42, _joined(board, _shifted(make.television(width * 0.7, 0.53), 0.2))
        width = float(rng.uniform(0.7, 1.6))
        height = {"drawers": float(rng.uniform(0.7, 1.1)), "books": float(rng.uniform(1.0, 2.1)), "wardrobe": 2.05}[
            kind
        ]
        depth = {"drawers": 0.42, "books": 0.3, "wardrobe": 0.58}[kind]
        colour = self._one((self._wood, self._wood, "white", *_SOFT))
        return (
            width,
            depth,
            make.cupboard(width, height, depth, colour, self._print(), "books" if kind == "books" else "drawers"),
        )

    def _in_the_middle(self) -> None:
        """Lay a rug, stand tables with chairs, plants and lamps where there is floor."""
        width, depth, ceiling = self._size
        rng = self._rng
        if rng.random() < 0.6:
            rug = make.rug(
                min(depth - 1, float(rng.uniform(1.6, 2.6))),
                float(rng.uniform(1.2, 1.8)),
                self._one(_SOFT),
                self._print(),
            )
            self._room.put(
                rug,
                width * float(rng.uniform(0.4, 0.6)),
                depth * float(rng.uniform(0.4, 0.6)),
                self._one((0.0, pi / 2)),
            )
        for _ in range(int(rng.integers(0, 3))):
            self._table()
        for _ in range(int(rng.integers(0, 4))):
            x, y = self._floor_point(0.4)
            if self._claim(x, y, 0.35):
                green = self._one(("leaf", "moss", "olive", "sage"))
                self._room.put(
                    make.plant(float(rng.uniform(0.7, 1.7)), self._one(_SOFT), green, float(rng.uniform(0.5, 0.9))),
                    x,
                    y,
                )
        if rng.random() < 0.6:
            x, y = self._floor_point(0.35)
            if self._claim(x, y, 0.25):
                self._room.put(make.floor_lamp(self._one(("cream", "white", "blush", "sand"))), x, y)
        if rng.random() < 0.7:
            drop = float(rng.uniform(0.3, max(0.31, ceiling - 2.1)))
            self._room.put(make.pendant(self._one(("cream", "white", "blush")), ceiling, drop), width / 2, depth / 2)
        else:
            self._room.put(make.ceiling_panel(ceiling), width / 2, depth / 2)

    def _floor_point(self, margin: float) -> tuple[float, float]:
        """Choose a point of the floor."""
        return (
            float(self._rng.uniform(margin, self._size[0] - margin)),
            float(self._rng.uniform(margin, self._size[1] - margin)),
        )

    def _table(self) -> None:
        """Stand a table, perhaps with chairs round it, if there is room."""
        rng = self._rng
        x, y = self._floor_point(1.2)
        low = rng.random() < 0.4
        if not self._claim(x, y, 0.65 if low else 1.1):
            return
        heading = float(rng.uniform(0, 2 * pi))
        wood = f"wood:{self._wood}"
        if low:
            self._room.put(make.table(1.0, 0.6, 0.42, wood), x, y, heading)
            return
        self._room.put(self._one((make.round_table(1.1, 0.74, wood), make.table(1.3, 0.8, 0.74, wood))), x, y, heading)
        for index in range(int(rng.integers(1, 5))):
            turn = heading + index * pi / 2 + float(rng.uniform(-0.2, 0.2))
            away = 0.85 if index % 2 else 0.72
            seat_x, seat_y = x + away * cos(turn), y + away * sin(turn)
            if 0.4 < seat_x < self._size[0] - 0.4 and 0.4 < seat_y < self._size[1] - 0.4:
                cushion = self._one((None, *_SOFT))
                self._room.put(make.chair(wood, cushion), seat_x, seat_y, turn + pi)

    def _on_walls(self) -> None:
        """Hang pictures, shut doors, a clock."""
        for _ in range(int(self._rng.integers(1, 5))):
            side = float(self._rng.uniform(0.35, 0.9))
            found = self._stretch(side)
            if found is not None:
                height = side * self._one((1.0, 1.0, 1.3, 0.75))
                self._room.put_on_wall(
                    make.picture(side, height, 1.6, self._one(("white", "cream", "sand")), self._print()), *found
                )
        if self._rng.random() < 0.3:
            found = self._stretch(1.1)
            if found is not None:
                self._room.put_on_wall(make.closed_door(self._one((self._trim, self._wood)), self._print()), *found)

    def _cameras(self) -> None:
        """Hang one to three cameras on walls or into corners, looking over the floor, nothing close before them."""
        solids = [solid for solid in self._room.solids if solid.shape is not Shape.FOLIAGE]
        for index in range(int(self._rng.integers(1, 4))):
            for _ in range(_TRIES):
                position, target = self._view()
                angle = float(self._rng.uniform(52, 85))
                if not _blocked(position, target, solids):
                    break
            self._room.mount(f"camera_{index + 1}", position, target, angle, self._sensor())

    def _view(self) -> tuple[Point, Point]:
        """Choose where a camera hangs and what it looks at."""
        rng = self._rng
        width, depth, ceiling = self._size
        if rng.random() < 0.5:
            x, y = self._one(((0.2, 0.2), (width - 0.2, 0.2), (0.2, depth - 0.2), (width - 0.2, depth - 0.2)))
        else:
            wall = self._one(tuple(Wall))
            x, y = self._point(wall, self._length(wall) * float(rng.uniform(0.2, 0.8)), 0.15)
        z = float(rng.uniform(1.5, min(2.6, ceiling - 0.1)))
        away = float(rng.uniform(1.8, 3.2))
        towards = atan2(depth / 2 - y, width / 2 - x) + float(rng.uniform(-0.25, 0.25))
        return (x, y, z), (x + away * cos(towards), y + away * sin(towards), float(rng.uniform(0.6, 1.3)))

    def _sensor(self) -> Sensor:
        """Choose what a camera does to light."""
        rng = self._rng
        exposure = float(np.exp(rng.normal(0, 0.12)))
        blue, green, red = (exposure * float(np.exp(rng.normal(0, 0.04))) for _ in range(3))
        return Sensor(
            gain=(blue, green, red),
            gamma=float(rng.uniform(0.85, 1.2)),
            noise=float(rng.uniform(0.5, 6.0)),
            blur_px=float(rng.uniform(0.0, 1.1)),
            vignette=float(rng.uniform(0.0, 0.3)),
            jpeg_quality=self._one((None, 95, 85, 70, 55)),
        )


def _blocked(position: Point, target: Point, solids: Sequence[Solid]) -> bool:
    """Say whether furniture close by takes more than a little of a view."""
    camera = Camera.looking(np.array(position), np.array(target), 1.2, 16, 9)
    ways = camera.rays().reshape(-1, 3).T.astype(np.float32)
    close = np.zeros(ways.shape[1], np.bool_)
    for solid in solids:
        axes = turned(solid.yaw_rad).T.astype(np.float32)
        start = axes @ (camera.position - np.array(solid.centre)).astype(np.float32)
        half = np.array(solid.size, np.float32) * np.float32(0.5)
        entry, leave = box_spans(half, start[:, None], axes @ ways)
        close |= (entry <= leave) & (leave > 0) & (entry < _FREE_VIEW_M)
    return bool(close.mean() > _BLOCKED_SHARE)


def _shifted(piece: Piece, x: float, y: float = 0.0) -> Piece:
    """Give a piece that stands elsewhere in its own frame; its seats come along."""
    room = Interior((1.0, 1.0, 1.0))
    room.put(piece, x, y, 0.0, "piece")
    return room.as_piece()


def _joined(first: Piece, second: Piece) -> Piece:
    """Make one piece of two."""
    return Piece((*first.solids, *second.solids), {**first.seats, **second.seats}, {**first.beds, **second.beds})
