"""Bending down, waving, reaching: Person, Place -> acts of somebody who stands."""

from __future__ import annotations

import numpy as np

from haven_server.sources.synthetic.motion.controls import Controls, changed, quaternion
from haven_server.sources.synthetic.motion.keyed import Keyed, timed
from haven_server.sources.synthetic.motion.kinematics import with_hands_at
from haven_server.sources.synthetic.motion.liveliness import Liveliness
from haven_server.sources.synthetic.motion.measures import measures_of
from haven_server.sources.synthetic.motion.upright import beside, swung_hand, tempo_of, upright
from haven_server.sources.synthetic.people import Person
from haven_server.sources.synthetic.scene import Place
from haven_server.sources.synthetic.skeleton import Stance

_STANDING = (Stance.STANDING, Stance.STANDING)


def bend(person: Person, place: Place) -> Keyed:
    """Bend down to the floor, pick something up, and rise."""
    stand = upright(person, place)
    halfway, low = _bent(person, place, 0.5), _bent(person, place, 1.0)
    poses = [(0.0, stand), (0.5, halfway), (0.5, low), (0.5, low), (0.5, halfway), (0.6, stand)]
    return Keyed("bend", person, timed(poses, Stance.MOVING, _STANDING, tempo_of(person)))


def wave(person: Person, place: Place) -> Keyed:
    """Wave with the right hand."""
    stand = upright(person, place)
    poses = [(0.0, stand), (0.6, _raised(stand, -0.3))]
    for _ in range(3):
        poses += [(0.26, _raised(stand, -0.52)), (0.26, _raised(stand, -0.2))]
    poses.append((0.7, stand))
    return _gesture("wave", person, poses)


def reach(person: Person, place: Place) -> Keyed:
    """Reach with the right hand for something at the height of the head, in front."""
    stand = upright(person, place)
    reached = changed(
        stand,
        bend=(0.2, -0.1, 0.0),
        gaze=(-0.1, 0.2, 0.0),
        right_hand=(0.78, -0.05, 0.42),
        right_elbow=0.3,
    )
    return _gesture("reach", person, [(0.0, stand), (0.9, reached), (0.8, reached), (0.9, stand)])


def _gesture(name: str, person: Person, poses: list[tuple[float, Controls]]) -> Keyed:
    keys = timed(poses, Stance.STANDING, _STANDING, tempo_of(person))
    return Keyed(name, person, keys, Liveliness((person.seed, 81), keys[-1].at_s, glance_rad=0.1))


def _raised(stand: Controls, aside: float) -> Controls:
    """Hold the right hand up beside the head; ``aside`` is how far, in lengths of the arm."""
    return changed(stand, right_hand=(0.3, aside, 0.32), right_elbow=-0.85, bend=(0.0, 0.0, -0.03))


def _bent(person: Person, place: Place, share: float) -> Controls:
    """Give a share of the way down: knees and trunk bent, the right hand at the floor in the end."""
    measures = measures_of(person.physique)
    pelvis = beside(place, -0.24 * share * measures.leg, 0.0)
    stand = upright(person, place)
    body = changed(
        stand,
        pelvis=(pelvis.x, pelvis.y, stand[2] - 0.36 * share * measures.leg),
        facing=quaternion(place.heading_rad, -0.75 * share),
        bend=(0.2 * share, -0.6 * share, 0.0),
        gaze=(0.0, 0.35 * share, 0.0),
    )
    object_at, knee = beside(place, 0.36 * measures.leg, -0.12), beside(place, 0.12 * measures.leg, 0.12)
    low = with_hands_at(
        measures, body, np.array([[knee.x, knee.y, 0.6 * measures.leg], [object_at.x, object_at.y, 0.1]])
    )
    if share >= 1.0:
        return low
    hand = swung_hand(measures, share, 0.4, 0.12)
    return changed(low, right_hand=(hand[0], -hand[1], hand[2]))
