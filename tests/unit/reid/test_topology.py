"""Where people may be next: impossible and likely ways, and returns, as the resolver takes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from haven_server.reid.topology import Topology
from haven_server.settings import TopologySettings
from haven_server.types import NANOSECONDS, Confidence, Features, Tracklet, Verdict

Maker = Callable[..., Features]
A, B = (1.0,), (0.0, 1.0)
LINK: dict[str, Any] = {"links": [{"from": "cam1", "to": "cam2", "min_s": 2, "usual_s": 3, "max_s": 10}]}


def test_nobody_arrives_sooner_than_the_way_takes(make_world: Any, features: Maker) -> None:
    world = make_world(topology=LINK)
    world.meet(features(face=A), at=0, lasting=5)
    decision = world.meet(features(face=A), at=6.5, camera="cam2").decision
    assert (decision.verdict, dict(decision.evidence.vetoed)) == (Verdict.NEW, {1: "travel_time"})


def test_nobody_is_in_two_places_at_once(make_world: Any, features: Maker) -> None:
    world = make_world(topology=LINK)
    world.frame(1)
    world.meet(features(face=A), track=1, ended=False)
    world.frame(1, at=8)
    decision = world.meet(features(face=A), at=4, lasting=6, camera="cam2").decision
    assert dict(decision.evidence.vetoed) == {1: "travel_time"}


def test_a_link_the_other_way_round_forbids_two_places_at_once_too(make_world: Any, features: Maker) -> None:
    world = make_world(topology={"links": [{"from": "cam2", "to": "cam1"}]})
    world.meet(features(face=A), at=0, lasting=5, ended=False)
    decision = world.meet(features(face=A), at=4, lasting=6, camera="cam2").decision
    assert dict(decision.evidence.vetoed) == {1: "travel_time"}


def test_cameras_that_overlap_may_see_one_person_at_once(make_world: Any, features: Maker) -> None:
    link = {"from": "cam1", "to": "cam2", "min_s": 0, "usual_s": 0, "max_s": 1, "overlap": True}
    world = make_world(topology={"links": [link]})
    world.meet(features(face=A), at=0, lasting=5, ended=False)
    assert world.meet(features(face=A), at=1, camera="cam2").global_id == 1


def test_a_pair_without_a_link_says_nothing(make_world: Any, features: Maker) -> None:
    world = make_world(topology=LINK)
    world.meet(features(face=A), at=0, lasting=5)
    assert world.meet(features(face=A), at=5.1, camera="cam3").global_id == 1


def test_a_likely_hand_over_settles_a_middling_appearance(make_world: Any, features: Maker) -> None:
    world = make_world(topology=LINK)
    world.meet(features(appearance=A), at=0, lasting=5)
    decision = world.meet(features(appearance=(0.55,)), at=8, camera="cam2", ended=False).decision
    assert (decision.verdict, decision.global_id, decision.confidence) == (Verdict.MATCH, 1, Confidence.LOW)
    assert decision.evidence.hand_over == 1


def test_a_hand_over_must_lead_those_who_are_elsewhere_too(make_world: Any, features: Maker) -> None:
    world = make_world(topology=LINK)
    world.meet(features(appearance=B), camera="cam3")
    world.meet(features(appearance=A), at=0, lasting=5)
    decision = world.meet(features(appearance=(0.55, 0.6)), at=8, camera="cam2", ended=False).decision
    assert (decision.verdict, decision.evidence.runner_up) == (Verdict.DEFER, 1)
    assert decision.margin == pytest.approx(-0.05, abs=1e-6)


def test_a_likely_hand_over_settles_a_gait_that_clothes_cannot_confirm(make_world: Any, features: Maker) -> None:
    world = make_world(topology=LINK)
    world.meet(features(gait=A), at=0, lasting=5)
    decision = world.meet(features(gait=(0.9,)), at=8, camera="cam2").decision
    assert (decision.verdict, decision.global_id, decision.confidence) == (Verdict.MATCH, 1, Confidence.LOW)


def test_too_late_is_no_hand_over(make_world: Any, features: Maker) -> None:
    world = make_world(topology=LINK)
    world.meet(features(appearance=A), at=0, lasting=5)
    decision = world.meet(features(appearance=(0.55,)), at=15.1, camera="cam2").decision
    assert (decision.verdict, decision.evidence.hand_over) == (Verdict.NEW, None)


def test_a_stranger_in_the_place_of_who_was_expected_is_new(make_world: Any, features: Maker) -> None:
    world = make_world(topology=LINK)
    world.meet(features(appearance=A), at=0, lasting=5)
    waiting = world.meet(features(appearance=(0.3,)), at=8, camera="cam2", track=1, ended=False)
    assert "identity 1 left near here shortly before" in waiting.decision.reason
    assert world.meet(features(appearance=(0.3,)), at=8, lasting=5, camera="cam2", track=1).global_id == 2


def test_two_who_may_have_come_over_make_neither_likely(make_world: Any, features: Maker) -> None:
    world = make_world(topology=LINK)
    world.frame(1, 2)
    world.meet(features(appearance=A), at=0, lasting=5, track=1)
    world.meet(features(appearance=B), at=0, lasting=5, track=2)
    decision = world.meet(features(appearance=(0.55, 0.45)), at=8, camera="cam2").decision
    assert (decision.verdict, decision.evidence.hand_over) == (Verdict.NEW, None)


def test_one_of_two_is_likely_where_the_other_wears_something_else(make_world: Any, features: Maker) -> None:
    world = make_world(topology=LINK)
    world.frame(1, 2)
    world.meet(features(appearance=A), at=0, lasting=5, track=1)
    world.meet(features(appearance=B), at=0, lasting=5, track=2)
    decision = world.meet(features(appearance=(0.55, 0.35)), at=8, camera="cam2", ended=False).decision
    assert (decision.verdict, decision.global_id, decision.evidence.hand_over) == (Verdict.MATCH, 1, 1)


def test_somebody_of_whose_clothes_nothing_is_known_stays_likely(make_world: Any, features: Maker) -> None:
    world = make_world(topology=LINK)
    world.frame(1, 2)
    world.meet(features(appearance=A), at=0, lasting=5, track=1)
    world.meet(features(gait=B), at=0, lasting=5, track=2)
    decision = world.meet(features(appearance=(0.55,)), at=8, camera="cam2", ended=False).decision
    assert (decision.verdict, decision.evidence.hand_over) == (Verdict.DEFER, None)


@pytest.mark.parametrize(
    ("back_at", "place", "verdict"),
    [(14.9, 40, Verdict.MATCH), (15.1, 40, Verdict.DEFER), (14.9, 300, Verdict.DEFER)],
)
def test_somebody_is_likely_to_be_back_for_a_while_and_where_they_left(
    make_world: Any, features: Maker, back_at: float, place: float, verdict: Verdict
) -> None:
    world = make_world(topology={"return_s": 10})
    world.frame(1, at=0)
    world.meet(features(face=A, appearance=A), at=0, lasting=5, track=1, ended=False)
    world.frame(1, at=5)
    world.meet(features(face=A, appearance=A), at=0, lasting=5, track=1)
    world.frame(2, at=back_at, left=place)
    decision = world.meet(features(appearance=(0.55,)), at=back_at, track=2, ended=False).decision
    assert decision.verdict is verdict


def test_an_older_sighting_does_not_move_the_place_where_somebody_left() -> None:
    topology = Topology(TopologySettings(return_s=10), lambda one: one)
    left, elsewhere = (np.array([x, 0, x + 50, 100], np.float32) for x in (0, 900))
    topology.see(1, "cam1", 5 * NANOSECONDS, left)
    topology.see(1, "cam1", 3 * NANOSECONDS, elsewhere)
    back = Tracklet("cam1", 2, 6 * NANOSECONDS, 7 * NANOSECONDS, 5, (), 0.0, False)
    assert topology.likely(back, left) == {1}
    assert not topology.likely(back, elsewhere)


def test_nobody_is_likely_to_be_back_unless_the_settings_say_so(make_world: Any, features: Maker) -> None:
    world = make_world()
    world.frame(1, at=0)
    world.meet(features(face=A, appearance=A), at=0, lasting=5, track=1, ended=False)
    world.meet(features(face=A, appearance=A), at=0, lasting=5, track=1)
    world.frame(2, at=6)
    decision = world.meet(features(appearance=(0.55,)), at=6, track=2, ended=False).decision
    assert (decision.verdict, decision.evidence.hand_over) == (Verdict.DEFER, None)


def test_another_face_refuses_a_hand_over(make_world: Any, features: Maker) -> None:
    world = make_world(topology=LINK)
    world.meet(features(face=A, appearance=A), at=0, lasting=5)
    decision = world.meet(features(face=B, appearance=(0.7,)), at=8, camera="cam2").decision
    assert decision.verdict is Verdict.NEW
    assert (decision.evidence.hand_over, dict(decision.evidence.vetoed)) == (None, {1: "face_disagrees"})
