"""A backdrop shows what stands in a room, where it stands."""

from __future__ import annotations

import numpy as np
import pytest

from haven_server.sources.synthetic.camera import Camera
from haven_server.sources.synthetic.canvas import Light
from haven_server.sources.synthetic.rooms import fittings
from haven_server.sources.synthetic.rooms import furniture as make
from haven_server.sources.synthetic.rooms.backdrop import Backdrop, build, draw_backdrop, photograph
from haven_server.sources.synthetic.rooms.furniture import Piece, part
from haven_server.sources.synthetic.rooms.interior import Interior, Wall
from haven_server.sources.synthetic.scene import Room, Shape

COARSE_M = 0.25


def bare(*pieces: Piece, doorway: bool = False) -> Room:
    """A room of 5 x 4 x 2.5 m with pieces in its middle."""
    room = Interior((5.0, 4.0, 2.5))
    if doorway:
        room.doorway("door", Wall.EAST, 2.0, hide=1)
    room.put_on_wall(fittings.window(1.2, 0.9, 2.1, "white", None, 1), Wall.NORTH, 2.5)
    for piece in pieces:
        room.put(piece, 2.5, 2.0)
    return room.finish("bare", "planks:oak", "plaster:cream", "plaster:white", Light())


def looking_east(width: int = 160, height: int = 90) -> Camera:
    """A camera on the west wall at breast height."""
    return Camera.looking(np.array([0.5, 2.0, 1.2]), np.array([5.0, 2.0, 1.2]), 1.2, width, height)


def seen(room: Room, camera: Camera) -> Backdrop:
    return photograph(build(room, COARSE_M), camera)


def test_a_wall_is_as_far_as_it_is() -> None:
    depth = seen(bare(), looking_east()).depth
    assert depth.dtype == np.float32
    assert depth[45, 80] == pytest.approx(4.5, abs=1e-3)
    assert np.isfinite(depth).all() and depth.min() > 0


@pytest.mark.parametrize("shape", [Shape.BOX, Shape.CYLINDER, Shape.ELLIPSOID])
def test_furniture_is_before_the_wall_and_its_front_is_where_it_stands(shape: Shape) -> None:
    block = Piece((part("wood:oak", (-0.3, 0.3), (-0.3, 0.3), (0.9, 1.5), shape=shape),))
    depth = seen(bare(block), looking_east()).depth
    assert depth[44, 80] == pytest.approx(2.5 - 0.3 - 0.5, abs=0.01)


def test_a_doorway_shows_the_corridor_behind_the_wall() -> None:
    depth = seen(bare(doorway=True), looking_east()).depth
    assert depth[45, 80] > 4.5 + 1


def test_leaves_of_a_plant_hide_some_of_the_wall_but_not_all() -> None:
    depth = seen(bare(fittings.plant(1.6, "clay")), looking_east()).depth
    near = depth[30:60, 70:90] < 3
    assert 0.05 < near.mean() < 0.95


def test_a_picture_through_a_part_of_the_camera_is_that_part_of_the_picture() -> None:
    stage, camera = build(bare(make.chair("wood:oak")), COARSE_M), looking_east()
    whole, corner = photograph(stage, camera), photograph(stage, camera.window(40, 20, 80, 60))
    assert np.allclose(whole.depth[20:80, 40:120], corner.depth, atol=1e-4)
    difference = np.abs(whole.colour[21:79, 41:119].astype(int) - corner.colour[1:-1, 1:-1])
    assert (difference > 2).mean() < 0.01


def test_the_same_room_gives_the_same_bytes() -> None:
    first, second = (seen(bare(make.sofa(1.8, 2, "sage", ())), looking_east()) for _ in range(2))
    assert first.colour.tobytes() == second.colour.tobytes()
    assert first.depth.tobytes() == second.depth.tobytes()


def test_the_floor_under_a_table_is_darker_than_beside_it() -> None:
    camera = Camera.looking(np.array([0.3, 2.0, 1.8]), np.array([2.5, 2.0, 0.0]), 1.2, 160, 90)
    table = make.table(1.6, 1.2, 0.4, "wood:oak")
    without, beneath = (seen(room, camera) for room in (bare(), bare(table)))
    x, y, _ = camera.project(np.array([2.15, 2.0, 0.0]))
    spot = (slice(int(y) - 1, int(y) + 2), slice(int(x) - 3, int(x) + 3))
    assert abs(float((without.depth[spot] - beneath.depth[spot]).max())) < 1e-3
    assert beneath.colour[spot].mean() < 0.85 * without.colour[spot].mean()


def test_sun_falls_through_a_sunny_window_onto_the_floor() -> None:
    pictures = []
    for kind in ("window", "sunny"):
        room = Interior((5.0, 4.0, 2.5))
        room.put_on_wall(fittings.window(1.6, 0.5, 2.1, "white", None, 1, kind), Wall.EAST, 2.0)
        finished = room.finish("sunny", "planks:oak", "plaster:cream", "plaster:white", Light())
        pictures.append(seen(finished, looking_east()).colour[60:].astype(int))
    assert (pictures[1] - pictures[0]).max() > 25


def test_edges_are_smoothed() -> None:
    room = Interior((5.0, 4.0, 2.5))
    room.put(Piece((part("paint:charcoal", (-0.3, 0.3), (-0.3, 0.3), (0.5, 1.6)),)), 2.5, 2.0, 0.3)
    finished = room.finish("edge", "planks:oak", "plaster:white", "plaster:white", Light())
    camera = Camera.looking(np.array([0.5, 2.0, 1.8]), np.array([2.5, 2.0, 1.0]), 1.0, 320, 180)
    green = seen(finished, camera).colour[70:110, :160, 1].astype(int)
    edge = int(np.abs(np.diff(green[20])).argmax())
    across = green[:, edge - 5 : edge + 7]
    dark, bright = across.min(), across.max()
    between = (across > dark + 0.25 * (bright - dark)) & (across < dark + 0.75 * (bright - dark))
    assert between.any(axis=1).mean() > 0.4


def test_a_small_picture_is_drawn_straight_from_the_room() -> None:
    drawn = draw_backdrop(bare(), looking_east(64, 36))
    assert drawn.colour.shape == (36, 64, 3) and drawn.colour.dtype == np.uint8
