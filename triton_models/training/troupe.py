"""People put on a stage and photographed: Stage, chance -> Photograph."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from haven_server.sources.synthetic.camera import Camera
from haven_server.sources.synthetic.canvas import Canvas
from haven_server.sources.synthetic.figures import casting
from haven_server.sources.synthetic.figures.figure import Figure
from haven_server.sources.synthetic.motion import acts
from haven_server.sources.synthetic.motion.acts import Act
from haven_server.sources.synthetic.people import Person
from haven_server.sources.synthetic.rooms import shadows
from haven_server.sources.synthetic.scenarios.director import Actor
from haven_server.sources.synthetic.scenarios.truth import PersonTruth, person_truth
from haven_server.sources.synthetic.scene import Place, Room, Seat
from haven_server.sources.synthetic.skeleton import Posture
from haven_server.types import BGRImage
from triton_models.training.stages import Stage

Kinds = Mapping[str, float]
"""How often somebody does what; adds up to 1."""
KINDS: Final[Kinds] = {"walk": 0.42, "stand": 0.2, "gesture": 0.08, "seat": 0.14, "bed": 0.06, "fall": 0.1}
LOW_KINDS: Final[Kinds] = {"walk": 0.1, "stand": 0.02, "gesture": 0.08, "seat": 0.3, "bed": 0.18, "fall": 0.32}
"""The same of pictures that teach what upright people do not: limbs that point anywhere."""
WAY_M: Final = 2.4


@dataclass(frozen=True, slots=True, eq=False)
class Photograph:
    """A picture with the truth about everybody in it."""

    picture: BGRImage
    people: tuple[PersonTruth, ...]


@lru_cache(maxsize=64)
def dressed(person_seed: int, outfit_seed: int) -> Figure:
    """Make somebody in their clothes; kept for a while, since the textures take longer than the drawing."""
    return Figure(casting.person(person_seed), casting.outfit(outfit_seed))


def posture_at(person: Person, place: Place, room: Room, chance: np.random.Generator, kinds: Kinds = KINDS) -> Posture:
    """Do anything: walk or stand about at a place, fall there, or use the room's seats and beds."""
    kind = str(chance.choice(list(kinds), p=list(kinds.values())))
    act = _act(kind, person, place, room, chance)
    return act.posture(float(chance.uniform(0, act.duration_s)))


def _act(kind: str, person: Person, place: Place, room: Room, chance: np.random.Generator) -> Act:
    """Choose an act of one kind."""
    if kind == "walk":
        ahead = WAY_M / 2 * np.array([np.cos(place.heading_rad), np.sin(place.heading_rad)])
        middle = np.array([place.x, place.y])
        return acts.walk(person, np.stack([middle - ahead, middle + ahead]), float(chance.uniform(0.7, 1.3)))
    if kind == "seat":
        seat = Seat(place, float(chance.uniform(0.4, 0.55)), place)
        if room.seats:
            seat = list(room.seats.values())[chance.integers(len(room.seats))]
        return acts.sit(person, seat, 20.0) if chance.random() < 0.7 else acts.sit_down(person, seat)
    if kind == "bed" and room.beds:
        bed = list(room.beds.values())[chance.integers(len(room.beds))]
        return acts.lie(person, bed, 20.0) if chance.random() < 0.6 else acts.get_out_of_bed(person, bed)
    if kind in ("bed", "fall"):
        fall = acts.fall(person, place, float(chance.uniform(-np.pi, np.pi)), int(chance.integers(1 << 31)))
        after = (fall, acts.lie_on_floor(fall, 10.0), acts.get_up_from_floor(fall))
        return after[chance.choice(3, p=[0.35, 0.4, 0.25])]
    gestures = (acts.bend, acts.kneel, acts.wave, acts.reach)
    if kind == "gesture":
        return gestures[chance.integers(len(gestures))](person, place)
    return acts.stand(person, place, 30.0)


def photograph(
    stage: Stage,
    canvas: Canvas,
    camera: Camera,
    actors: Sequence[Actor],
    chance: np.random.Generator,
    exposed: Callable[[BGRImage], BGRImage],
) -> Photograph:
    """Draw everybody as a film does, and let the sensor see it.

    Args:
        canvas: of what ``camera`` sees of the stage; drawn on.
        exposed: the sensor.
    """
    light = stage.light(chance)
    for one in actors:
        shadows.cast(canvas, camera, one.posture, light)
    for one in actors:
        one.figure.draw(canvas, camera, one.posture, light, one.global_id)
    truths = (person_truth(one, camera, canvas) for one in actors)
    people = tuple(truth for truth in truths if truth is not None)
    return Photograph(exposed(canvas.colour), people)
