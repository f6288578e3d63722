"""Find a way over the floor, round furniture: Room, places -> way-points.

A grid of small cells says where the middle of a person may be. A* finds the shortest way over it, and of that way only
the corners are kept that are needed.
"""

from __future__ import annotations

import functools
import heapq
import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from haven_server.errors import InvalidInputError
from haven_server.sources.synthetic.scene import Room, Solid

CELL_M = 0.1
"""Side of a cell; twice as fine finds no better ways in our rooms and takes four times as long."""
CLEARANCE_M = 0.3
"""Between the middle of a person and furniture or walls."""
KEEP_RIGHT_M = 0.2
"""From the shortest way; two people who meet are then twice as far apart, and do not touch."""
STRIDE_M = 0.5
"""Distance of way-points where a way is bent."""
HEAD_ROOM_M = 2.0
"""What hangs higher is in nobody's way."""

Way = npt.NDArray[np.float64]
"""(P, 2) float64: x, y of way-points, m, the start first."""
Point: TypeAlias = tuple[float, float]
"""x, y, m."""
Cell: TypeAlias = tuple[int, int]
"""Column along x and along y."""


def clearance(room: Room, points: Way) -> npt.NDArray[np.float64]:
    """Tell how far points are from the nearest wall or blocking solid.

    Args:
        points: (..., 2) x, y, m.
    Returns:
        (...,) m; 0 inside furniture, negative behind a wall.
    """
    x, y = points[..., 0], points[..., 1]
    nearest = np.minimum(np.minimum(x, room.size[0] - x), np.minimum(y, room.size[1] - y))
    for solid in room.solids:
        if solid.blocks and solid.centre[2] - solid.size[2] / 2 < HEAD_ROOM_M:
            nearest = np.minimum(nearest, _distance(solid, x, y))
    return np.asarray(nearest)


def route(room: Room, places: Sequence[Point]) -> Way:
    """Find the way through several places in their order.

    Args:
        places: x, y, m, two or more. One too close to furniture (a seat's approach) is reached by a last straight leg.
    Returns:
        Way-points from the first place to the last; two or more, of which no two in a row are the same.
    Raises:
        InvalidInputError: furniture leaves no way.
    """
    way = [places[0]]
    for start, end in pairwise(places):
        way += _leg(room, start, end)
    return np.array([way[0], *(point for before, point in pairwise(way) if point != before)])


def kept_right(room: Room, way: Way) -> Way:
    """Bend a way to its right where furniture permits, so that people who meet pass one another.

    Returns:
        Way-points close together; the first and the last, and those between which there is no room, as they were.
    """
    if len(way) < 2:
        return way  # one is there already
    legs = [np.linspace(a, b, max(1, round(math.dist(a, b) / STRIDE_M)), endpoint=False) for a, b in pairwise(way)]
    points = np.concatenate([*legs, way[-1:]])
    ahead = np.gradient(points, axis=0)
    length = np.maximum(np.linalg.norm(ahead, axis=1, keepdims=True), 1e-9)  # none where a way turns back
    rightwards = np.column_stack([ahead[:, 1], -ahead[:, 0]]) / length
    moved = points + KEEP_RIGHT_M * rightwards
    free = clearance(room, moved) >= CLEARANCE_M
    free[[0, -1]] = False
    return np.where(free[:, None], moved, points)


def _leg(room: Room, start: Point, end: Point) -> list[Point]:
    """Find the way from one place to the next; the start is left out."""
    free = _free_cells(room)
    first, last = _nearest_free(free, start), _nearest_free(free, end)
    cells = _cheapest(free, first, last)
    if cells is None:
        (x1, y1), (x2, y2) = start, end
        raise InvalidInputError(
            f"{room.name}: furniture leaves no way from ({x1:.1f}, {y1:.1f}) to ({x2:.1f}, {y2:.1f})"
        )
    points = [_middle(cell) for cell in cells]
    if _clear(room, start, points[0]):
        points[0] = start
    if _clear(room, points[-1], end):
        points[-1] = end
    return [*_pulled_straight(room, [start, *points, end])][1:]


def _pulled_straight(room: Room, points: list[Point]) -> Iterator[Point]:
    """Keep only the corners that are needed: from each, the farthest point in a clear straight line comes next."""
    here = 0
    yield points[0]
    while here < len(points) - 1:
        farther = range(len(points) - 1, here + 1, -1)
        here = next((index for index in farther if _clear(room, points[here], points[index])), here + 1)
        yield points[here]


def _clear(room: Room, start: Point, end: Point) -> bool:
    """Tell whether one can walk straight on without coming too near to anything."""
    count = max(2, math.ceil(math.dist(start, end) / (CELL_M / 2)))
    shares = np.linspace(0, 1, count)[:, None]
    points = (1 - shares) * np.array(start) + shares * np.array(end)
    return bool(clearance(room, points).min() >= CLEARANCE_M - 0.01)


@functools.lru_cache(maxsize=64)
def _free_cells(room: Room) -> npt.NDArray[np.bool_]:
    """Mark (X, Y) the cells whose middle is far enough from everything."""
    x = (np.arange(int(room.size[0] / CELL_M)) + 0.5) * CELL_M
    y = (np.arange(int(room.size[1] / CELL_M)) + 0.5) * CELL_M
    return clearance(room, np.stack(np.meshgrid(x, y, indexing="ij"), axis=-1)) >= CLEARANCE_M


def _nearest_free(free: npt.NDArray[np.bool_], point: Point) -> Cell:
    cells = np.argwhere(free)
    if not len(cells):
        raise InvalidInputError("a room is so full of furniture that nobody can walk in it")
    nearest = np.linalg.norm((cells + 0.5) * CELL_M - np.array(point), axis=1).argmin()
    return int(cells[nearest, 0]), int(cells[nearest, 1])


def _cheapest(free: npt.NDArray[np.bool_], start: Cell, end: Cell) -> list[Cell] | None:
    """Find the shortest way over free cells, to all eight neighbours.

    Source: Hart, Nilsson, Raphael, A Formal Basis for the Heuristic Determination of Minimum Cost Paths, 1968.
    """
    cost = {start: 0.0}
    before: dict[Cell, Cell] = {}
    fringe = [(math.dist(start, end), start)]
    closed: set[Cell] = set()
    while fringe:
        _, cell = heapq.heappop(fringe)
        if cell == end:
            return _walked_back(before, end)
        if cell in closed:
            continue
        closed.add(cell)
        for neighbour in _neighbours(free, cell):
            new_cost = cost[cell] + math.dist(cell, neighbour)
            if new_cost < cost.get(neighbour, math.inf):
                cost[neighbour], before[neighbour] = new_cost, cell
                heapq.heappush(fringe, (new_cost + math.dist(neighbour, end), neighbour))
    return None


def _neighbours(free: npt.NDArray[np.bool_], cell: Cell) -> Iterator[Cell]:
    for x in range(max(cell[0] - 1, 0), min(cell[0] + 2, free.shape[0])):
        for y in range(max(cell[1] - 1, 0), min(cell[1] + 2, free.shape[1])):
            if (x, y) != cell and free[x, y]:
                yield x, y


def _walked_back(before: dict[Cell, Cell], end: Cell) -> list[Cell]:
    cells = [end]
    while cells[-1] in before:
        cells.append(before[cells[-1]])
    return cells[::-1]


def _middle(cell: Cell) -> Point:
    return (cell[0] + 0.5) * CELL_M, (cell[1] + 0.5) * CELL_M


def _distance(solid: Solid, x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Measure from points to a box on the floor plan; 0 inside."""
    cos, sin = math.cos(solid.yaw_rad), math.sin(solid.yaw_rad)
    dx, dy = x - solid.centre[0], y - solid.centre[1]
    beyond_x = np.maximum(np.abs(cos * dx + sin * dy) - solid.size[0] / 2, 0)
    beyond_y = np.maximum(np.abs(cos * dy - sin * dx) - solid.size[1] / 2, 0)
    return np.asarray(np.hypot(beyond_x, beyond_y))
