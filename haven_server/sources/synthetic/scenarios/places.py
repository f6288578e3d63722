"""The places of a room by their names, and the ways between them: Room, names -> way-points."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from haven_server.sources.synthetic.scenarios.paths import Point, Way, clearance, kept_right, route
from haven_server.sources.synthetic.scene import Place, Room

THRESHOLD_M = 0.25
"""How far behind the sill of a doorway one steps into its middle."""


def place_names(room: Room) -> list[str]:
    """Name everything in a room that one can walk to."""
    return [*room.spots, *room.seats, *room.beds, *room.doors]


def place_named(room: Room, name: str) -> Place:
    """Give where somebody stands who is at a spot, seat, bed or door of this name; spots go first.

    Raises:
        KeyError: there is nothing of this name.
    """
    if name in room.spots:
        return room.spots[name]
    if name in room.seats:
        return room.seats[name].approach
    return room.beds[name].approach if name in room.beds else room.doors[name].inside


def heading_to(room: Room, place: Place, name: str) -> float:
    """Give the heading of who looks from a place at a camera or another place, rad."""
    if name in room.mounts:
        x, y, _ = room.mounts[name].camera.position.tolist()
    else:
        target = place_named(room, name)
        x, y = target.x, target.y
    return math.atan2(y - place.y, x - place.x)


def way_through(room: Room, points: Sequence[Point]) -> Way | None:
    """Find the way through points, the first of which is where somebody is.

    Points behind the wall, first or last, are outsides of doors and reached through the middle of their doorways.

    Returns:
        None where all points are the same.
    Raises:
        InvalidInputError: furniture leaves no way.
    """
    inner = [point for point in points if clearance(room, np.array(point)) > 0]
    way = inner if len(inner) == 1 else [(float(x), float(y)) for x, y in kept_right(room, route(room, inner))]
    if points[0] not in inner:
        way = [points[0], *_threshold(room, inner[0]), *way]
    if points[-1] not in inner:
        way = [*way, *_threshold(room, inner[-1]), points[-1]]
    return np.array(way) if len(way) > 1 else None


def _threshold(room: Room, inside: Point) -> list[Point]:
    """Give the middle of the doorway that is nearest to a door's inside; none in a room without doorways."""
    sills = (opening.place for opening in room.openings)
    nearest = min(sills, key=lambda sill: math.dist((sill.x, sill.y), inside), default=None)
    if nearest is None:
        return []
    behind_x, behind_y = math.cos(nearest.heading_rad), math.sin(nearest.heading_rad)
    return [(nearest.x - THRESHOLD_M * behind_x, nearest.y - THRESHOLD_M * behind_y)]
