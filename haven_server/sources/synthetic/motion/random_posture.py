"""Any posture, for training: Person, Place, chance -> Posture."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from haven_server.sources.synthetic.motion.act import Act
from haven_server.sources.synthetic.motion.bed import get_out_of_bed, lie, lie_down
from haven_server.sources.synthetic.motion.falling import fall, get_up_from_floor, lie_on_floor
from haven_server.sources.synthetic.motion.gestures import bend, reach, wave
from haven_server.sources.synthetic.motion.kneeling import kneel
from haven_server.sources.synthetic.motion.sitting import sit, sit_down, stand_up
from haven_server.sources.synthetic.motion.standing import stand
from haven_server.sources.synthetic.motion.steps import turn, walk
from haven_server.sources.synthetic.motion.upright import beside
from haven_server.sources.synthetic.people import Person
from haven_server.sources.synthetic.scene import Bed, Place, Seat
from haven_server.sources.synthetic.skeleton import Posture

Chance = np.random.Generator


def random_posture(person: Person, place: Place, rng: Chance) -> Posture:
    """Draw an act and an instant of it, at or near a place; walking and standing are the most frequent.

    Seats and beds are thought up for it, of random height: nothing need be there.

    Args:
        place: where the person is and, by and large, looks; one who walks passes it within a metre or two.
    """
    number = int(rng.choice(len(_ACTS), p=_SHARES))
    act = _ACTS[number](person, place, rng)
    return act.posture(float(rng.uniform(0.0, act.duration_s)))


def _walk(person: Person, place: Place, rng: Chance) -> Act:
    start, stop = beside(place, -1.5, 0.0), beside(place, 1.5, float(rng.normal(0.0, 0.5)))
    return walk(person, [(start.x, start.y), (place.x, place.y), (stop.x, stop.y)], float(rng.uniform(0.6, 1.4)))


def _stand(person: Person, place: Place, rng: Chance) -> Act:
    return stand(person, place, float(rng.uniform(2.0, 20.0)))


def _turn(person: Person, place: Place, rng: Chance) -> Act:
    return turn(person, place, place.heading_rad + float(rng.uniform(-math.pi, math.pi)))


def _seat(place: Place, rng: Chance) -> Seat:
    return Seat(place, float(rng.uniform(0.38, 0.55)), beside(place, float(rng.uniform(0.35, 0.5)), 0.0))


def _sits(person: Person, place: Place, rng: Chance) -> Act:
    return sit(person, _seat(place, rng), float(rng.uniform(2.0, 20.0)))


def _sits_down(person: Person, place: Place, rng: Chance) -> Act:
    return sit_down(person, _seat(place, rng))


def _stands_up(person: Person, place: Place, rng: Chance) -> Act:
    return stand_up(person, _seat(place, rng))


def _bed(place: Place, rng: Chance) -> Bed:
    side = float(rng.choice([-1.0, 1.0]))
    approach = beside(place, float(rng.uniform(-0.3, 0.3)), side * 0.9)
    approach = Place(approach.x, approach.y, place.heading_rad + side * math.pi / 2)
    corners = [beside(place, along, aside) for along, aside in ((-1.2, -0.5), (-1.2, 0.5), (0.9, 0.5), (0.9, -0.5))]
    return Bed(place, float(rng.uniform(0.4, 0.65)), approach, tuple((corner.x, corner.y) for corner in corners))


def _lies(person: Person, place: Place, rng: Chance) -> Act:
    return lie(person, _bed(place, rng), float(rng.uniform(2.0, 20.0)))


def _lies_down(person: Person, place: Place, rng: Chance) -> Act:
    return lie_down(person, _bed(place, rng))


def _gets_out(person: Person, place: Place, rng: Chance) -> Act:
    return get_out_of_bed(person, _bed(place, rng))


def _falls(person: Person, place: Place, rng: Chance) -> Act:
    return fall(person, place, float(rng.uniform(-math.pi, math.pi)), int(rng.integers(1 << 30)))


def _lies_on_floor(person: Person, place: Place, rng: Chance) -> Act:
    after = fall(person, place, float(rng.uniform(-math.pi, math.pi)), int(rng.integers(1 << 30)))
    return lie_on_floor(after, 10.0)


def _gets_up(person: Person, place: Place, rng: Chance) -> Act:
    return get_up_from_floor(fall(person, place, float(rng.uniform(-math.pi, math.pi)), int(rng.integers(1 << 30))))


def _gestures(person: Person, place: Place, rng: Chance) -> Act:
    return (bend, kneel, wave, reach)[int(rng.integers(4))](person, place)


_WEIGHTS: Final[Mapping[Callable[[Person, Place, Chance], Act], float]] = {
    _walk: 30,
    _stand: 16,
    _turn: 6,
    _sits: 10,
    _sits_down: 4,
    _stands_up: 4,
    _lies: 5,
    _lies_down: 3,
    _gets_out: 3,
    _falls: 6,
    _lies_on_floor: 4,
    _gets_up: 4,
    _gestures: 8,
}
_ACTS: Final = tuple(_WEIGHTS)
_SHARES: Final = np.array(list(_WEIGHTS.values())) / sum(_WEIGHTS.values())
