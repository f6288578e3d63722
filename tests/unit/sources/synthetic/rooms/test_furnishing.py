"""Rooms for training come from chance, are all different, and can be drawn."""

from __future__ import annotations

import numpy as np
import pytest

from haven_server.sources.synthetic.rooms.backdrop import build, photograph
from haven_server.sources.synthetic.rooms.bodies import bodies_of
from haven_server.sources.synthetic.rooms.catalogue import ROOMS
from haven_server.sources.synthetic.rooms.furnishing import random_room
from haven_server.sources.synthetic.scene import Room


def test_a_seed_is_a_room() -> None:
    first, again, other = random_room(7), random_room(7), random_room(8)
    assert first.solids == again.solids and first.materials == again.materials
    assert [mount.sensor for mount in first.mounts.values()] == [mount.sensor for mount in again.mounts.values()]
    assert first.solids != other.solids and first.size != other.size


def test_the_same_seed_draws_the_same_bytes() -> None:
    pictures = []
    for room in (random_room(3), random_room(3)):
        camera = next(iter(room.mounts.values())).camera.scaled(1 / 8)
        pictures.append(photograph(build(room, 0.4), camera).colour.tobytes())
    assert pictures[0] == pictures[1]


@pytest.mark.parametrize("seed", range(12))
def test_a_random_room_has_cameras_with_a_free_view_and_room_to_stand(seed: int) -> None:
    room = random_room(seed)
    assert 1 <= len(room.mounts) <= 3
    bodies = bodies_of(room)
    for mount in room.mounts.values():
        position = mount.camera.position
        assert (position > 0.1).all() and (position < np.array(room.size) - 0.05).all()
        ways = np.ascontiguousarray(mount.camera.scaled(1 / 80).rays().reshape(-1, 3).T, np.float32)
        depth = np.min([body.meet(position.astype(np.float32), ways) for body in bodies], axis=0)
        assert np.isfinite(depth).all()
        assert np.median(depth) > 0.9


@pytest.fixture(scope="module")
def rooms() -> list[Room]:
    return [random_room(seed) for seed in range(40)]


def test_random_rooms_differ_from_the_catalogue_and_from_one_another(rooms: list[Room]) -> None:
    looks = {tuple(sorted(room.materials.items())) for room in rooms}
    assert len(looks) > 36
    shipped = {room.size for room in ROOMS.values()}
    assert not shipped & {room.size for room in rooms}


def test_random_rooms_hold_every_kind_of_furniture_now_and_then(rooms: list[Room]) -> None:
    assert any(room.beds for room in rooms) and any(room.seats for room in rooms)
    kinds = {solid.material.partition(":")[0] for room in rooms for solid in room.solids}
    assert {"fabric", "books", "drawers", "rug", "picture", "leaf", "curtain", "sunny", "lampshade"} <= kinds
