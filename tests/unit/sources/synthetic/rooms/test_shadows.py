"""People throw soft shadows on what lies below them, and on nothing else."""

from __future__ import annotations

import numpy as np

from haven_server.sources.synthetic.camera import Camera
from haven_server.sources.synthetic.canvas import Canvas, Light
from haven_server.sources.synthetic.rooms import shadows
from haven_server.sources.synthetic.skeleton import Posture, Stance

OVERHEAD = Light(direction=(0.0, 0.0, 1.0))

STANDING = np.array(
    [
        *[(0, 0, z) for z in (0.95, 1.1, 1.3, 1.5, 1.65)],
        *[(0, y, z) for z in (1.42, 1.1, 0.85, 0.7) for y in (0.2, -0.2)],
        *[(0, y, z) for z in (0.92, 0.5, 0.08) for y in (0.1, -0.1)],
        (0.2, 0.1, 0.03),
        (0.2, -0.1, 0.03),
    ]
)


def posture(x: float, y: float, z: float = 0.0) -> Posture:
    """Somebody who stands upright."""
    axes = np.eye(3)
    return Posture(STANDING + np.array([x, y, z]), axes, axes, axes, Stance.STANDING)


def empty_floor(camera: Camera) -> Canvas:
    """A white floor that goes on for ever."""
    rays = camera.rays()
    depth = np.where(rays[..., 2] < -1e-3, -camera.position[2] / np.minimum(rays[..., 2], -1e-3), 50)
    return Canvas.over(np.full((camera.height, camera.width, 3), 200, np.uint8), depth.astype(np.float32))


def camera() -> Camera:
    return Camera.looking(np.array([-4.0, 0.0, 2.0]), np.array([0.0, 0.0, 0.3]), 1.0, 320, 180)


def shade_at(canvas: Canvas, seen_by: Camera, x: float, y: float) -> int:
    """How dark a point of the floor is, grey levels."""
    column, row, _ = seen_by.project(np.array([x, y, 0.0]))
    return 200 - int(canvas.colour[int(row), int(column)].max())


def test_the_floor_is_darkest_at_the_feet_and_not_darkened_far_away() -> None:
    seen_by = camera()
    canvas = empty_floor(seen_by)
    shadows.cast(canvas, seen_by, posture(0, 0), OVERHEAD)
    at_feet, beside, far = (shade_at(canvas, seen_by, 0.05, y) for y in (0.1, 0.4, 1.4))
    assert at_feet > 60
    assert at_feet > 2 * beside
    assert far == 0


def test_a_shadow_falls_away_from_the_light() -> None:
    seen_by = camera()
    canvas = empty_floor(seen_by)
    shadows.cast(canvas, seen_by, posture(0, 0), Light(direction=(0.0, 0.7, 0.714)))
    assert shade_at(canvas, seen_by, 0.0, -0.35) > shade_at(canvas, seen_by, 0.0, 0.35) + 5


def test_whoever_is_higher_throws_less_shadow_on_the_floor() -> None:
    seen_by = camera()
    shades = []
    for height in (0.0, 0.4):
        canvas = empty_floor(seen_by)
        shadows.cast(canvas, seen_by, posture(0, 0, height), OVERHEAD)
        shades.append(shade_at(canvas, seen_by, 0.0, 0.1))
    assert shades[1] < 0.6 * shades[0]


def test_what_stands_before_or_behind_somebody_is_not_darkened() -> None:
    seen_by = camera()
    canvas = empty_floor(seen_by)
    canvas.depth[:, :170] = 1.5  # something near the camera that rises over everything
    shadows.cast(canvas, seen_by, posture(0, 0), OVERHEAD)
    assert (canvas.colour[:100, :166] == 200).all()
    assert (canvas.colour[:, 170:] < 200).any()


def test_somebody_out_of_sight_changes_nothing() -> None:
    seen_by = camera()
    for x, y in ((-9.0, 0.0), (0.0, 30.0)):
        canvas = empty_floor(seen_by)
        shadows.cast(canvas, seen_by, posture(x, y), OVERHEAD)
        assert (canvas.colour == 200).all()


def test_a_shadow_leaves_depth_and_owners_alone() -> None:
    seen_by = camera()
    canvas, before = empty_floor(seen_by), empty_floor(seen_by)
    shadows.cast(canvas, seen_by, posture(0, 0), OVERHEAD)
    assert np.array_equal(canvas.depth, before.depth) and not canvas.owner.any()


def test_a_shadow_tells_where_it_fell() -> None:
    for x, y in ((0, 0), (-1.5, 0.4), (1.5, 2.0)):
        seen_by = camera()
        canvas, before = empty_floor(seen_by), empty_floor(seen_by)
        shadows.cast(canvas, seen_by, posture(x, y), OVERHEAD)
        assert canvas.touched
        canvas.clear(before.colour, before.depth)
        assert np.array_equal(canvas.colour, before.colour)
