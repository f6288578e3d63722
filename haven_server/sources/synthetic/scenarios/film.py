"""Take the pictures of one camera of a scenario: Scenario -> pictures with FrameTruth."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from zlib import crc32

from haven_server.sources.synthetic.camera import Camera
from haven_server.sources.synthetic.canvas import Canvas
from haven_server.sources.synthetic.rooms import catalogue as rooms
from haven_server.sources.synthetic.rooms import shadows
from haven_server.sources.synthetic.rooms.backdrop import Backdrop, draw_backdrop
from haven_server.sources.synthetic.rooms.sensor import Exposure
from haven_server.sources.synthetic.rooms.still_view import StillView
from haven_server.sources.synthetic.scenarios.director import Actor, Production
from haven_server.sources.synthetic.scenarios.scenario import Scenario
from haven_server.sources.synthetic.scenarios.truth import FrameTruth, PersonTruth, person_truth
from haven_server.sources.synthetic.scene import Mount, Room
from haven_server.types import BGRImage


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """One picture and what is true of it."""

    picture: BGRImage
    truth: FrameTruth


def frames(scenario: Scenario, camera_id: str, scale: float = 1.0) -> Iterator[Shot]:
    """Take all pictures of one camera in their order; the same ones every time.

    Args:
        scale: factor on width and height.
    Raises:
        KeyError: the scenario has no such camera.
    """
    plan = scenario.camera(camera_id)
    production = Production(scenario)
    room, mount = rooms.ROOMS[plan.room], _mount(scenario, camera_id)
    camera = mount.camera.scaled(scale)
    backdrop = _backdrop(plan.mount, scale)
    exposure = Exposure(mount.sensor, camera.width, camera.height, scenario.seed + crc32(camera_id.encode()))
    view, canvas = StillView(exposure, backdrop.colour), Canvas.over(backdrop.colour, backdrop.depth)
    for index in range(scenario.frame_count):
        people = _draw_people(canvas, camera, room, production.on_stage(room.name, index / scenario.fps))
        yield Shot(view.frame(canvas.colour, canvas.touched, index), FrameTruth(index, people))
        canvas.clear(backdrop.colour, backdrop.depth)


def picture_size(scenario: Scenario, camera_id: str, scale: float = 1.0) -> tuple[int, int]:
    """Tell width and height of a camera's pictures, px."""
    camera = _mount(scenario, camera_id).camera.scaled(scale)
    return camera.width, camera.height


def _mount(scenario: Scenario, camera_id: str) -> Mount:
    plan = scenario.camera(camera_id)
    return rooms.ROOMS[plan.room].mounts[plan.mount.partition(".")[2]]


def _draw_people(canvas: Canvas, camera: Camera, room: Room, actors: Sequence[Actor]) -> tuple[PersonTruth, ...]:
    """Draw everybody into a picture of the room, shadows first, and tell who is to be seen."""
    for actor in actors:
        shadows.cast(canvas, camera, actor.posture, room.light)
    for actor in actors:
        actor.figure.draw(canvas, camera, actor.posture, room.light, actor.global_id)
    found = (person_truth(actor, camera, canvas) for actor in actors)
    return tuple(person for person in found if person is not None)


@functools.lru_cache(maxsize=8)
def _backdrop(mount: str, scale: float) -> Backdrop:
    """Draw a room without people, once per process: it takes seconds."""
    room_name, _, name = mount.partition(".")
    room = rooms.ROOMS[room_name]
    return draw_backdrop(room, room.mounts[name].camera.scaled(scale))
