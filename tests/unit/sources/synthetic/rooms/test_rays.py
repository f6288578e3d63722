"""Rays meet forms where the forms are, and miss them elsewhere."""

from __future__ import annotations

from functools import partial

import numpy as np
import numpy.typing as npt
import pytest

from haven_server.sources.synthetic.rooms import rays

HALF = np.array([0.6, 0.4, 0.3], np.float32)


def thrown(seed: int, count: int = 4000) -> tuple[rays.Ways, rays.Ways]:
    """Rays from one point outside towards the neighbourhood of the origin."""
    rng = np.random.default_rng(seed)
    start = np.array([[2.0], [1.5], [1.2]], np.float32)
    targets = rng.uniform(-0.8, 0.8, (3, count)).astype(np.float32)
    return start, targets - start


def from_rounded_box(points: rays.Ways, rounding: float) -> npt.NDArray[np.float32]:
    """Signed distance of points outside the core of a rounded box."""
    beyond = np.maximum(np.abs(points) - (HALF - rounding)[:, None], 0)
    return np.asarray(np.sqrt((beyond**2).sum(axis=0)) - rounding, np.float32)


@pytest.mark.parametrize("rounding", [0.005, 0.05, 0.2])
def test_a_ray_ends_on_the_surface_of_a_rounded_box(rounding: float) -> None:
    start, way = thrown(1)
    t = rays.meet_box(HALF, rounding, start, way)
    met = np.isfinite(t)
    assert 0.2 < met.mean() < 0.9
    distance = from_rounded_box(start + t[met] * way[:, met], rounding)
    assert np.abs(distance).max() < 2e-3


def test_no_ray_that_misses_a_rounded_box_comes_closer_than_its_surface() -> None:
    start, way = thrown(2)
    missed = ~np.isfinite(rays.meet_box(HALF, 0.15, start, way))
    along = np.linspace(0, 2, 400, dtype=np.float32)
    for column in np.flatnonzero(missed)[:200]:
        assert from_rounded_box(start + along * way[:, [column]], 0.15).min() > -3e-3


def test_rays_parallel_to_a_side_meet_a_box() -> None:
    start = np.array([[2.0], [0.1], [0.1]], np.float32)
    way = np.array([[-1.0, 0.0], [0.0, 1.0], [0.0, 0.0]], np.float32)
    assert rays.meet_box(HALF, 0.01, start, way) == pytest.approx([1.4, np.inf])


def test_a_ray_ends_on_the_surface_of_an_ellipsoid() -> None:
    start, way = thrown(3)
    t = rays.meet_ellipsoid(HALF, start, way)
    met = np.isfinite(t)
    assert 0.1 < met.mean() < 0.9
    points = start + t[met] * way[:, met]
    assert ((points / HALF[:, None]) ** 2).sum(axis=0) == pytest.approx(1, abs=1e-3)


def test_a_ray_ends_on_the_mantle_or_a_lid_of_a_cylinder() -> None:
    start, way = thrown(4)
    t = rays.meet_cylinder(HALF, start, way)
    met = np.isfinite(t)
    points = start + t[met] * way[:, met]
    radius = np.sqrt(((points[:2] / HALF[:2, None]) ** 2).sum(axis=0))
    on_mantle, on_lid = np.abs(radius - 1) < 1e-3, np.abs(np.abs(points[2]) - HALF[2]) < 1e-3
    assert (on_mantle | on_lid).all()
    assert on_mantle.any() and on_lid.any()
    assert radius.max() < 1.001 and np.abs(points[2]).max() < HALF[2] + 1e-3


@pytest.mark.parametrize("form", ["box", "ellipsoid", "cylinder"])
def test_normals_have_unit_length_and_look_towards_who_sees_them(form: str) -> None:
    start, way = thrown(5)
    meet, normals_of = {
        "box": (partial(rays.meet_box, HALF, 0.1), partial(rays.box_normals, HALF, 0.1)),
        "ellipsoid": (partial(rays.meet_ellipsoid, HALF), partial(rays.ellipsoid_normals, HALF)),
        "cylinder": (partial(rays.meet_cylinder, HALF), partial(rays.cylinder_normals, HALF)),
    }[form]
    t = meet(start, way)
    met = np.isfinite(t)
    normals = normals_of(start + t[met] * way[:, met])
    assert (normals**2).sum(axis=0) == pytest.approx(1, abs=1e-4)
    assert ((normals * way[:, met]).sum(axis=0) < 0.02).mean() > 0.999  # but for rounding at a rim


def test_from_inside_a_room_every_ray_ends_on_a_wall() -> None:
    way = np.random.default_rng(6).standard_normal((3, 500)).astype(np.float32)
    start = np.array([[0.2], [-0.1], [0.1]], np.float32)
    points = start + rays.leave_box(HALF, start, way) * way
    assert (np.abs(points) / HALF[:, None]).max(axis=0) == pytest.approx(1, abs=1e-3)
    assert ((rays.wall_normals(HALF, points) * way).sum(axis=0) < 0).all()
