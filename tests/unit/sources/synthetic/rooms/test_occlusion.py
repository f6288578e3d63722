"""What stands between two points hides one from the other."""

from __future__ import annotations

from math import pi

import numpy as np
import numpy.typing as npt
import pytest

from haven_server.sources.synthetic.canvas import Light
from haven_server.sources.synthetic.rooms.bodies import Form, bodies_of
from haven_server.sources.synthetic.rooms.furniture import Piece, part
from haven_server.sources.synthetic.rooms.interior import Interior
from haven_server.sources.synthetic.rooms.occlusion import Occluders

WALL = Piece((part("wood:oak", (-0.1, 0.1), (-0.5, 0.5), (0.0, 1.0)),))
BOARD = Piece((part("wood:oak", (-0.01, 0.01), (-0.5, 0.5), (0.0, 1.0)),))


def occluders(piece: Piece, turn_rad: float = 0.0) -> Occluders:
    """One piece in the middle of a room."""
    room = Interior((4.0, 4.0, 2.5))
    room.put(piece, 2.0, 2.0, turn_rad)
    made = room.finish("room", "planks:oak", "plaster:cream", "plaster:white", Light())
    return Occluders([body for body in bodies_of(made) if body.form is not Form.ROOM])


def column(*values: float) -> npt.NDArray[np.float32]:
    return np.array(values, np.float32)[:, None]


def free(blockers: Occluders, start: npt.NDArray[np.float32], target: npt.NDArray[np.float32]) -> bool:
    return bool(blockers.free(start, target)[0])


@pytest.mark.parametrize(("target", "expected"), [((3, 2, 0.5), False), ((3, 2, 2.4), True), ((3, 3.9, 0.5), True)])
def test_a_wall_hides_what_is_behind_it_and_nothing_else(target: tuple[float, ...], expected: bool) -> None:
    assert free(occluders(WALL), column(1, 2, 0.5), column(*target)) is expected


def test_a_turned_wall_hides_other_things() -> None:
    start, target = column(1, 2.3, 0.5), column(3, 2.3, 0.5)
    assert not free(occluders(WALL), start, target)
    assert free(occluders(WALL, pi / 2), start, target)


def test_what_is_behind_the_target_or_the_start_hides_nothing() -> None:
    assert free(occluders(WALL), column(0.5, 2, 0.5), column(1.5, 2, 0.5))
    assert free(occluders(WALL), column(2.5, 2, 0.5), column(3.5, 2, 0.5))


def test_inside_something_thick_it_is_dark_but_not_behind_a_picture() -> None:
    inside, above = column(2, 2, 0.5), column(2, 2, 2.4)
    assert not free(occluders(WALL), inside, above)
    assert free(occluders(BOARD), inside, above)


def test_a_ray_goes_until_the_wall_or_as_far_as_asked_for() -> None:
    points = column(1, 2, 0.5)
    ways = np.array([[[1.0, 0.0]], [[0.0, 1.0]], [[0.0, 0.0]]], np.float32)
    reached, stopped_by = occluders(WALL).first_met(points, ways, 1.5)
    assert reached[0] == pytest.approx([0.9, 1.5], abs=1e-4)
    assert stopped_by.tolist() == [[0, -1]]
