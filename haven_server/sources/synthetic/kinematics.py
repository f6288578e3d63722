"""From what moves a body to where its joints are: Measures, Controls -> Posture."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from haven_server.sources.synthetic.camera import Points, turned
from haven_server.sources.synthetic.controls import (
    LIMB_ENDS,
    LIMB_POLES,
    PARTS,
    SOLES,
    SURFACE,
    Controls,
    changed,
    rotation,
)
from haven_server.sources.synthetic.measures import Measures
from haven_server.sources.synthetic.skeleton import Joint, Posture, Stance

_LIMBS: Final = 4  # rows below: left leg, right leg, left arm, right arm
_MIDDLE_RADIUS: Final = np.array([0.05, 0.05, 0.04, 0.04])  # of knees and elbows that lie on something, m
_WRIST_RADIUS: Final = 0.03
_TIP_RADIUS: Final = 0.015
_STRAIGHTEST: Final = 0.9985  # of a limb's length: a joint never locks, so that it keeps the side it bends to
_FOLDED_RAD: Final = 2.5  # greatest bend of knees and elbows


@lru_cache(maxsize=256)
def _frame_of(measures: Measures) -> tuple[Points, Points, Points]:
    """Give the limbs' roots in the axes of pelvis and chest (2, 2, 3), and their upper and lower lengths (4,)."""
    hip, shoulder = measures.hip_width / 2, measures.shoulder_width / 2
    drop = -measures.shoulder_drop
    roots = np.array([[[0, hip, 0], [0, -hip, 0]], [[0, shoulder, drop], [0, -shoulder, drop]]])
    upper = np.array([measures.thigh, measures.thigh, measures.upper_arm, measures.upper_arm])
    lower = np.array([measures.shank, measures.shank, measures.forearm, measures.forearm])
    return roots, upper, lower


def pose(measures: Measures, controls: Controls, stance: Stance) -> Posture:
    """Place all joints of a body; lengths hold exactly, targets out of reach are stretched for."""
    roots, upper, lower = _frame_of(measures)
    pelvis_axes = rotation(controls[PARTS["facing"]])
    chest_axes = pelvis_axes @ turned(*controls[PARTS["bend"]].tolist())
    head_axes = chest_axes @ turned(*controls[PARTS["gaze"]].tolist())
    spine = _spine(measures, controls[PARTS["pelvis"]], pelvis_axes, chest_axes, head_axes)
    surface = float(controls[SURFACE])

    tops = np.concatenate([roots[0] @ pelvis_axes.T + spine[0], roots[1] @ chest_axes.T + spine[3]])
    targets = controls[LIMB_ENDS].reshape(_LIMBS, 3).copy()
    targets[2:] = tops[2:] + measures.arm * (targets[2:] @ chest_axes.T)
    np.maximum(targets[2:, 2], surface + _WRIST_RADIUS, out=targets[2:, 2])
    poles = controls[LIMB_POLES].reshape(_LIMBS, 3)
    poles = np.concatenate([poles[:2] @ pelvis_axes.T, poles[2:] @ chest_axes.T])
    ground = _MIDDLE_RADIUS + np.array([0.0, 0.0, surface, surface])
    middles, ends = _bent(tops, targets, poles, upper, lower, ground)

    joints = np.empty((21, 3))
    joints[0:5] = spine
    joints[5:7], joints[7:9], joints[9:11] = tops[2:], middles[2:], ends[2:]
    joints[11:13] = _fingertips(measures.hand, ends[2:], middles[2:], surface)
    joints[13:15], joints[15:17], joints[17:19] = tops[:2], middles[:2], ends[:2]
    joints[19:21] = _toes(measures, controls[SOLES].reshape(2, 3), ends[:2], middles[:2])
    return Posture(joints, pelvis_axes, chest_axes, head_axes, stance)


def with_hands_at(measures: Measures, controls: Controls, wrists: Points) -> Controls:
    """Let both wrists (2, 3), left first, be at points of the world, or as near as arms reach."""
    body = pose(measures, controls, Stance.STANDING)
    shoulders = body.joints[[Joint.LEFT_SHOULDER, Joint.RIGHT_SHOULDER]]
    hands = (np.asarray(wrists) - shoulders) @ body.chest / measures.arm
    return changed(controls, left_hand=hands[0], right_hand=hands[1])


def _unit(vectors: Points) -> Points:
    """Bring rows (..., 3) to length 1."""
    return np.asarray(vectors / np.sqrt((vectors * vectors).sum(axis=-1, keepdims=True)))


def _spine(measures: Measures, pelvis: Points, pelvis_axes: Points, chest_axes: Points, head_axes: Points) -> Points:
    """Give pelvis, waist, chest, neck and head (5, 3): the bend is shared out over the joints between."""
    up, chest_up, head_up = pelvis_axes[:, 2], chest_axes[:, 2], head_axes[:, 2]
    forward = chest_axes[:, 0]
    ways = _unit(np.stack([0.7 * up + 0.3 * chest_up, 0.25 * up + 0.75 * chest_up, chest_up, chest_up + head_up]))
    ways[3] = 0.985 * ways[3] + 0.16 * forward
    lengths = np.array([measures.lumbar, measures.ribs, measures.breast, measures.neck])
    ways[3:] = _unit(ways[3:])
    return np.concatenate([pelvis[None], pelvis + np.cumsum(ways * lengths[:, None], axis=0)])


def _bent(
    tops: Points, targets: Points, poles: Points, upper: Points, lower: Points, ground: Points
) -> tuple[Points, Points]:
    """Bend limbs so that their ends come to, or as near as can be to, their targets.

    Args:
        tops, targets: (4, 3) m.
        poles: (4, 3) where knee or elbow points; need be neither of length 1 nor square to the limb.
        upper, lower: (4,) m.
        ground: (4,) m: knee or elbow swivels upwards rather than be lower than this.
    Returns:
        Middle joints (4, 3) and ends (4, 3).
    """
    way = targets - tops
    distance = np.sqrt((way * way).sum(axis=1))
    folded = np.sqrt(upper**2 + lower**2 + 2 * upper * lower * np.cos(_FOLDED_RAD))
    reach = np.minimum(np.maximum(distance, folded), (upper + lower) * _STRAIGHTEST)
    axis = way / np.maximum(distance, 1e-9)[:, None]
    along = (reach**2 + upper**2 - lower**2) / (2 * reach)
    radius = np.sqrt(np.maximum(upper**2 - along**2, 0.0))
    centres = tops + axis * along[:, None]
    side = poles - axis * (poles * axis).sum(axis=1, keepdims=True)
    side = _unit(np.where(np.abs(side).sum(axis=1, keepdims=True) < 1e-9, np.array([1e-9, 0.0, 0.0]), side))
    needed = (ground - centres[:, 2]) / np.maximum(radius, 1e-9)
    for row in np.flatnonzero(side[:, 2] < needed):
        side[row] = _swivelled(side[row], axis[row], float(needed[row]))
    return centres + side * radius[:, None], tops + axis * reach[:, None]


def _swivelled(side: Points, axis: Points, height: float) -> Points:
    """Turn a direction (3,) about an axis it is square to, until its z is ``height`` or as high as can be."""
    steepest = float(np.sqrt(max(1.0 - axis[2] ** 2, 1e-12)))
    upwards = (np.array([0.0, 0.0, 1.0]) - axis * axis[2]) / steepest
    level = np.array([axis[1], -axis[0], 0.0]) / steepest
    sine = min(height / steepest, 1.0)
    cosine = np.sqrt(1.0 - sine * sine) if sine > -1.0 else 0.0
    return np.asarray(upwards * sine + level * (cosine if side @ level >= 0.0 else -cosine))


def _fingertips(length: float, wrists: Points, elbows: Points, surface: float) -> Points:
    """Let the hands (2, 3) go on from the forearms, but lie flat on what they lean on."""
    return wrists + length * _kept_above(_unit(wrists - elbows), (surface + _TIP_RADIUS - wrists[:, 2]) / length)


def _toes(measures: Measures, soles: Points, ankles: Points, knees: Points) -> Points:
    """Give the tips of the feet (2, 3), the soles turned away from the shanks; toes give way to the floor."""
    along = _unit(soles)
    shanks = _unit(knees - ankles)
    square = _unit(shanks - along * (shanks * along).sum(axis=1, keepdims=True) + 1e-9)
    ways = along * measures.foot - square * (measures.ankle_height - measures.toe_height)
    length = float(np.hypot(measures.foot, measures.ankle_height - measures.toe_height))
    return ankles + length * _kept_above(ways / length, (measures.toe_height - ankles[:, 2]) / length)


def _kept_above(ways: Points, lowest: npt.NDArray[np.float64]) -> Points:
    """Tilt directions (2, 3) of length 1 upwards until their z is at least ``lowest`` (2,)."""
    if (ways[:, 2] >= lowest).all():
        return ways
    height = np.clip(np.maximum(ways[:, 2], lowest), -1.0, 1.0)
    level = np.maximum(np.hypot(ways[:, 0], ways[:, 1]), 1e-9)
    return np.column_stack([ways[:, :2] * (np.sqrt(1.0 - height**2) / level)[:, None], height])
