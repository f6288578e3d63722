"""From what moves a body to where its joints are: Measures, Controls -> Posture."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from haven_server.sources.synthetic.camera import Points, turned
from haven_server.sources.synthetic.motion.controls import (
    BEND,
    FACING,
    GAZE,
    LIMB_ENDS,
    PELVIS,
    SOLES,
    SURFACE,
    SWIVELS,
    Controls,
    changed,
    rotation,
)
from haven_server.sources.synthetic.motion.measures import Measures
from haven_server.sources.synthetic.skeleton import Joint, Posture, Stance

Row = npt.NDArray[np.float64]
"""(4,) or (2,) float64, one value a limb."""

_LIMBS: Final = 4  # rows below: left leg, right leg, left arm, right arm
_BENDS: Final = np.array([1.0, 1.0, -1.0, -1.0])  # knees point forward, elbows back
_OUTWARDS: Final = np.array([1.0, -1.0, 1.0, -1.0])
_ROOTS: Final = np.array([0, 0, 3, 3])  # rows of the spine that limbs hang from: pelvis and neck
_BODY_RADII: Final = np.array([0.045, 0.045, 0.06, 0.06, 0.05, 0.05])  # of knees, hips, shoulders that lie, m
_ELBOW_RADIUS: Final = 0.04
_WRIST_RADIUS: Final = 0.03
_TIP_RADIUS: Final = 0.015
_OVER_THE_TOP_RAD: Final = 0.6
_STRAIGHTEST: Final = 0.9985  # of a limb's length: a joint never locks, so that it keeps the side it bends to
_FOLDED_COS: Final = math.cos(2.5)  # of the greatest bend of knees and elbows
_LIFTS: Final = 3  # tries to lift a body off what it has sunk into; every lift changes how the knees bend
_SINKS_M: Final = 0.001


@lru_cache(maxsize=256)
def _frame_of(measures: Measures) -> tuple[Points, Points, Points]:
    """Give the limbs' roots in the axes of pelvis and chest (4, 3), and their upper and lower lengths (4,)."""
    hip, shoulder = measures.hip_width / 2, measures.shoulder_width / 2
    drop = -measures.shoulder_drop
    roots = np.array([[0.0, hip, 0.0], [0.0, -hip, 0.0], [0.0, shoulder, drop], [0.0, -shoulder, drop]])
    upper = np.array([measures.thigh, measures.thigh, measures.upper_arm, measures.upper_arm])
    lower = np.array([measures.shank, measures.shank, measures.forearm, measures.forearm])
    return roots, upper, lower


def pose(measures: Measures, controls: Controls, stance: Stance) -> Posture:
    """Place all joints of a body; lengths hold exactly, targets out of reach are stretched for.

    Nothing is under the floor: knees, hips and shoulders carry the body, elbows swivel, hands and toes lie flat.
    """
    pelvis_axes = rotation(controls[FACING])
    chest_axes = pelvis_axes @ turned(*controls[BEND].tolist())
    head_axes = chest_axes @ turned(*controls[GAZE].tolist())
    axes = np.stack([pelvis_axes, pelvis_axes, chest_axes, chest_axes])
    spine = _spine(measures, controls[PELVIS], pelvis_axes, chest_axes, head_axes)
    tops, middles, ends = _limbs(measures, controls, spine, axes)
    for _ in range(_LIFTS):
        lowest = np.concatenate([middles[:2, 2], tops[:, 2] - controls[SURFACE]])
        sunk = float((_BODY_RADII - lowest).max())
        if sunk < _SINKS_M:
            break
        spine[:, 2] += sunk
        tops, middles, ends = _limbs(measures, controls, spine, axes)

    joints = np.empty((21, 3))
    joints[0:5] = spine
    joints[5:7], joints[7:9], joints[9:11] = tops[2:], middles[2:], ends[2:]
    joints[11:13] = _fingertips(
        measures.hand, ends[2:], middles[2:], float(controls[SURFACE]), chest_axes[:, 0] + chest_axes[:, 2]
    )
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


def _carried(axes: Points, vectors: Points) -> Points:
    """Turn each vector (N, 3) by its own rotation (N, 3, 3)."""
    return np.asarray((axes @ vectors[:, :, None])[:, :, 0])


def _spine(measures: Measures, pelvis: Points, pelvis_axes: Points, chest_axes: Points, head_axes: Points) -> Points:
    """Give pelvis, waist, chest, neck and head (5, 3): the bend is shared out over the joints between."""
    up, chest_up, head_up = pelvis_axes[:, 2], chest_axes[:, 2], head_axes[:, 2]
    forward = chest_axes[:, 0]
    ways = _unit(np.stack([0.7 * up + 0.3 * chest_up, 0.25 * up + 0.75 * chest_up, chest_up, chest_up + head_up]))
    ways[3] = 0.985 * ways[3] + 0.16 * forward
    lengths = np.array([measures.lumbar, measures.ribs, measures.breast, measures.neck])
    ways[3:] = _unit(ways[3:])
    return np.concatenate([pelvis[None], pelvis + np.cumsum(ways * lengths[:, None], axis=0)])


def _limbs(measures: Measures, controls: Controls, spine: Points, axes: Points) -> tuple[Points, Points, Points]:
    """Bend legs and arms so that their ends come to, or as near as can be to, their targets.

    Args:
        spine: (5, 3) m.
        axes: (4, 3, 3) rotations of what the limbs hang from.
    Returns:
        Roots, middle joints and ends, (4, 3) m each.
    """
    roots, upper, lower = _frame_of(measures)
    surface = float(controls[SURFACE])
    tops = _carried(axes, roots) + spine[_ROOTS]
    targets = controls[LIMB_ENDS].reshape(_LIMBS, 3).copy()
    targets[2:] = tops[2:] + measures.arm * _carried(axes[2:], targets[2:])
    way = targets - tops
    distance = np.sqrt((way * way).sum(axis=1))
    folded = np.sqrt(upper**2 + lower**2 + 2 * upper * lower * _FOLDED_COS)
    reach = np.minimum(np.maximum(distance, folded), (upper + lower) * _STRAIGHTEST)
    axis = way / np.maximum(distance, 1e-9)[:, None]
    axis[2:] = _kept_above(axis[2:], (surface + _WRIST_RADIUS - tops[2:, 2]) / reach[2:], axes[2, :, 0] + axes[2, :, 2])
    along = (reach**2 + upper**2 - lower**2) / (2 * reach)
    radius = np.sqrt(np.maximum(upper**2 - along**2, 0.0))
    centres = tops + axis * along[:, None]
    side = _sides(axis, axes, controls[SWIVELS])
    needed = (surface + _ELBOW_RADIUS - centres[2:, 2]) / np.maximum(radius[2:], 1e-9)
    for arm in np.flatnonzero(side[2:, 2] < needed):
        side[2 + arm] = _swivelled(side[2 + arm], axis[2 + arm], float(needed[arm]))
    return tops, centres + side * radius[:, None], tops + axis * reach[:, None]


def _sides(axis: Points, axes: Points, swivels: Row) -> Points:
    """Give where knees and elbows point (4, 3): a hanging limb's sides, turned with it the shortest way to ``axis``."""
    down = _carried(axes.transpose(0, 2, 1), axis)
    hanging = np.column_stack([_BENDS * np.cos(swivels), _OUTWARDS * np.sin(swivels)])
    share = (down[:, :2] * hanging).sum(axis=1) / np.maximum(1.0 - down[:, 2], 1e-3)
    turned_side = -share[:, None] * (down - (0.0, 0.0, 1.0))
    turned_side[:, :2] += hanging
    return _unit(_carried(axes, turned_side))


def _swivelled(side: Points, axis: Points, height: float) -> Points:
    """Turn a direction (3,) about an axis it is square to, until its z is ``height`` or as high as can be.

    It keeps to its own side. One that points straight down has none; about there it turns over the top instead, so that
    a limb that passes from one side to the other does not jump.
    """
    steepest = math.sqrt(max(1.0 - axis[2] ** 2, 1e-12))
    upwards = (np.array([0.0, 0.0, 1.0]) - axis * axis[2]) / steepest
    level = np.array([axis[1], -axis[0], 0.0]) / steepest
    from_top = math.atan2(side @ level, side @ upwards)
    most = math.acos(min(max(height / steepest, -1.0), 1.0))
    passage = max(min(math.pi - most, _OVER_THE_TOP_RAD), 1e-6)
    angle = math.copysign(most * min((math.pi - abs(from_top)) / passage, 1.0), from_top)
    return np.asarray(upwards * math.cos(angle) + level * math.sin(angle))


def _fingertips(length: float, wrists: Points, elbows: Points, surface: float, ahead: Points) -> Points:
    """Let the hands (2, 3) go on from the forearms, but lie flat on what they lean on."""
    lowest = (surface + _TIP_RADIUS - wrists[:, 2]) / length
    return wrists + length * _kept_above(_unit(wrists - elbows), lowest, ahead)


def _toes(measures: Measures, soles: Points, ankles: Points, knees: Points) -> Points:
    """Give the tips of the feet (2, 3), the soles turned away from the shanks; toes give way to the floor."""
    along = _unit(soles)
    shanks = _unit(knees - ankles)
    square = _unit(shanks - along * (shanks * along).sum(axis=1, keepdims=True) + 1e-9)
    ways = along * measures.foot - square * (measures.ankle_height - measures.toe_height)
    length = float(np.hypot(measures.foot, measures.ankle_height - measures.toe_height))
    return ankles + length * _kept_above(
        ways / length, (measures.toe_height - ankles[:, 2]) / length, along.sum(axis=0)
    )


def _kept_above(ways: Points, lowest: Row, ahead: Points) -> Points:
    """Tilt directions (2, 3) of length 1 until their z is at least ``lowest`` (2,); the further, the more to ``ahead``.

    One that points straight down would have no way to tilt otherwise, and jump.
    """
    if (ways[:, 2] >= lowest).all():
        return ways
    height = np.clip(np.maximum(ways[:, 2], lowest), -1.0, 1.0)
    level = ways[:, :2] + 0.4 * (height - ways[:, 2])[:, None] * ahead[:2]
    level *= (np.sqrt(1.0 - height**2) / np.maximum(np.hypot(level[:, 0], level[:, 1]), 1e-9))[:, None]
    return np.column_stack([level, height])
