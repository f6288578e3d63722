from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from haven_server.sources.synthetic.camera import Camera, turned
from haven_server.sources.synthetic.figures.impostors import Hits, draw_shapes
from haven_server.sources.synthetic.figures.modelling import Wrap, ball, capsule, shell
from haven_server.sources.synthetic.figures.quadrics import boxes
from haven_server.sources.synthetic.figures.shapes import Floats, Shapes

SIZE = 120
FAR = 50.0
WRAP = Wrap.round_axis(100.0, -50.0, (200.0, 10.0), (0.0, 400.0))
IN_FRONT = Camera(np.array([4.0, 0.0, 0.0]), turned(np.pi), 300.0, (60.0, 60.0), SIZE, SIZE)
"""Four metres before the origin, looking at it; 75 px a metre there."""
ASLANT = Camera.looking(np.array([2.5, 1.5, 1.8]), np.array([0.0, 0.1, 0.2]), 0.5, SIZE, SIZE)


def empty() -> npt.NDArray[np.float32]:
    return np.full((SIZE, SIZE), FAR, np.float32)


def drawn(shapes: Shapes, camera: Camera, depth: npt.NDArray[np.float32]) -> Hits:
    return draw_shapes(shapes, camera, boxes(shapes, camera), depth, (0, 0))


def world_points(hits: Hits, camera: Camera) -> Floats:
    right, down, forward = hits.points.astype(np.float64)
    ahead, left, up = camera.rotation.T
    return np.asarray(camera.position + np.outer(forward, ahead) - np.outer(right, left) - np.outer(down, up))


def test_a_ball_is_as_deep_as_geometry_says() -> None:
    depth = empty()
    drawn(ball((0, 0, 0), (0.5, 0.5, 0.5), WRAP), IN_FRONT, depth)
    assert depth[60, 60] == pytest.approx(3.5, abs=1e-3)
    assert depth[5, 5] == FAR


def test_every_point_of_an_ellipsoid_lies_on_its_surface() -> None:
    radii = np.array([0.3, 0.5, 0.7])
    hits = drawn(ball((0, 0.1, 0.2), radii, WRAP, turned(0.4, 0.3)), ASLANT, empty())
    offsets = (world_points(hits, ASLANT) - [0, 0.1, 0.2]) @ turned(0.4, 0.3)
    assert len(offsets) > 1000
    assert np.square(offsets / radii).sum(axis=1) == pytest.approx(1.0, abs=2e-3)


def test_an_even_capsule_keeps_its_distance_from_its_axis() -> None:
    start, end = np.array([0, -0.3, 0.0]), np.array([0.2, 0.4, 0.3])
    points = world_points(drawn(capsule(start, end, (0.2, 0.2), WRAP), ASLANT, empty()), ASLANT)
    share = np.clip((points - start) @ (end - start) / np.square(end - start).sum(), 0, 1)
    nearest = start + share[:, None] * (end - start)
    assert np.linalg.norm(points - nearest, axis=1) == pytest.approx(0.2, abs=1e-3)


def test_a_tapered_capsule_has_no_crease_where_cone_and_balls_meet() -> None:
    shapes = capsule((0, 0, -0.3), (0, 0, 0.4), (0.3, 0.12), WRAP)
    depth = empty()
    hits = drawn(shapes, IN_FRONT, depth)
    downwards = np.full((SIZE, SIZE), np.nan)
    downwards.ravel()[hits.pixels] = hits.normals[1]
    assert set(hits.shapes.tolist()) == {0, 1, 2}
    middle = downwards[:, 60][~np.isnan(downwards[:, 60])]
    assert np.abs(np.diff(middle[3:-3])).max() < 0.2


def test_normals_have_length_one_and_look_at_the_camera() -> None:
    shapes = Shapes.joined(
        ball((0, 0, 0), (0.5, 0.3, 0.4), WRAP), shell((0, 0, 0), (0.7, 0.7, 0.7), WRAP, (-1, 0, 1), 0.1)
    )
    hits = drawn(shapes, ASLANT, empty())
    assert np.linalg.norm(hits.normals, axis=0) == pytest.approx(1.0, abs=1e-4)
    assert ((hits.normals * hits.points).sum(axis=0) <= 1e-4).all()


def test_a_shell_shows_what_is_within_it_where_it_is_cut_away() -> None:
    head = ball((0, 0, 0), (0.3, 0.3, 0.3), WRAP)
    hat = shell((0, 0, 0), (0.4, 0.4, 0.4), WRAP, (0, 0, 1), 0.0)
    hits = drawn(Shapes.joined(head, hat), IN_FRONT, empty())
    seen = np.full((SIZE, SIZE), 9)
    seen.ravel()[hits.pixels] = hits.shapes
    assert seen[45, 60] == 1
    assert seen[75, 60] == 0


def test_an_open_shell_is_seen_from_within() -> None:
    bowl = shell((0, 0, 0), (0.4, 0.4, 0.4), WRAP, (-1, 0, 0), 0.0)
    depth = empty()
    drawn(bowl, IN_FRONT, depth)
    assert depth[60, 60] == pytest.approx(4.4, abs=1e-3)


def test_what_is_behind_something_is_not_drawn() -> None:
    wall = np.full((SIZE, SIZE), FAR, np.float32)
    wall[:, :60] = 2.0
    hits = drawn(ball((0, 0, 0), (0.5, 0.5, 0.5), WRAP), IN_FRONT, wall)
    assert (hits.pixels % SIZE >= 60).all()
    assert (wall[:, :60] == 2.0).all()


def test_the_box_of_a_shape_bounds_its_pixels_tightly() -> None:
    shapes = ball((0, 0.1, 0), (0.5, 0.3, 0.4), WRAP, turned(0.5, 0.2))
    left, top, right, bottom = boxes(shapes, ASLANT)[0]
    rows, columns = np.divmod(drawn(shapes, ASLANT, empty()).pixels, SIZE)
    assert columns.min() == pytest.approx(left, abs=1.5)
    assert columns.max() + 1 == pytest.approx(right, abs=1.5)
    assert rows.min() == pytest.approx(top, abs=1.5)
    assert rows.max() + 1 == pytest.approx(bottom, abs=1.5)


def test_what_is_not_wholly_in_front_of_the_camera_has_no_box_and_is_not_drawn() -> None:
    behind = ball((4.2, 0, 0), (0.5, 0.5, 0.5), WRAP)
    assert np.isnan(boxes(behind, IN_FRONT)).all()
    assert not len(drawn(behind, IN_FRONT, empty()).pixels)


def test_the_front_of_a_texture_is_where_its_frame_looks_and_its_left_to_the_left() -> None:
    hits = drawn(ball((0, 0, 0), (0.5, 0.5, 0.5), WRAP), IN_FRONT, empty())
    columns, rows = np.full((2, SIZE, SIZE), np.nan)
    columns.ravel()[hits.pixels], rows.ravel()[hits.pixels] = hits.columns, hits.rows
    assert columns[60, 60] == pytest.approx(200.0, abs=0.3)
    assert columns[60, 80] > 203.0  # the left of what looks at the camera is on the right of the picture
    assert rows[60, 60] == pytest.approx(100.0, abs=0.5)
    assert rows[40, 60] < 95.0


def test_a_part_of_the_picture_shows_the_same_as_the_whole() -> None:
    shapes = capsule((0, -0.3, -0.2), (0, 0.3, 0.3), (0.3, 0.1), WRAP)
    whole, part = empty(), empty()[20:90, 30:100].copy()
    drawn(shapes, ASLANT, whole)
    draw_shapes(shapes, ASLANT, boxes(shapes, ASLANT), part, (30, 20))
    assert part == pytest.approx(whole[20:90, 30:100], abs=1e-5)
