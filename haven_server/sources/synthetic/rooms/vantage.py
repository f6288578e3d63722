"""Random cameras: where they hang, what they look at, and what they do to light."""

from __future__ import annotations

from collections.abc import Sequence
from math import atan2, cos, sin

import numpy as np

from haven_server.sources.synthetic.camera import Camera, turned
from haven_server.sources.synthetic.rooms.chance import between, one_of
from haven_server.sources.synthetic.rooms.floor_plan import TRIES, FloorPlan
from haven_server.sources.synthetic.rooms.interior import Interior, Wall
from haven_server.sources.synthetic.rooms.rays import box_spans
from haven_server.sources.synthetic.scene import Sensor, Shape, Solid

Point = tuple[float, float, float]
"""x, y, z, m."""

_FREE_VIEW_M, _BLOCKED_SHARE = 1.4, 0.12
_USUAL_VIEW_RAD = 1.2


def hang_cameras(room: Interior, plan: FloorPlan, rng: np.random.Generator) -> None:
    """Hang one to three cameras on walls or into corners, looking over the floor, nothing close before them."""
    solids = [solid for solid in room.solids if solid.shape is not Shape.FOLIAGE]
    for index in range(int(rng.integers(1, 4))):
        for _ in range(TRIES):
            position, target = _view(plan, rng)
            angle = between(rng, 52, 85)
            if not _blocked(position, target, solids):
                break
        room.mount(f"camera_{index + 1}", position, target, angle, random_sensor(rng))


def random_sensor(rng: np.random.Generator) -> Sensor:
    """Choose what a camera does to light."""
    exposure = float(np.exp(rng.normal(0, 0.12)))
    blue, green, red = (exposure * float(np.exp(rng.normal(0, 0.04))) for _ in range(3))
    return Sensor(
        gain=(blue, green, red),
        gamma=between(rng, 0.85, 1.2),
        noise=between(rng, 0.5, 6.0),
        blur_px=between(rng, 0.0, 1.1),
        vignette=between(rng, 0.0, 0.3),
        jpeg_quality=one_of(rng, (None, 95, 85, 70, 55)),
    )


def _view(plan: FloorPlan, rng: np.random.Generator) -> tuple[Point, Point]:
    """Choose where a camera hangs and what it looks at."""
    width, depth, ceiling = plan.size
    if rng.random() < 0.5:
        x, y = one_of(rng, ((0.2, 0.2), (width - 0.2, 0.2), (0.2, depth - 0.2), (width - 0.2, depth - 0.2)))
    else:
        wall = one_of(rng, tuple(Wall))
        x, y = plan.before(wall, plan.length(wall) * between(rng, 0.2, 0.8), 0.15)
    z = between(rng, 1.5, min(2.6, ceiling - 0.1))
    away = between(rng, 1.8, 3.2)
    towards = atan2(depth / 2 - y, width / 2 - x) + between(rng, -0.25, 0.25)
    return (x, y, z), (x + away * cos(towards), y + away * sin(towards), between(rng, 0.6, 1.3))


def _blocked(position: Point, target: Point, solids: Sequence[Solid]) -> bool:
    """Say whether furniture close by takes more than a little of a view."""
    camera = Camera.looking(np.array(position), np.array(target), _USUAL_VIEW_RAD, 16, 9)
    ways = camera.rays().reshape(-1, 3).T.astype(np.float32)
    close = np.zeros(ways.shape[1], np.bool_)
    for solid in solids:
        axes = turned(solid.yaw_rad).T.astype(np.float32)
        start = axes @ (camera.position - np.array(solid.centre)).astype(np.float32)
        half = np.array(solid.size, np.float32) * np.float32(0.5)
        entry, leave = box_spans(half, start[:, None], axes @ ways)
        close |= (entry <= leave) & (leave > 0) & (entry < _FREE_VIEW_M)
    return bool(close.mean() > _BLOCKED_SHARE)
