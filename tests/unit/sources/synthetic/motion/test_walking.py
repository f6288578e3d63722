from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from haven_server.errors import InvalidInputError
from haven_server.sources.synthetic.figures.casting import person
from haven_server.sources.synthetic.motion.act import Act
from haven_server.sources.synthetic.motion.steps import move_over, turn, walk
from haven_server.sources.synthetic.people import Person
from haven_server.sources.synthetic.scene import Place
from haven_server.sources.synthetic.skeleton import Joint

STRAIGHT = [(0.0, 0.0), (5.0, 0.0)]
FEET = [Joint.LEFT_ANKLE, Joint.RIGHT_ANKLE]
Floats = npt.NDArray[np.float64]


def walker(**gait: float) -> Person:
    somebody = person(1)
    return replace(somebody, gait=replace(somebody.gait, asymmetry=0.0, **gait))


def moved(act: Act, from_s: float = 0.0, step_s: float = 1 / 60) -> Floats:
    """Give joints (T, 21, 3)."""
    return np.array([act.posture(t_s).joints for t_s in np.arange(from_s, act.duration_s, step_s).tolist()])


def middle_of_feet(act: Act, t_s: float) -> list[float]:
    feet: list[float] = act.posture(t_s).joints[FEET, :2].mean(axis=0).tolist()
    return feet


def test_a_walk_leads_from_the_path_s_first_point_to_its_last() -> None:
    act = walk(walker(), [(1.0, 1.0), (3.0, 1.0), (3.0, 2.5)])
    assert middle_of_feet(act, 0.0) == pytest.approx([1.0, 1.0], abs=0.01)
    assert middle_of_feet(act, act.duration_s) == pytest.approx([3.0, 2.5], abs=0.01)


def test_who_walks_looks_where_the_path_leads() -> None:
    act = walk(walker(), [(0.0, 0.0), (2.5, 0.0), (2.5, 2.5)])
    assert act.posture(0.0).head[:, 0] @ (1, 0, 0) > 0.95
    assert act.posture(act.duration_s).head[:, 0] @ (0, 1, 0) > 0.95


def test_a_foot_on_the_floor_stays_where_it_is() -> None:
    act = walk(walker(), [(0.0, 0.0), (2.5, 0.0), (2.5, 2.5)])
    joints = moved(act)
    for ankle in FEET:
        # Lowest while the whole sole is on the floor.
        rests = joints[:, ankle, 2] < act.measures.ankle_height + 1e-3
        still = np.abs(np.diff(joints[:, ankle, :2], axis=0)).max(axis=1)[rests[1:] & rests[:-1]]
        assert len(still) > 30
        assert still.max() < 1e-3


def test_there_is_always_a_foot_on_the_floor() -> None:
    lowest = moved(walk(walker(), STRAIGHT))[:, [Joint.LEFT_TOE, Joint.RIGHT_TOE], 2].min(axis=1)
    assert lowest.max() < 0.06


def test_feet_swing_in_turn() -> None:
    joints = moved(walk(walker(), STRAIGHT))
    ahead = joints[:, Joint.LEFT_ANKLE, 0] - joints[:, Joint.RIGHT_ANKLE, 0]
    assert (np.diff(np.sign(ahead)) != 0).sum() >= 6


def test_arms_swing_against_the_legs() -> None:
    joints = moved(walk(walker(arm_swing_rad=0.5), STRAIGHT), from_s=1.0)
    leg = joints[:, Joint.LEFT_ANKLE, 0] - joints[:, Joint.RIGHT_ANKLE, 0]
    arm = joints[:, Joint.LEFT_WRIST, 0] - joints[:, Joint.RIGHT_WRIST, 0]
    assert np.corrcoef(leg, arm)[0, 1] < -0.8


def test_speed_follows_from_cadence_and_stride() -> None:
    somebody = walker(cadence_hz=0.95, stride_ratio=0.75)
    act = walk(somebody, [(0.0, 0.0), (8.0, 0.0)])
    x = [float(act.posture(t_s).joints[Joint.PELVIS, 0]) for t_s in (2.0, 2.0 + 2 / 0.95)]
    assert x[1] - x[0] == pytest.approx(2 * 0.75 * somebody.physique.height_m, rel=0.02)


def test_a_pace_of_two_thirds_takes_half_as_long_again() -> None:
    path = [(0.0, 0.0), (12.0, 0.0)]
    assert walk(walker(), path, 2 / 3).duration_s / walk(walker(), path).duration_s == pytest.approx(1.5, rel=0.08)


@pytest.mark.parametrize(
    ("trait", "little", "much"),
    [
        ("arm_swing_rad", 0.15, 0.6),
        ("bounce_m", 0.01, 0.03),
        ("sway_m", 0.01, 0.045),
        ("lean_rad", -0.05, 0.2),
        ("knee_lift_rad", 0.85, 1.25),
        ("trunk_twist_rad", 0.03, 0.2),
        ("elbow_rad", 0.15, 0.7),
        ("toe_out_rad", -0.05, 0.3),
    ],
)
def test_every_trait_of_a_gait_is_seen(trait: str, little: float, much: float) -> None:
    one, other = (
        moved(walk(walker(**{trait: value}), STRAIGHT), from_s=1.5, step_s=0.1)[:20] for value in (little, much)
    )
    assert np.abs(one - other).max() > 0.02


def test_a_limp_makes_one_foot_s_step_longer() -> None:
    somebody = person(1)
    limping = replace(somebody, gait=replace(somebody.gait, asymmetry=0.25))
    joints = moved(walk(limping, [(0.0, 0.0), (7.0, 0.0)]))
    speeds = np.diff(joints[:, FEET, 0], axis=0) * 60
    airborne = (speeds > 0.3).sum(axis=0)
    assert airborne[0] > 1.3 * airborne[1]


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ([], "rows of x and y"),
        ([(0.0, 0.0)], "leads nowhere"),
        ([(1.0, 1.0), (1.0, 1.0)], "leads nowhere"),
        ([(0.0, 0.0, 0.0), (1.0, 0.0, 0.0)], "rows of x and y"),
        ([(0.0, 0.0), (math.nan, 0.0)], "rows of x and y"),
    ],
)
def test_a_path_that_leads_nowhere_is_refused(path: list[tuple[float, ...]], problem: str) -> None:
    with pytest.raises(InvalidInputError, match=problem):
        walk(person(1), path)


@pytest.mark.parametrize("pace", [0.0, 0.2, 2.5, math.nan])
def test_a_pace_that_nobody_walks_is_refused(pace: float) -> None:
    with pytest.raises(InvalidInputError, match="pace"):
        walk(person(1), STRAIGHT, pace)


@pytest.mark.parametrize("heading", [0.5, 2.9, -1.6, 5.0])
def test_a_turn_ends_on_the_spot_and_looks_where_it_should(heading: float) -> None:
    act = turn(walker(), Place(1.0, 2.0, 0.0), heading)
    assert middle_of_feet(act, act.duration_s) == pytest.approx([1.0, 2.0], abs=0.01)
    assert act.posture(act.duration_s).pelvis[:, 0] @ (math.cos(heading), math.sin(heading), 0) > 0.995


def test_a_turn_takes_the_shorter_way() -> None:
    halfway = turn(walker(), Place(0.0, 0.0, 3.0), -3.0)
    assert halfway.posture(halfway.duration_s / 2).pelvis[0, 0] < -0.9


def test_small_steps_lead_backwards_and_aside_without_turning() -> None:
    act = move_over(walker(), Place(0.0, 0.0, 0.0), Place(-0.4, 0.3, 0.0))
    headings = [act.posture(t_s).pelvis[0, 0] for t_s in np.linspace(0, act.duration_s, 20).tolist()]
    assert min(headings) > 0.95
    assert middle_of_feet(act, act.duration_s) == pytest.approx([-0.4, 0.3], abs=0.01)
