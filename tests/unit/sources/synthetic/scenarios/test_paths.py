from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from haven_server.errors import InvalidInputError
from haven_server.sources.synthetic.canvas import Light
from haven_server.sources.synthetic.scenarios.paths import CLEARANCE_M, Way, clearance, route
from haven_server.sources.synthetic.scene import Room, Solid


def room(*solids: Solid) -> Room:
    materials = {"floor": "wood", "walls": "plaster", "ceiling": "plaster"}
    return Room("test", (6.0, 4.0, 2.5), materials, solids, Light(), {}, {}, {})


def box(x: float, y: float, width: float, depth: float, yaw_rad: float = 0.0, *, blocks: bool = True) -> Solid:
    return Solid((x, y, 0.4), (width, depth, 0.8), yaw_rad, "wood", blocks)


def along(way: Way) -> Way:
    shares = np.linspace(0, 1, 100)[:, None]
    return np.concatenate([(1 - shares) * a + shares * b for a, b in itertools.pairwise(way)])


def test_in_an_empty_room_the_way_is_straight() -> None:
    np.testing.assert_allclose(route(room(), [(1, 1), (5, 3)]), [[1, 1], [5, 3]])


def test_a_way_leads_through_its_places_in_their_order() -> None:
    way = route(room(), [(1, 1), (5, 1), (5, 3)])
    np.testing.assert_allclose(way, [[1, 1], [5, 1], [5, 3]])


def test_furniture_is_walked_round_at_a_distance() -> None:
    table = room(box(3, 2, 1.2, 1.2, yaw_rad=0.4))
    way = route(table, [(1, 2), (5, 2)])
    assert len(way) > 2
    assert clearance(table, along(way)).min() > CLEARANCE_M - 0.02


def test_what_does_not_block_is_walked_over() -> None:
    assert len(route(room(box(3, 2, 1.2, 1.2, blocks=False)), [(1, 2), (5, 2)])) == 2


def test_a_place_close_to_furniture_is_reached_all_the_same() -> None:
    way = route(room(box(3, 2, 1, 1)), [(1, 2), (2.4, 2)])
    np.testing.assert_allclose(way[-1], [2.4, 2])


def test_a_wall_of_furniture_is_an_error_that_names_the_room() -> None:
    with pytest.raises(InvalidInputError, match="test: furniture leaves no way"):
        route(room(box(3, 2, 1, 4)), [(1, 2), (5, 2)])


@settings(max_examples=25, deadline=None)
@given(st.floats(1.5, 4.5), st.floats(1.2, 2.8), st.floats(0.2, 1.2), st.floats(0.2, 1.2), st.floats(0, 3))
def test_no_way_comes_near_a_table_wherever_it_stands(
    x: float, y: float, width: float, depth: float, yaw: float
) -> None:
    furnished = room(box(x, y, width, depth, yaw))
    places = [(0.5, 0.5), (5.5, 3.5)]
    if clearance(furnished, np.array(places)).min() >= CLEARANCE_M:
        assert clearance(furnished, along(route(furnished, places))).min() > CLEARANCE_M - 0.03
