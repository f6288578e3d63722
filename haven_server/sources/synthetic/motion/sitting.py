"""Sitting down, sitting, standing up: Person, Seat -> acts."""

from __future__ import annotations

import math

import numpy as np

from haven_server.sources.synthetic.motion.controls import PELVIS, Controls, changed, heading_of, quaternion
from haven_server.sources.synthetic.motion.keyed import Key, Keyed, timed
from haven_server.sources.synthetic.motion.kinematics import pose, with_hands_at
from haven_server.sources.synthetic.motion.liveliness import Liveliness
from haven_server.sources.synthetic.motion.measures import measures_of
from haven_server.sources.synthetic.motion.upright import beside, mirrored, swung_hand, tempo_of, upright, way_to
from haven_server.sources.synthetic.people import Person
from haven_server.sources.synthetic.scene import Place, Seat
from haven_server.sources.synthetic.skeleton import Joint, Stance


def sit_down(person: Person, seat: Seat) -> Keyed:
    """Sit down, from standing before the seat with the back to it."""
    stand, stoop, hover, touch, sit = _poses(person, seat)
    poses = [(0.0, stand), (0.55, stoop), (0.5, hover), (0.4, touch), (0.65, sit)]
    return Keyed("sit_down", person, timed(poses, Stance.MOVING, (Stance.STANDING, Stance.SITTING), tempo_of(person)))


def stand_up(person: Person, seat: Seat) -> Keyed:
    """Stand up from a seat."""
    stand, stoop, hover, touch, sit = _poses(person, seat)
    poses = [(0.0, sit), (0.55, touch), (0.35, hover), (0.45, stoop), (0.5, stand)]
    return Keyed("stand_up", person, timed(poses, Stance.MOVING, (Stance.SITTING, Stance.STANDING), tempo_of(person)))


def sit(person: Person, seat: Seat, duration_s: float) -> Keyed:
    """Sit, move the trunk and the hands a little every few seconds, and look about."""
    rng = np.random.default_rng((person.seed, 31, round(duration_s * 1000)))
    rest = seated(person, seat)
    keys, at_s = [Key(0.0, rest, Stance.SITTING)], 0.0
    while at_s + 1.5 < duration_s:
        held_s = min(float(rng.uniform(2.5, 6.0)), duration_s - at_s)
        if held_s > 2.0:
            keys.append(Key(at_s + held_s - 1.2, keys[-1].controls, Stance.SITTING))
        at_s += held_s
        keys.append(Key(at_s, _shifted(person, seat, rng), Stance.SITTING))
    if at_s < duration_s:
        keys.append(Key(duration_s, keys[-1].controls, Stance.SITTING))
    return Keyed("sit", person, keys, Liveliness((person.seed, 32), duration_s, glance_rad=0.4, sway_m=0.002))


def seated(person: Person, seat: Seat, lean_rad: float = -0.12, hands: float = 0.6, knees: float = 0.06) -> Controls:
    """Give somebody who sits with the hands on the thighs.

    Args:
        lean_rad: of the trunk, forward positive.
        hands: where they lie, 0 at the hips to 1 at the knees.
        knees: how far they point outwards, rad.
    """
    measures = measures_of(person.physique)
    heading, half = seat.place.heading_rad, 0.4 * lean_rad
    pelvis = (seat.place.x, seat.place.y, seat.height_m + 0.9 * measures.trunk_depth)
    body = changed(
        upright(person, feet_before(person, seat)),
        pelvis=pelvis,
        facing=quaternion(heading, -half),
        bend=(0.0, half - lean_rad, 0.0),
        gaze=(0.0, lean_rad - 0.05, 0.0),
        left_knee=knees,
        right_knee=knees,
        left_elbow=0.7,
        right_elbow=0.7,
    )
    joints = pose(measures, body, Stance.SITTING).joints
    hips, legs = joints[[Joint.LEFT_HIP, Joint.RIGHT_HIP]], joints[[Joint.LEFT_KNEE, Joint.RIGHT_KNEE]]
    inwards = 0.02 * np.array(
        [[math.sin(heading), -math.cos(heading), 0.0], [-math.sin(heading), math.cos(heading), 0.0]]
    )
    return with_hands_at(measures, body, hips + hands * (legs - hips) + inwards + np.array([0.0, 0.0, 0.085]))


def feet_before(person: Person, seat: Seat) -> Place:
    """Give where the feet of somebody stand who sits there: as near the approach as legs allow."""
    ahead, _ = way_to(seat.place, seat.approach)
    thigh = measures_of(person.physique).thigh
    return beside(seat.place, min(max(ahead, 0.8 * thigh), 1.02 * thigh), 0.0)


def _shifted(person: Person, seat: Seat, rng: np.random.Generator) -> Controls:
    return seated(
        person, seat, float(rng.uniform(-0.25, 0.22)), float(rng.uniform(0.4, 0.85)), float(rng.uniform(0, 0.3))
    )


def _poses(person: Person, seat: Seat) -> tuple[Controls, Controls, Controls, Controls, Controls]:
    """Give the way from standing to sitting: standing, stooping, over the seat, touching it, sitting."""
    stand, rest = upright(person, feet_before(person, seat)), seated(person, seat)
    return (
        stand,
        _stooped(person, stand, rest, 0.14, 0.45),
        _stooped(person, stand, rest, 0.66, 0.9),
        seated(person, seat, 0.5, 0.95),
        rest,
    )


def _stooped(person: Person, stand: Controls, rest: Controls, share: float, lean_rad: float) -> Controls:
    """Lower the pelvis a share of the way to the seat, the trunk over the feet for balance, the arms forward."""
    measures = measures_of(person.physique)
    hand = swung_hand(measures, 0.8 * lean_rad + 0.15, 0.45, 0.12)
    return changed(
        stand,
        pelvis=stand[PELVIS] + np.array([share, share, 0.75 * share]) * (rest[PELVIS] - stand[PELVIS]),
        facing=quaternion(heading_of(stand), -0.5 * lean_rad),
        bend=(0.0, -0.5 * lean_rad, 0.0),
        gaze=(0.0, 0.55 * lean_rad, 0.0),
        left_hand=hand,
        right_hand=mirrored(hand),
    )
