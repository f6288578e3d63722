from __future__ import annotations

import math

import numpy as np
import pytest

from haven_server.sources.synthetic.rooms.catalogue import ROOMS
from haven_server.sources.synthetic.scenarios.paths import CLEARANCE_M, clearance
from haven_server.sources.synthetic.scenarios.places import heading_to, place_named, place_names, way_through
from haven_server.sources.synthetic.scene import Place, Room


@pytest.mark.parametrize("room", ROOMS.values(), ids=lambda room: room.name)
def test_every_place_of_every_room_can_be_reached(room: Room) -> None:
    door = next(iter(room.doors.values()))
    start = door.outside.x, door.outside.y
    for name in place_names(room):
        place = place_named(room, name)
        way = way_through(room, [start, (door.inside.x, door.inside.y), (place.x, place.y)])
        assert way is not None
        np.testing.assert_allclose(way[[0, -1]], [start, (place.x, place.y)])


def test_a_way_in_leads_through_the_middle_of_the_doorway() -> None:
    room = ROOMS["living_room"]
    door = room.doors["hall"]
    way = way_through(room, [(door.outside.x, door.outside.y), (door.inside.x, door.inside.y)])
    assert way is not None
    sills = np.array([(opening.place.x, opening.place.y) for opening in room.openings])
    assert np.linalg.norm(way[:, None] - sills, axis=-1).min() < 0.3


def test_people_who_meet_pass_one_another() -> None:
    room = ROOMS["entrance"]
    there = way_through(room, [(1.5, 2.0), (3.8, 2.6)])
    back = way_through(room, [(3.8, 2.6), (1.5, 2.0)])
    assert there is not None
    assert back is not None
    middle = len(there) // 2
    assert np.linalg.norm(back - there[middle], axis=1).min() > 0.35
    assert min(clearance(room, there).min(), clearance(room, back).min()) >= CLEARANCE_M - 0.02


def test_there_is_no_way_to_where_one_is() -> None:
    assert way_through(ROOMS["hall"], [(3.0, 1.4), (3.0, 1.4)]) is None


def test_one_faces_cameras_and_places() -> None:
    room = ROOMS["living_room"]
    spot = room.spots["middle"]
    camera = room.mounts["a"].camera
    assert heading_to(room, Place(camera.position[0] - 1, camera.position[1]), "a") == pytest.approx(0)
    assert heading_to(room, Place(spot.x, spot.y - 1), "middle") == pytest.approx(math.pi / 2)
