"""On one knee, on all fours: Person, Place -> Controls, Keyed."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from haven_server.errors import InvalidInputError
from haven_server.sources.synthetic.camera import Points
from haven_server.sources.synthetic.motion.controls import Controls, changed, quaternion
from haven_server.sources.synthetic.motion.keyed import Keyed, timed
from haven_server.sources.synthetic.motion.kinematics import with_hands_at
from haven_server.sources.synthetic.motion.liveliness import Liveliness
from haven_server.sources.synthetic.motion.measures import Measures, measures_of
from haven_server.sources.synthetic.motion.upright import beside, footprints, upright
from haven_server.sources.synthetic.people import Person
from haven_server.sources.synthetic.scene import Place
from haven_server.sources.synthetic.skeleton import Stance

_KNEE_M: Final = 0.055  # from the knee to the floor it rests on
_WAY_S: Final = 3.8  # down and up
_SHORTEST_S: Final = 4.0


def kneel(person: Person, place: Place, duration_s: float = 6.0) -> Keyed:
    """Go down on the right knee, see to something on the floor, and rise.

    Args:
        duration_s: of all of it, 4 s or more.
    Raises:
        InvalidInputError: less time than it takes to get down and up again.
    """
    if not duration_s >= _SHORTEST_S:
        raise InvalidInputError(
            f"kneel: {duration_s:g} s are too short to get down and up; give {_SHORTEST_S:g} s or more"
        )
    stand, down = upright(person, place), on_one_knee(person, place)
    low = on_one_knee(person, place, lean_rad=0.75, hands_low=True)
    halfway = half_risen(person, place)
    busy_s = duration_s - _WAY_S
    poses = [
        (0.0, stand),
        (0.7, halfway),
        (0.55, down),
        (0.5, low),
        (busy_s, low),
        (0.55, down),
        (0.7, halfway),
        (0.8, stand),
    ]
    keys = timed(poses, Stance.MOVING, (Stance.STANDING, Stance.STANDING))
    return Keyed("kneel", person, keys, Liveliness((person.seed, 51), duration_s, glance_rad=0.15, sway_m=0.0))


def on_one_knee(person: Person, place: Place, lean_rad: float = 0.3, hands_low: bool = False) -> Controls:
    """Give somebody on the right knee, the left foot where it is when they stand on ``place``.

    Args:
        hands_low: they are at the floor; otherwise on the left knee.
    """
    measures = measures_of(person.physique)
    left = footprints(person, place)[0]
    pelvis = beside(place, -0.82 * measures.thigh, 0.0)
    height = _KNEE_M + 0.985 * measures.thigh
    behind = beside(pelvis, -0.93 * measures.shank, -0.5 * measures.hip_width)
    down = math.sqrt(0.5)
    body = changed(
        upright(person, place),
        pelvis=(pelvis.x, pelvis.y, height),
        facing=quaternion(place.heading_rad, -0.4 * lean_rad),
        bend=(0.0, -0.6 * lean_rad, 0.0),
        gaze=(0.0, 0.3 * lean_rad, 0.0),
        left_ankle=(left.x, left.y, measures.ankle_height),
        right_ankle=(behind.x, behind.y, 0.55 * measures.ball + measures.ankle_height),
        left_knee=0.15,
        right_knee=0.1,
        right_sole=(down * math.cos(place.heading_rad), down * math.sin(place.heading_rad), -down),
    )
    knee = beside(pelvis, 0.9 * measures.thigh, 0.5 * measures.hip_width)
    hands = (beside(knee, 0.0, 0.03), beside(knee, -0.04, -0.06))
    lift = height + 0.06
    if hands_low:
        hands, lift = (beside(knee, 0.22, -0.1), beside(knee, 0.2, -0.25)), 0.14
    return with_hands_at(measures, body, np.array([[hand.x, hand.y, lift] for hand in hands]))


def half_risen(person: Person, place: Place) -> Controls:
    """Give the moment between standing and kneeling: both feet bear, the right one far behind on its ball."""
    measures = measures_of(person.physique)
    stand, down = upright(person, place), on_one_knee(person, place, lean_rad=0.7)
    behind = beside(footprints(person, place)[1], -0.9 * measures.thigh, 0.0)
    middle = 0.45 * stand[0:3] + 0.55 * down[0:3]
    cos_h, sin_h = math.cos(place.heading_rad), math.sin(place.heading_rad)
    return changed(
        down,
        pelvis=(middle[0] + 0.04 * cos_h, middle[1] + 0.04 * sin_h, middle[2]),
        right_ankle=(behind.x, behind.y, 0.6 * measures.ball + measures.ankle_height),
        right_sole=(0.75 * cos_h, 0.75 * sin_h, -0.6),
    )


def on_all_fours(person: Person, place: Place) -> Controls:
    """Give somebody on hands and knees, the hips over ``place``."""
    measures = measures_of(person.physique)
    lean = 1.2
    ankles = [beside(place, -0.97 * measures.shank, side * 0.55 * measures.hip_width) for side in (1.0, -1.0)]
    tucked = (0.5 * math.cos(place.heading_rad), 0.5 * math.sin(place.heading_rad), -0.87)
    body = changed(
        upright(person, place),
        pelvis=(place.x, place.y, _KNEE_M + 0.985 * measures.thigh),
        facing=quaternion(place.heading_rad, -lean),
        bend=(0.0, -0.2, 0.0),
        gaze=(0.0, 0.5, 0.0),
        left_ankle=(ankles[0].x, ankles[0].y, 0.95 * measures.foot),
        right_ankle=(ankles[1].x, ankles[1].y, 0.95 * measures.foot),
        left_sole=tucked,
        right_sole=tucked,
    )
    return with_hands_at(measures, body, _under_shoulders(measures, place))


def _under_shoulders(measures: Measures, place: Place) -> Points:
    hands = [beside(place, 0.95 * measures.trunk, side * 0.55 * measures.shoulder_width) for side in (1.0, -1.0)]
    return np.array([[hand.x, hand.y, 0.05] for hand in hands])
