"""Falling, lying on the floor, getting up again: Person, Place -> acts."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from haven_server.sources.synthetic.motion.controls import (
    BEND,
    FACING,
    PARTS,
    PELVIS,
    Controls,
    blended,
    changed,
    quaternion,
)
from haven_server.sources.synthetic.motion.keyed import Key, Keyed, timed
from haven_server.sources.synthetic.motion.kneeling import half_risen, on_all_fours, on_one_knee
from haven_server.sources.synthetic.motion.liveliness import Liveliness
from haven_server.sources.synthetic.motion.lying import Lie, lying
from haven_server.sources.synthetic.motion.measures import measures_of
from haven_server.sources.synthetic.motion.upright import beside, mirrored, upright
from haven_server.sources.synthetic.people import Person
from haven_server.sources.synthetic.scene import Place
from haven_server.sources.synthetic.skeleton import Stance

Hand = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class _Moment:
    """A moment of a fall.

    Attributes:
        tilt_rad: of the body from upright.
        height: of the pelvis, in heights of the pelvis of somebody who stands.
        share: of the way over the floor, from the feet to where the pelvis comes down.
    """

    tilt_rad: float
    height: float
    share: float


_MOMENTS: Final = (
    (0.34, _Moment(0.25, 0.88, 0.16)),
    (0.33, _Moment(0.75, 0.52, 0.55)),
    (0.33, _Moment(1.3, 0.16, 0.93)),
)
"""Knees that give way, in the air, about to land; each with its share of the time on the way down."""
_DESCENT_S: Final = (0.55, 1.1)
_REACH: Final = {Lie.FRONT: 0.78, Lie.BACK: 0.45, Lie.LEFT: 0.5, Lie.RIGHT: 0.5}
"""How far from the feet the pelvis comes down, in lengths of the leg."""
_ELBOWS_RAD: Final = {Lie.FRONT: 0.9, Lie.BACK: 0.9, Lie.LEFT: 0.1, Lie.RIGHT: 0.1}
_LEGS: Final = ("left_ankle", "right_ankle", "left_knee", "right_knee", "left_sole", "right_sole")


class Fall(Keyed):
    """A fall from standing to lying on the floor; `fall` makes it.

    Attributes:
        rest: place of the pelvis at the end; the heading points from the feet to the head.
        lie: what is turned to the ceiling then.
    """

    def __init__(self, person: Person, keys: list[Key], rest: Place, lie: Lie) -> None:
        super().__init__("fall", person, keys)
        self.rest, self.lie = rest, lie


def fall(person: Person, place: Place, direction_rad: float, seed: int) -> Fall:
    """Fall from standing on ``place``: the knees give way, the arms fly out.

    Args:
        direction_rad: where to, in the world; forward where it is the heading of ``place``.
        seed: of how long it takes (0.55 to 1.1 s from upright to the floor), of arms and posture.
    """
    rng = np.random.default_rng((person.seed, 61, seed))
    lie = _landing(math.remainder(direction_rad - place.heading_rad, 2 * math.pi))
    direction = direction_rad + float(rng.uniform(-0.15, 0.15))
    yaw = direction - {Lie.FRONT: 0.0, Lie.BACK: math.pi, Lie.LEFT: math.pi / 2, Lie.RIGHT: -math.pi / 2}[lie]
    turn = math.remainder(yaw - place.heading_rad, 2 * math.pi)
    rest = beside(Place(place.x, place.y, direction), _REACH[lie] * measures_of(person.physique).leg, 0.0)
    descent_s = float(rng.uniform(*_DESCENT_S))
    stand, flat = upright(person, place), lying(person, rest, lie)
    poses = [(0.0, stand)]
    for takes, moment in _MOMENTS:
        poses.append((takes * descent_s, _dropping(stand, flat, lie, place.heading_rad, turn, moment, rng)))
    poses[-1] = (poses[-1][0], _feet_dragged(poses[-1][1], flat, 0.3))
    poses += [(0.16, _feet_dragged(_landed(flat, poses[-1][1]), flat, 0.6)), (0.55, flat)]
    *descent, landed, still = timed(poses, Stance.FALLING, (Stance.FALLING, Stance.LYING))
    return Fall(person, [*descent, replace(landed, stance=Stance.LYING), still], rest, lie)


def lie_on_floor(after: Fall, duration_s: float) -> Keyed:
    """Lie where a fall has ended; breathe, and move the head a little."""
    rest = after.keys[-1].controls
    keys = [Key(0.0, rest, Stance.LYING), Key(duration_s, rest, Stance.LYING)]
    alive = Liveliness((after.person.seed, 62), duration_s, glance_rad=0.12, sway_m=0.0)
    return Keyed("lie_on_floor", after.person, keys, alive)


def get_up_from_floor(after: Fall) -> Keyed:
    """Get up after a fall: onto hands and knees, one foot forward, stand."""
    person = after.person
    poses = [(0.0, after.keys[-1].controls)]
    if after.lie is Lie.BACK:
        poses.append((1.1, lying(person, after.rest, Lie.RIGHT)))
    fours = beside(after.rest, -0.05, 0.0)
    stands = beside(fours, 0.82 * measures_of(person.physique).thigh, 0.0)
    poses += [(1.3, on_all_fours(person, fours)), (0.3, on_all_fours(person, fours))]
    poses += [(0.9, on_one_knee(person, stands, 0.6)), (0.4, on_one_knee(person, stands, 0.7))]
    poses += [(0.7, half_risen(person, stands)), (0.9, upright(person, stands))]
    return Keyed("get_up_from_floor", person, timed(poses, Stance.MOVING, (Stance.LYING, Stance.STANDING)))


def _landing(angle: float) -> Lie:
    """Give how somebody comes to lie who falls at an angle to where they look, rad."""
    if abs(angle) < math.pi / 3:
        return Lie.FRONT
    if abs(angle) > 2 * math.pi / 3:
        return Lie.BACK
    return Lie.LEFT if angle > 0 else Lie.RIGHT


def _dropping(
    stand: Controls, flat: Controls, lie: Lie, heading: float, turn: float, moment: _Moment, rng: np.random.Generator
) -> Controls:
    """Give the body at one moment of the way down, the feet still where they were.

    Args:
        turn: how far the body turns until it lies, rad.
    """
    ahead = lie is Lie.FRONT
    pelvis = stand[PELVIS] + moment.share * (flat[PELVIS] - stand[PELVIS])
    pelvis[2] = max(moment.height * stand[PELVIS][2], 1.3 * flat[PELVIS][2])
    facing = _tilted(lie, heading + moment.share * turn, moment.tilt_rad * float(rng.uniform(0.92, 1.06)))
    left, right = _thrown(lie, moment.tilt_rad, rng)
    return changed(
        stand,
        pelvis=pelvis,
        facing=facing,
        bend=rng.normal((0.0, -0.05 if ahead else -0.25, 0.0), 0.06),
        gaze=rng.normal((0.0, 0.3 if ahead else -0.3, 0.0), 0.08),
        left_hand=left,
        right_hand=right,
        left_elbow=_ELBOWS_RAD[lie],
        right_elbow=_ELBOWS_RAD[lie],
    )


def _tilted(lie: Lie, yaw: float, tilt: float) -> tuple[float, float, float, float]:
    """Tip the body over, towards where it will lie."""
    pitch = {Lie.FRONT: -tilt, Lie.BACK: tilt}.get(lie, 0.0)
    roll = {Lie.LEFT: -tilt, Lie.RIGHT: tilt}.get(lie, 0.0)
    return quaternion(yaw, pitch, roll)


def _thrown(lie: Lie, tilt: float, rng: np.random.Generator) -> tuple[Hand, Hand]:
    """Throw the arms out: first for balance, then towards the floor."""
    low = min(tilt, 1.0)
    balance = (0.55, 0.45, -0.3)
    catch = {
        Lie.FRONT: ((0.75, 0.25, 0.25), (0.75, -0.25, 0.25)),
        Lie.BACK: ((-0.35, 0.5, -0.55), (-0.35, -0.5, -0.55)),
        Lie.LEFT: ((0.35, 0.8, 0.3), (0.65, 0.1, -0.35)),
        Lie.RIGHT: ((0.65, -0.1, -0.35), (0.35, -0.8, 0.3)),
    }[lie]
    hands = [
        (1.0 - low) * np.array(first) + low * np.array(then) + rng.normal(0.0, 0.07, 3)
        for first, then in zip((balance, mirrored(balance)), catch, strict=True)
    ]
    left, right = (tuple(hand.tolist()) for hand in hands)
    return left, right


def _feet_dragged(body: Controls, flat: Controls, share: float) -> Controls:
    """Move feet and knees a share of the way to where they will lie."""
    moved = body.copy()
    for part in _LEGS:
        moved[PARTS[part]] += share * (flat[PARTS[part]] - body[PARTS[part]])
    return moved


def _landed(flat: Controls, before: Controls) -> Controls:
    """Give the moment after the trunk has met the floor, arms and legs still on their way."""
    landed = blended(before, flat, 0.35)
    landed[PELVIS], landed[FACING], landed[BEND] = flat[PELVIS], flat[FACING], flat[BEND]
    return landed
