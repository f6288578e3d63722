"""How a person stands still, from which all other poses depart: Person, Place -> Controls."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from haven_server.sources.synthetic.motion.controls import SIZE, Controls, changed, quaternion
from haven_server.sources.synthetic.motion.measures import Measures, measures_of
from haven_server.sources.synthetic.people import Person
from haven_server.sources.synthetic.scene import Place

_ELBOW_RAD: Final = 0.4  # outwards, as long as nothing else is said


def mirrored(point: tuple[float, float, float]) -> tuple[float, float, float]:
    """Exchange left and right."""
    return point[0], -point[1], point[2]


def swung_hand(measures: Measures, swing_rad: float, elbow_rad: float, spread: float) -> tuple[float, float, float]:
    """Give the left hand of an arm that swings from the shoulder.

    Args:
        swing_rad: of the upper arm from hanging straight, forward positive.
        elbow_rad: bend of the elbow.
        spread: how far out the hand is, in lengths of the arm.
    """
    upper, lower = measures.upper_arm / measures.arm, measures.forearm / measures.arm
    forward = upper * math.sin(swing_rad) + lower * math.sin(swing_rad + elbow_rad)
    down = upper * math.cos(swing_rad) + lower * math.cos(swing_rad + elbow_rad)
    return forward, spread, -math.sqrt(max(down * down - spread * spread, 1e-4))


def beside(place: Place, forward_m: float, left_m: float) -> Place:
    """Give a place some way off, looking the same way."""
    cos_h, sin_h = math.cos(place.heading_rad), math.sin(place.heading_rad)
    return Place(
        place.x + forward_m * cos_h - left_m * sin_h, place.y + forward_m * sin_h + left_m * cos_h, place.heading_rad
    )


def way_to(place: Place, point: Place) -> tuple[float, float]:
    """Give how far forward and how far to the left of a place a point is, m; undoes ``beside``."""
    x, y = point.x - place.x, point.y - place.y
    cos_h, sin_h = math.cos(place.heading_rad), math.sin(place.heading_rad)
    return x * cos_h + y * sin_h, y * cos_h - x * sin_h


def tempo_of(person: Person) -> float:
    """Give how fast a person moves in general, about 1: who walks fast also sits down fast."""
    return 0.5 + 0.5 * person.gait.cadence_hz / 0.95


def standing_height(measures: Measures) -> float:
    """Give how high the pelvis is in somebody who stands at ease, m."""
    return measures.hip_height - 0.006 * measures.leg


def footprints(person: Person, place: Place, spread: float = 0.9) -> tuple[Place, Place]:
    """Give where the left and the right ankle are on the floor plan, and where the feet point.

    Args:
        spread: distance of the feet in widths of the hips.
    """
    half = 0.5 * spread * measures_of(person.physique).hip_width
    left, right, out = beside(place, 0.0, half), beside(place, 0.0, -half), person.gait.toe_out_rad
    return (
        Place(left.x, left.y, place.heading_rad + out),
        Place(right.x, right.y, place.heading_rad - out),
    )


def upright(person: Person, place: Place) -> Controls:
    """Stand a person at ease, the middle between the ankles on ``place``."""
    measures, gait = measures_of(person.physique), person.gait
    left, right = footprints(person, place)
    hand = swung_hand(measures, 0.02, 0.7 * gait.elbow_rad + 0.05, 0.1)
    return changed(
        np.zeros(SIZE),
        pelvis=(place.x, place.y, standing_height(measures)),
        facing=quaternion(place.heading_rad),
        bend=(0.0, -gait.lean_rad * 0.5, 0.0),
        gaze=(0.0, gait.lean_rad * 0.5 - 0.03, 0.0),
        left_ankle=(left.x, left.y, measures.ankle_height),
        right_ankle=(right.x, right.y, measures.ankle_height),
        left_hand=hand,
        right_hand=mirrored(hand),
        left_knee=0.6 * gait.toe_out_rad,
        right_knee=0.6 * gait.toe_out_rad,
        left_elbow=_ELBOW_RAD,
        right_elbow=_ELBOW_RAD,
        left_sole=(math.cos(left.heading_rad), math.sin(left.heading_rad), 0.0),
        right_sole=(math.cos(right.heading_rad), math.sin(right.heading_rad), 0.0),
    )
