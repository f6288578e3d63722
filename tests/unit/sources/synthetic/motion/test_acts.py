"""What holds for everything people do."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest

from haven_server.errors import InvalidInputError
from haven_server.sources.synthetic.camera import Points
from haven_server.sources.synthetic.figures.casting import person
from haven_server.sources.synthetic.motion import acts
from haven_server.sources.synthetic.motion.acts import Act
from haven_server.sources.synthetic.people import Person
from haven_server.sources.synthetic.scene import Bed, Place, Seat
from haven_server.sources.synthetic.skeleton import Joint, Posture, Stance

HERE = Place(1.0, 2.0, 0.3)
SEAT = Seat(HERE, 0.45, Place(1.0 + 0.45 * math.cos(0.3), 2.0 + 0.45 * math.sin(0.3), 0.3))
BED = Bed(
    Place(0.0, 0.0, math.pi / 2), 0.5, Place(0.95, 0.0, 0.0), ((-0.5, -1.1), (0.5, -1.1), (0.5, 0.9), (-0.5, 0.9))
)
FORWARD, LEFT, BACKWARD, RIGHT = 0.3, 0.3 + math.pi / 2, 0.3 + math.pi, 0.3 - math.pi / 2

ACTS: dict[str, Callable[[Person], Act]] = {
    "walk": lambda somebody: acts.walk(somebody, [(0, 0), (2, 0), (2, 1.5)]),
    "hurry": lambda somebody: acts.walk(somebody, [(0, 0), (2.5, 0)], 1.6),
    "turn": lambda somebody: acts.turn(somebody, HERE, -2.5),
    "move_over": lambda somebody: acts.move_over(somebody, HERE, Place(0.6, 2.3, 0.0)),
    "stand": lambda somebody: acts.stand(somebody, HERE, 4.0),
    "sit_down": lambda somebody: acts.sit_down(somebody, SEAT),
    "sit": lambda somebody: acts.sit(somebody, SEAT, 9.0),
    "stand_up": lambda somebody: acts.stand_up(somebody, SEAT),
    "lie_down": lambda somebody: acts.lie_down(somebody, BED),
    "lie": lambda somebody: acts.lie(somebody, BED, 9.0),
    "get_out_of_bed": lambda somebody: acts.get_out_of_bed(somebody, BED),
    "fall forward": lambda somebody: acts.fall(somebody, HERE, FORWARD, 1),
    "fall left": lambda somebody: acts.fall(somebody, HERE, LEFT, 2),
    "fall backward": lambda somebody: acts.fall(somebody, HERE, BACKWARD, 3),
    "fall right": lambda somebody: acts.fall(somebody, HERE, RIGHT, 4),
    "lie_on_floor": lambda somebody: acts.lie_on_floor(acts.fall(somebody, HERE, LEFT, 2), 4.0),
    "get up from the front": lambda somebody: acts.get_up_from_floor(acts.fall(somebody, HERE, FORWARD, 1)),
    "get up from the back": lambda somebody: acts.get_up_from_floor(acts.fall(somebody, HERE, BACKWARD, 3)),
    "get up from a side": lambda somebody: acts.get_up_from_floor(acts.fall(somebody, HERE, RIGHT, 4)),
    "bend": lambda somebody: acts.bend(somebody, HERE),
    "kneel": lambda somebody: acts.kneel(somebody, HERE),
    "wave": lambda somebody: acts.wave(somebody, HERE),
    "reach": lambda somebody: acts.reach(somebody, HERE),
}
LIMBS = tuple(
    (Joint[f"{side}_{top}"], Joint[f"{side}_{middle}"], Joint[f"{side}_{end}"])
    for side in ("LEFT", "RIGHT")
    for top, middle, end in (("SHOULDER", "ELBOW", "WRIST"), ("HIP", "KNEE", "ANKLE"))
)
BONES = (
    *itertools.pairwise((Joint.PELVIS, Joint.WAIST, Joint.CHEST, Joint.NECK, Joint.HEAD)),
    *((a, b) for a, b, _ in LIMBS),
    *((b, c) for _, b, c in LIMBS),
    *((Joint[f"{side}_WRIST"], Joint[f"{side}_HAND"]) for side in ("LEFT", "RIGHT")),
    *((Joint[f"{side}_ANKLE"], Joint[f"{side}_TOE"]) for side in ("LEFT", "RIGHT")),
    (Joint.LEFT_HIP, Joint.RIGHT_HIP),
    (Joint.LEFT_SHOULDER, Joint.RIGHT_SHOULDER),
)

SOMEBODY, SOMEBODY_ELSE = 1, 4

every_act = pytest.mark.parametrize("name", ACTS)


@functools.cache
def played(name: str, seed: int = SOMEBODY) -> tuple[Posture, ...]:
    """Give an act's postures, 30 a second."""
    act = ACTS[name](person(seed))
    return tuple(act.posture(frame / 30) for frame in range(math.ceil(act.duration_s * 30) + 1))


def joints(name: str, seed: int = SOMEBODY) -> Points:
    """Give (T, 21, 3)."""
    return np.array([posture.joints for posture in played(name, seed)])


@every_act
def test_bones_keep_their_length(name: str) -> None:
    moved = joints(name)
    lengths = np.stack([np.linalg.norm(moved[:, a] - moved[:, b], axis=1) for a, b in BONES])
    np.testing.assert_allclose(lengths, lengths[:, :1] * np.ones(len(moved)), atol=1e-6)


@every_act
@pytest.mark.parametrize("seed", [SOMEBODY, SOMEBODY_ELSE])
def test_nothing_is_under_the_floor(name: str, seed: int) -> None:
    assert joints(name, seed)[..., 2].min() > 0.01


@every_act
@pytest.mark.parametrize("seed", [SOMEBODY, SOMEBODY_ELSE])
def test_no_joint_jumps(name: str, seed: int) -> None:
    fastest = np.linalg.norm(np.diff(joints(name, seed), axis=0), axis=2).max() * 30
    assert fastest < (16.0 if name.startswith("fall") else 9.0)


@every_act
def test_knees_and_elbows_bend_no_further_than_they_can_and_never_lock(name: str) -> None:
    moved = joints(name)
    for top, middle, end in LIMBS:
        upper, lower = moved[:, middle] - moved[:, top], moved[:, end] - moved[:, middle]
        cosine = (upper * lower).sum(axis=1) / np.linalg.norm(upper, axis=1) / np.linalg.norm(lower, axis=1)
        bend = np.arccos(cosine)
        assert bend.min() > 0.05
        assert bend.max() < 2.55


@every_act
def test_knees_point_forward(name: str) -> None:
    for posture in played(name):
        forward, up = posture.pelvis[:, 0], posture.pelvis[:, 2]
        for side in ("LEFT", "RIGHT"):
            hip, knee, ankle = (posture.joints[Joint[f"{side}_{part}"]] for part in ("HIP", "KNEE", "ANKLE"))
            way = (ankle - hip) / np.linalg.norm(ankle - hip)
            # What was forward while the leg hung, turned with it to where it is.
            ahead = forward - (forward @ way) / (1.0 - up @ way) * (way - up)
            assert (knee - (hip + ankle) / 2) @ ahead > 0.0


@every_act
def test_heads_turn_no_further_than_necks_allow(name: str) -> None:
    for posture in played(name):
        assert posture.head[:, 0] @ posture.chest[:, 0] > math.cos(1.4)


@every_act
def test_the_same_person_does_the_same_in_the_same_way(name: str) -> None:
    again = ACTS[name](person(SOMEBODY))
    for frame in range(0, len(played(name)), 10):
        np.testing.assert_array_equal(again.posture(frame / 30).joints, played(name)[frame].joints)


@every_act
def test_different_people_move_differently(name: str) -> None:
    pairs = zip(joints(name), joints(name, SOMEBODY_ELSE), strict=False)
    assert max(float(np.abs(one - another).max()) for one, another in pairs) > 0.02


@every_act
def test_outside_its_time_an_act_holds_still(name: str) -> None:
    act = ACTS[name](person(SOMEBODY))
    np.testing.assert_array_equal(act.posture(act.duration_s + 1.0).joints, act.posture(act.duration_s).joints)
    np.testing.assert_array_equal(act.posture(-1.0).joints, act.posture(0.0).joints)


@pytest.mark.parametrize("seconds", [0.0, -1.0, math.nan, math.inf])
def test_an_act_without_a_sensible_duration_is_refused(seconds: float) -> None:
    with pytest.raises(InvalidInputError, match="stand: lasts"):
        acts.stand(person(1), HERE, seconds)


@pytest.mark.parametrize(
    ("name", "stances"),
    [
        ("walk", [Stance.STANDING]),
        ("sit_down", [Stance.STANDING, Stance.MOVING, Stance.SITTING]),
        ("stand_up", [Stance.SITTING, Stance.MOVING, Stance.STANDING]),
        ("lie_down", [Stance.STANDING, Stance.MOVING, Stance.SITTING, Stance.MOVING, Stance.LYING]),
        ("get_out_of_bed", [Stance.LYING, Stance.MOVING, Stance.SITTING, Stance.MOVING, Stance.STANDING]),
        ("fall forward", [Stance.FALLING, Stance.LYING]),
        ("lie_on_floor", [Stance.LYING]),
        ("get up from the back", [Stance.LYING, Stance.MOVING, Stance.STANDING]),
    ],
)
def test_an_act_passes_through_its_stances_in_order(name: str, stances: list[Stance]) -> None:
    passed = [posture.stance for posture in played(name)]
    assert [stance for stance, _ in itertools.groupby(passed)] == stances


def test_kneeling_takes_as_long_as_told() -> None:
    assert acts.kneel(person(1), HERE, 7.0).duration_s == pytest.approx(7.0)


@pytest.mark.parametrize("seconds", [1.0, math.nan])
def test_too_short_a_time_for_kneeling_is_refused(seconds: float) -> None:
    with pytest.raises(InvalidInputError, match="too short"):
        acts.kneel(person(1), HERE, seconds)
