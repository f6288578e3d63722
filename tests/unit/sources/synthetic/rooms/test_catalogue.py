"""The catalogue's rooms can be lived in, and their cameras see who lives there."""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt
import pytest

from haven_server.sources.synthetic.camera import Camera, Points
from haven_server.sources.synthetic.rooms.bodies import bodies_of
from haven_server.sources.synthetic.rooms.catalogue import ROOMS
from haven_server.sources.synthetic.rooms.materials import material
from haven_server.sources.synthetic.scenarios import paths
from haven_server.sources.synthetic.scene import Place, Room, Solid

every_room = pytest.mark.parametrize("room", ROOMS.values(), ids=ROOMS)

BODY_M = np.array([(x, y, z) for x in (-0.25, 0.25) for y in (-0.25, 0.25) for z in (0.1, 0.6, 1.1, 1.5, 1.8)])
"""Points of somebody who stands."""


def goals(room: Room) -> dict[str, Place]:
    """All places that a scenario can send somebody to."""
    return (
        {f"door {name}": door.inside for name, door in room.doors.items()}
        | {f"spot {name}": spot for name, spot in room.spots.items()}
        | {f"seat {name}": seat.approach for name, seat in room.seats.items()}
        | {f"bed {name}": bed.approach for name, bed in room.beds.items()}
    )


def in_picture(camera: Camera, points: Points) -> npt.NDArray[np.bool_]:
    """Say which points are inside the picture."""
    x, y, depth = camera.project(points).T
    return np.asarray((depth > 0.1) & (x > 0) & (x < camera.width) & (y > 0) & (y < camera.height))


def hidden(room: Room, camera: Camera, points: Points) -> npt.NDArray[np.bool_]:
    """Say which points are behind something, seen from a camera."""
    position = camera.position.astype(np.float32)
    ways = np.ascontiguousarray((points - camera.position).T, np.float32)
    return np.asarray(np.min([body.meet(position, ways) for body in bodies_of(room)], axis=0) < 0.995)


def test_there_are_the_rooms_that_scenarios_are_written_for() -> None:
    assert list(ROOMS) == ["living_room", "hall", "bedroom", "entrance", "ward"]
    assert all(name == room.name for name, room in ROOMS.items())


@every_room
def test_every_place_is_reached_from_every_door(room: Room) -> None:
    for door, goal in itertools.product(room.doors.values(), goals(room).values()):
        if (door.inside.x, door.inside.y) != (goal.x, goal.y):
            way = paths.route(room, [(door.inside.x, door.inside.y), (goal.x, goal.y)])
            steps = np.concatenate([np.linspace(a, b, 40) for a, b in itertools.pairwise(way)])
            assert paths.clearance(room, steps).min() > 0.2


@every_room
def test_who_stands_at_a_place_touches_nothing(room: Room) -> None:
    for name, place in goals(room).items():
        least = 0.4 if name.startswith("spot") else 0.3
        assert paths.clearance(room, np.array([place.x, place.y])) >= least, name


@every_room
def test_who_waits_outside_a_door_is_seen_by_no_camera(room: Room) -> None:
    for (name, door), (camera_name, mount) in itertools.product(room.doors.items(), room.mounts.items()):
        points = BODY_M + np.array([door.outside.x, door.outside.y, 0])
        seen = in_picture(mount.camera, points) & ~hidden(room, mount.camera, points)
        assert not seen.any(), (name, camera_name)


@every_room
def test_who_comes_in_walks_through_the_doorway_and_not_the_wall(room: Room) -> None:
    for opening, door in zip(room.openings, room.doors.values(), strict=True):
        start, end = np.array([door.outside.x, door.outside.y]), np.array([door.inside.x, door.inside.y])
        into = np.array([np.cos(opening.place.heading_rad), np.sin(opening.place.heading_rad)])
        along = np.array([-into[1], into[0]])
        sill = np.array([opening.place.x, opening.place.y])
        share = ((sill - start) @ into) / ((end - start) @ into)
        assert 0 < share < 1
        assert abs((start + share * (end - start) - sill) @ along) < opening.width_m / 2 - 0.2


@every_room
def test_a_camera_sees_the_face_of_somebody_near_on_a_way_through_the_room(room: Room) -> None:
    assert any(sees_a_face(room, mount.camera) for mount in room.mounts.values())


def sees_a_face(room: Room, camera: Camera) -> bool:
    """Say whether somebody who walks between two places shows a camera the face from 4 m or nearer."""
    places = list(goals(room).values())
    for start, goal in itertools.permutations(places, 2):
        way = np.array([goal.x - start.x, goal.y - start.y])
        length = float(np.hypot(*way))
        if length < 1.0:
            continue
        for share in (0.3, 0.6, 0.9):
            head = np.array([start.x + share * way[0], start.y + share * way[1], 1.65])
            towards = camera.position[:2] - head[:2]
            distance = float(np.hypot(*towards))
            frontal = float(towards @ way) / distance / length > 0.85
            if frontal and 1.5 < distance < 4 and in_picture(camera, head[None])[0]:
                return not hidden(room, camera, head[None])[0]
    return False


@every_room
def test_every_camera_hangs_inside_the_room_at_a_usual_height_with_a_free_view(room: Room) -> None:
    for mount in room.mounts.values():
        camera = mount.camera
        assert (camera.width, camera.height) == (1280, 720)
        assert (camera.position > 0.05).all() and (camera.position < np.array(room.size) - 0.05).all()
        assert 1.6 <= camera.position[2] <= 2.6
        assert 55 <= np.degrees(2 * np.arctan(camera.width / 2 / camera.focal_px)) <= 80
        rays = camera.scaled(1 / 40).rays().reshape(-1, 3)
        assert hidden(room, camera, camera.position + rays * 0.8).mean() < 0.1


@every_room
def test_something_that_one_passes_behind_hides_legs_but_not_heads(room: Room) -> None:
    camera_sees = []
    for mount, place in itertools.product(room.mounts.values(), goals(room).values()):
        points = np.array([(place.x, place.y, z) for z in (0.2, 1.6)])
        covered = hidden(room, mount.camera, points)
        camera_sees.append(bool(covered[0] and not covered[1] and in_picture(mount.camera, points[1:])[0]))
    assert any(camera_sees)


@every_room
def test_seats_and_beds_are_as_high_as_what_one_sits_on(room: Room) -> None:
    for name, seat in room.seats.items():
        tops = [top(solid) for solid in room.solids if covers(solid, seat.place) and top(solid) < 0.6]
        assert max(tops) == pytest.approx(seat.height_m, abs=0.05), name
    for name, bed in room.beds.items():
        tops = [top(solid) for solid in room.solids if covers(solid, bed.place)]
        assert max(tops) == pytest.approx(bed.height_m, abs=0.05), name


def top(solid: Solid) -> float:
    """How high a solid reaches."""
    return solid.centre[2] + solid.size[2] / 2


def covers(solid: Solid, place: Place) -> bool:
    """Whether a solid that one can touch from the floor lies over a point of the floor."""
    x, y = place.x - solid.centre[0], place.y - solid.centre[1]
    cos, sin = np.cos(solid.yaw_rad), np.sin(solid.yaw_rad)
    inside = abs(cos * x + sin * y) <= solid.size[0] / 2 and abs(cos * y - sin * x) <= solid.size[1] / 2
    return bool(inside and top(solid) < 1.5 and not material(solid.material).glow)


@every_room
def test_people_are_lit_from_where_the_light_is(room: Room) -> None:
    direction = np.array(room.light.direction)
    assert np.linalg.norm(direction) == pytest.approx(1)
    assert direction[2] > 0.3
