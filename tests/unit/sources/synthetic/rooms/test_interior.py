"""Pieces that are put into a room bring along what one can do with them."""

from __future__ import annotations

from math import pi

import pytest

from haven_server.sources.synthetic.canvas import Light
from haven_server.sources.synthetic.rooms import fittings
from haven_server.sources.synthetic.rooms import furniture as make
from haven_server.sources.synthetic.rooms.interior import Interior, Wall
from haven_server.sources.synthetic.scene import Room

SIZE = (5.0, 4.0, 2.5)


def finished(room: Interior) -> Room:
    return room.finish("room", "planks:oak", "plaster:cream", "plaster:white", Light())


def test_a_chair_is_sat_on_where_it_stands_and_approached_from_its_front() -> None:
    room = Interior(SIZE)
    room.put(make.chair("wood:oak"), 2.0, 1.0, pi / 2, "chair")
    seat = finished(room).seats["chair"]
    assert (seat.place.x, seat.place.y) == pytest.approx((2.0, 1.0))
    assert seat.place.heading_rad == pytest.approx(pi / 2)
    assert seat.approach.x == pytest.approx(2.0) and seat.approach.y > 1.5


def test_the_places_of_a_sofa_are_numbered_and_those_of_a_nameless_one_left_out() -> None:
    room = Interior(SIZE)
    room.put(make.sofa(1.8, 2, "sage", ()), 2.0, 1.0, 0.0, "sofa")
    room.put(make.sofa(1.8, 2, "sage", ()), 4.0, 1.0)
    assert list(finished(room).seats) == ["sofa_1", "sofa_2"]


def test_a_bed_at_a_wall_has_its_pillow_there_and_is_left_to_the_side_asked_for() -> None:
    room = Interior(SIZE)
    room.put_on_wall(make.bed(1.0, "white", "teal", "wood:oak", 1), Wall.NORTH, 2.0, name="bed")
    bed = finished(room).beds["bed"]
    assert bed.place.heading_rad % (2 * pi) == pytest.approx(pi / 2)  # from the feet to the pillow: northwards
    assert bed.approach.x > 2.5 and bed.approach.y == pytest.approx(bed.place.y)
    assert all(1.4 < x < 2.6 and 1.8 < y < 4.0 for x, y in bed.zone)


@pytest.mark.parametrize(("wall", "inside"), [(Wall.WEST, (0.7, 2.3)), (Wall.EAST, (4.3, 1.7))])
def test_a_doorway_leads_into_the_room(wall: Wall, inside: tuple[float, float]) -> None:
    room = Interior(SIZE)
    room.doorway("door", wall, 2.0, hide=-1)
    made = finished(room)
    door = made.doors["door"]
    assert (door.inside.x, door.inside.y) == pytest.approx(inside)
    assert not 0 < door.outside.x < SIZE[0]
    assert len(made.openings) == 1


def test_skirting_runs_along_every_wall_but_not_through_a_doorway() -> None:
    room = Interior(SIZE)
    room.doorway("door", Wall.SOUTH, 2.0, hide=1)
    boards = [solid for solid in finished(room).solids if solid.size[2] == 0.09]
    assert sum(board.size[1] for board in boards) == pytest.approx(2 * SIZE[0] + 2 * SIZE[1] - 1.0)
    south = [board for board in boards if board.centre[1] < 0.1 and board.yaw_rad == Wall.SOUTH.value]
    assert all(abs(board.centre[0] - 2.0) > board.size[1] / 2 for board in south)


def test_people_are_lit_from_the_window() -> None:
    room = Interior(SIZE)
    room.put_on_wall(fittings.window(1.5, 0.9, 2.1, "white", None, 1), Wall.EAST, 2.0)
    x, y, z = finished(room).light.direction
    assert x > 0.4 and abs(y) < 0.05 and z > 0.3
