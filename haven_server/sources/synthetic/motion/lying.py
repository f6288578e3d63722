"""How a person lies: Person, where -> Controls."""

from __future__ import annotations

import math
from enum import Enum

import numpy as np

from haven_server.sources.synthetic.motion.controls import (
    FACING,
    PELVIS,
    SURFACE,
    Controls,
    changed,
    product,
    quaternion,
    rotation,
)
from haven_server.sources.synthetic.motion.measures import Measures, measures_of
from haven_server.sources.synthetic.motion.upright import mirrored, upright
from haven_server.sources.synthetic.people import Person
from haven_server.sources.synthetic.scene import Place

_QUARTER = math.pi / 2
_HEEL_M = 0.05  # from the ankle to what the foot lies on


class Lie(Enum):
    """What somebody who lies turns to the ceiling."""

    BACK = "back"
    LEFT = "left side"  # lies on the left
    RIGHT = "right side"
    FRONT = "front"


def lying(person: Person, place: Place, lie: Lie, surface_m: float = 0.0, pillow_m: float = 0.0) -> Controls:
    """Lay a person down at ease.

    Args:
        place: of the pelvis; the heading points from the feet to the head.
        surface_m: height of what is lain on.
        pillow_m: height of the pillow over that.
    """
    measures = measures_of(person.physique)
    roll = {Lie.BACK: 0.0, Lie.LEFT: _QUARTER, Lie.RIGHT: -_QUARTER, Lie.FRONT: math.pi}[lie]
    depth = measures.trunk_depth if lie in (Lie.BACK, Lie.FRONT) else 0.5 * measures.hip_width + 0.085
    facing = product(quaternion(place.heading_rad + math.pi, _QUARTER), quaternion(roll))
    body = changed(
        upright(person, place),
        pelvis=(place.x, place.y, surface_m + depth),
        facing=facing,
        surface=surface_m,
        bend=(0.0, 0.0, 0.0),
        gaze=(0.0, 0.0, 0.0),
    )
    if lie is Lie.BACK:
        return _on_back(measures, body, pillow_m)
    if lie is Lie.FRONT:
        return _on_front(measures, body)
    return _on_side(measures, body, lie, pillow_m)


def with_legs(
    measures: Measures,
    body: Controls,
    left: tuple[float, float, float],
    right: tuple[float, float, float],
    soles: tuple[tuple[float, float, float], tuple[float, float, float]],
) -> Controls:
    """Put the legs where they are seen from the pelvis.

    Args:
        left, right: of the ankles from the hips, in the pelvis's axes, in lengths of the leg.
        soles: where the feet point, in the pelvis's axes.
    """
    axes = rotation(body[FACING])
    hips = np.array([[0.0, 0.5, 0.0], [0.0, -0.5, 0.0]]) * measures.hip_width
    ankles = body[PELVIS] + (hips + measures.leg * np.array([left, right])) @ axes.T
    ankles[:, 2] = np.maximum(ankles[:, 2], float(body[SURFACE]) + _HEEL_M)
    feet = np.array(soles) @ axes.T
    return changed(body, left_ankle=ankles[0], right_ankle=ankles[1], left_sole=feet[0], right_sole=feet[1])


def _on_back(measures: Measures, body: Controls, pillow_m: float) -> Controls:
    """Supine, the legs nearly straight, the feet fallen outwards, the arms beside the trunk."""
    body = changed(
        body,
        bend=(0.0, -0.35 * pillow_m / 0.1, 0.0),
        gaze=(0.0, -0.1 + 0.1 * pillow_m / 0.1, 0.0),
        left_hand=(0.12, 0.28, -0.9),
        right_hand=(0.12, -0.28, -0.9),
        left_elbow=1.2,
        right_elbow=1.2,
        left_knee=0.35,
        right_knee=0.35,
    )
    out = (0.9, 0.45, -0.2)
    return with_legs(measures, body, (-0.06, 0.05, -0.985), (-0.06, -0.05, -0.97), (out, mirrored(out)))


def _on_front(measures: Measures, body: Controls) -> Controls:
    """Prone, the face turned aside, one arm up beside the head, one knee a little drawn up."""
    body = changed(
        body,
        bend=(0.0, 0.08, 0.0),
        gaze=(1.15, 0.1, 0.0),
        left_hand=(0.1, 0.55, 0.12),
        right_hand=(0.05, -0.4, -0.75),
        left_elbow=-1.2,
        right_elbow=1.3,
        left_knee=1.25,
        right_knee=0.5,
    )
    down = (-0.2, 0.35, -1.0)
    return with_legs(measures, body, (0.06, 0.3, -0.88), (0.06, -0.06, -0.98), (down, mirrored(down)))


def _on_side(measures: Measures, body: Controls, lie: Lie, pillow_m: float) -> Controls:
    """On one side, knees drawn up, the hands before the chest."""
    below = 1.0 if lie is Lie.LEFT else -1.0
    near, far = (0.66, below * 0.08, 0.3), (0.45, below * 0.42, -0.25)
    body = changed(
        body,
        # The shoulders are wider than the hips: the trunk rises towards them, and the head sinks back.
        bend=(0.0, -0.2, below * 0.13),
        gaze=(0.0, -0.1, below * (0.6 * pillow_m - 0.2)),
        left_hand=near if below > 0 else far,
        right_hand=far if below > 0 else near,
        left_elbow=0.1,
        right_elbow=0.1,
    )
    bent, straighter = (0.42, 0.27 * below, -0.62), (0.22, 0.0, -0.82)
    left, right = (straighter, bent) if below > 0 else (bent, straighter)
    toes = (0.75, 0.0, -0.65)
    return with_legs(measures, body, left, right, (toes, toes))
