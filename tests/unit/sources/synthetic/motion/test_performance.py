from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from haven_server.errors import InvalidInputError
from haven_server.sources.synthetic.figures.casting import person
from haven_server.sources.synthetic.motion import acts
from haven_server.sources.synthetic.motion.performance import Performance
from haven_server.sources.synthetic.scene import Bed, Place, Seat
from haven_server.sources.synthetic.skeleton import Joint, Stance

SOMEBODY = person(2)
START = Place(0.0, 0.0, 0.0)
SEAT = Seat(Place(2.0, -1.0, math.pi / 2), 0.45, Place(2.0, -0.4, math.pi / 2))
BED = Bed(Place(0.0, 0.0, math.pi / 2), 0.5, Place(0.9, 0.1, 0.0), ((-0.5, -1.1), (0.5, -1.1), (0.5, 0.9), (-0.5, 0.9)))


def names(performance: Performance) -> list[str]:
    return [span.act.name for span in performance.spans]


def test_acts_follow_one_another_without_gaps() -> None:
    performance = Performance([acts.stand(SOMEBODY, START, 1.0), acts.walk(SOMEBODY, [(0, 0), (2, 0)])])
    assert names(performance) == ["stand", "walk"]
    for before, after in itertools.pairwise(performance.spans):
        assert before.ends_s == after.starts_s
    assert performance.spans[-1].ends_s == performance.duration_s


def test_who_stands_beside_the_next_place_steps_over() -> None:
    performance = Performance([acts.walk(SOMEBODY, [(0, 0), (2, 0)]), acts.sit_down(SOMEBODY, SEAT)])
    assert names(performance) == ["walk", "step", "sit_down"]


def test_who_looks_another_way_turns() -> None:
    performance = Performance([acts.stand(SOMEBODY, START, 1.0), acts.walk(SOMEBODY, [(0, 0), (-2, 0)])])
    assert names(performance) == ["stand", "step", "walk"]


def test_nothing_jumps_from_one_act_to_the_next() -> None:
    fall = acts.fall(SOMEBODY, Place(2.0, -0.5, 1.5), 1.5, 1)
    performance = Performance(
        [
            acts.stand(SOMEBODY, START, 1.0),
            acts.walk(SOMEBODY, [(0, 0), (2, 0)]),
            acts.sit_down(SOMEBODY, SEAT),
            acts.sit(SOMEBODY, SEAT, 2.0),
            acts.stand_up(SOMEBODY, SEAT),
            acts.wave(SOMEBODY, Place(2.0, -0.5, 1.5)),
            fall,
            acts.lie_on_floor(fall, 2.0),
            acts.get_up_from_floor(fall),
        ]
    )
    joints = np.array(
        [performance.posture(t_s).joints for t_s in np.arange(0, performance.duration_s, 1 / 30).tolist()]
    )
    assert np.linalg.norm(np.diff(joints, axis=0), axis=2).max() * 30 < 12.0


@pytest.mark.parametrize("gap", [["stand", "stand"], []])
def test_a_performance_needs_acts_near_one_another(gap: list[str]) -> None:
    far = [acts.stand(SOMEBODY, Place(3.0 * number, 0.0), 1.0) for number in range(len(gap))]
    with pytest.raises(InvalidInputError, match="walk there between" if gap else "at least one act"):
        Performance(far)


def test_a_performance_is_one_person_s() -> None:
    with pytest.raises(InvalidInputError, match="two people"):
        Performance([acts.stand(SOMEBODY, START, 1.0), acts.stand(person(3), START, 1.0)])


def test_who_sits_has_the_pelvis_over_the_seat_and_the_feet_before_it() -> None:
    joints = acts.sit(SOMEBODY, SEAT, 3.0).posture(0.0).joints
    assert joints[Joint.PELVIS, :2] == pytest.approx([2.0, -1.0], abs=0.02)
    assert 0.45 < joints[Joint.PELVIS, 2] < 0.6
    assert (joints[[Joint.LEFT_ANKLE, Joint.RIGHT_ANKLE], 1] > -0.75).all()


def test_who_lies_in_bed_is_on_the_mattress_with_the_head_at_the_pillow() -> None:
    for seed in range(6):
        joints = acts.lie(person(seed), BED, 3.0).posture(1.0).joints
        assert joints[Joint.HEAD, 1] > 0.5
        assert (np.abs(joints[:, 0]) < 0.75).all()
        assert joints[:, 2].min() > 0.5
        assert joints[:, 2].max() < 1.2


def test_one_gets_into_bed_on_the_side_where_one_stands() -> None:
    act = acts.lie_down(SOMEBODY, BED)
    assert act.posture(0.0).joints[Joint.PELVIS, 0] > 0.5
    assert acts.edge_of(BED).place.x == pytest.approx(0.31, abs=0.02)


@pytest.mark.parametrize("direction", [0.0, 1.5, -1.5, 3.1])
def test_a_fall_leads_where_it_is_told(direction: float) -> None:
    fall = acts.fall(SOMEBODY, START, direction, 5)
    joints = fall.posture(fall.duration_s).joints
    towards = joints[Joint.NECK, :2] - joints[Joint.PELVIS, :2]
    assert towards @ (math.cos(direction), math.sin(direction)) > 0.9 * np.linalg.norm(towards)
    assert joints[Joint.HEAD, 2] < 0.4


def descent_s(seed: int) -> float:
    fall = acts.fall(SOMEBODY, START, 0.3 * seed, seed)
    instants: list[float] = np.arange(0.0, fall.duration_s, 0.01).tolist()
    return next(t_s for t_s in instants if fall.stance(t_s) is Stance.LYING)


def test_falls_differ_and_take_about_a_second() -> None:
    times = [descent_s(seed) for seed in range(12)]
    assert 0.6 < min(times) < max(times) < 1.35
    assert len(set(times)) > 6
