"""The identity policy, one rule a test, over a real gallery."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from haven_server.types import Confidence, Features, Modality, Verdict

Maker = Callable[..., Features]
A, B = (1.0,), (0.0, 1.0)
"""Two people who have nothing in common."""


def test_the_first_person_ever_is_new(world: Any, features: Maker) -> None:
    decision = world.meet(features(appearance=A), ended=False).decision
    assert (decision.verdict, decision.global_id, decision.confidence) == (Verdict.NEW, 1, Confidence.LOW)
    assert decision.reason == "Nobody known is like this person."


def test_a_face_over_its_threshold_is_a_match_of_high_confidence_whatever_the_clothes(
    world: Any, features: Maker
) -> None:
    world.meet(features(face=A, appearance=A))
    decision = world.meet(features(face=(0.7,), appearance=B)).decision
    assert (decision.verdict, decision.global_id, decision.confidence) == (Verdict.MATCH, 1, Confidence.HIGH)
    assert decision.evidence.gate is Modality.FACE
    assert decision.score == pytest.approx(0.7, abs=1e-6)


def test_a_face_at_its_threshold_is_not_over_it(make_world: Any, features: Maker) -> None:
    world = make_world({"thresholds": {"face_similarity": 0.5}})
    world.meet(features(face=A))
    half = features(face=(0.5, 0.5, 0.5, 0.5))
    assert world.meet(half, ended=False).decision.verdict is Verdict.DEFER


def test_a_true_face_ranked_second_by_fused_score_is_found(world: Any, features: Maker) -> None:
    """The seed gates only the best of the fused ranking, and loses him."""
    world.meet(features(face=A, appearance=B))
    world.meet(features(face=(0.0, 1.0), appearance=A))
    decision = world.meet(features(face=(0.65, 0.55), appearance=(0.99,))).decision
    assert (decision.verdict, decision.global_id) == (Verdict.MATCH, 1)


def test_someone_known_by_clothes_only_may_have_the_best_fused_score_and_still_lose_to_a_face(
    world: Any, features: Maker
) -> None:
    world.meet(features(face=A))
    world.meet(features(appearance=A))
    decision = world.meet(features(face=(0.7,), appearance=A)).decision
    assert (decision.verdict, decision.global_id, decision.evidence.gate) == (Verdict.MATCH, 1, Modality.FACE)


def test_very_similar_clothes_alone_are_a_tentative_match(world: Any, features: Maker) -> None:
    world.meet(features(appearance=A))
    decision = world.meet(features(appearance=(0.85,))).decision
    assert (decision.verdict, decision.global_id, decision.confidence) == (Verdict.MATCH, 1, Confidence.LOW)


def test_similar_clothes_alone_are_no_match(world: Any, features: Maker) -> None:
    world.meet(features(appearance=A))
    assert world.meet(features(appearance=(0.75,))).decision.verdict is Verdict.NEW


def test_a_look_alike_with_another_face_is_refused(world: Any, features: Maker) -> None:
    world.meet(features(face=A, appearance=A))
    decision = world.meet(features(face=B, appearance=A)).decision
    assert (decision.verdict, decision.global_id, decision.confidence) == (Verdict.NEW, 2, Confidence.HIGH)
    assert dict(decision.evidence.vetoed) == {1: "face_disagrees"}


def test_a_veto_leaves_the_second_best_its_chance(world: Any, features: Maker) -> None:
    world.meet(features(face=A, appearance=A))
    world.meet(features(appearance=(0.0, 1.0)))
    decision = world.meet(features(face=B, appearance=(0.5, 0.85))).decision
    assert (decision.verdict, decision.global_id) == (Verdict.MATCH, 2)


def test_a_match_on_clothes_that_all_signals_together_do_not_carry_is_new(world: Any, features: Maker) -> None:
    world.meet(features(face=A, appearance=A))
    decision = world.meet(features(face=(0.25,), appearance=(0.9,)), ended=False).decision
    assert decision.verdict is Verdict.NEW
    assert decision.evidence.fused == pytest.approx((0.6 * 0.25 + 0.1 * 0.9) / 0.7, abs=1e-6)
    assert "together give 0.34 only" in decision.reason


def test_too_small_a_margin_waits_while_the_track_lives_and_is_new_at_its_end(world: Any, features: Maker) -> None:
    world.meet(features(face=A))
    world.meet(features(face=(0.0, 1.0)))
    between = features(face=(0.70, 0.68))
    live = world.meet(between, track=9, ended=False, lasting=60)
    assert live.decision.verdict is Verdict.DEFER and live.decision.confidence is None
    assert live.decision.margin == pytest.approx(0.02, abs=1e-6)
    ended = world.meet(between, track=9)
    assert (ended.decision.verdict, ended.decision.global_id) == (Verdict.NEW, 3)
    assert ended.changes.ledger[0].detail["possible_duplicates"] == [1, 2]


def test_who_is_unknown_by_all_signals_together_is_nobodys_duplicate(world: Any, features: Maker) -> None:
    world.meet(features(face=A, appearance=A))
    world.meet(features(face=B, appearance=A))
    resolution = world.meet(features(face=(0.25, 0.25), appearance=(0.9,)))
    assert (resolution.decision.verdict, resolution.decision.margin) == (Verdict.NEW, 0.0)
    assert "possible_duplicates" not in resolution.changes.ledger[0].detail


def test_the_margin_counts_a_rival_that_did_not_pass_its_gate(world: Any, features: Maker) -> None:
    world.meet(features(face=A))
    world.meet(features(face=B))
    decision = world.meet(features(face=(0.61, 0.59)), ended=False).decision
    assert (decision.verdict, decision.evidence.runner_up) == (Verdict.DEFER, 2)


def test_a_vetoed_rival_does_not_count_for_the_margin(world: Any, features: Maker) -> None:
    world.meet(features(face=A), track=1, ended=False)
    world.meet(features(face=B))
    world.frame(1, 2)
    decision = world.meet(features(face=(0.70, 0.69)), track=2).decision
    assert (decision.verdict, decision.global_id, decision.margin) == (Verdict.MATCH, 2, None)
    assert dict(decision.evidence.vetoed) == {1: "cannot_link"}


def test_among_equals_the_lowest_id_leads(make_world: Any, features: Maker) -> None:
    world = make_world({"thresholds": {"margin": 0.0, "face_similarity": 0.6}})
    world.meet(features(face=A, appearance=A), track=1, ended=False)
    world.frame(1, 2)
    world.meet(features(face=A, appearance=A), track=2)
    decision = world.meet(features(face=(0.9,), appearance=A)).decision
    assert (decision.verdict, decision.global_id, decision.evidence.runner_up) == (Verdict.MATCH, 1, 2)


class TestGait:
    def test_without_calibration_it_never_decides_alone(self, world: Any, features: Maker) -> None:
        world.meet(features(gait=A, appearance=A))
        assert world.meet(features(gait=(0.9,))).decision.verdict is Verdict.NEW

    def test_without_calibration_clothes_that_agree_make_it_a_tentative_match(
        self, world: Any, features: Maker
    ) -> None:
        world.meet(features(gait=A, appearance=A))
        decision = world.meet(features(gait=(0.9,), appearance=(0.6,))).decision
        assert (decision.verdict, decision.global_id, decision.confidence) == (Verdict.MATCH, 1, Confidence.LOW)

    def test_without_calibration_clothes_that_only_do_not_contradict_are_not_enough(
        self, world: Any, features: Maker
    ) -> None:
        world.meet(features(gait=A, appearance=A))
        assert world.meet(features(gait=(0.9,), appearance=(0.45,))).decision.verdict is Verdict.NEW

    def test_calibrated_it_decides_alone_in_a_small_gallery(self, make_world: Any, features: Maker) -> None:
        world = make_world(gait_false_match_rate=0.004)
        world.meet(features(gait=A))
        world.meet(features(gait=B))
        decision = world.meet(features(gait=(0.9,))).decision
        assert (decision.verdict, decision.global_id, decision.confidence) == (Verdict.MATCH, 1, Confidence.MEDIUM)
        world.meet(features(appearance=A))
        assert world.meet(features(gait=(0.9,))).decision.verdict is Verdict.NEW

    def test_contradicting_clothes_refuse_it(self, make_world: Any, features: Maker) -> None:
        world = make_world(gait_false_match_rate=0.0001)
        world.meet(features(gait=A, appearance=A))
        assert world.meet(features(gait=(0.9,), appearance=(0.39,))).decision.verdict is Verdict.NEW


class TestOpenSet:
    def test_a_stranger_with_a_good_face_is_new_at_once(self, world: Any, features: Maker) -> None:
        world.meet(features(face=A))
        decision = world.meet(features(face=B), ended=False).decision
        assert (decision.verdict, decision.global_id, decision.confidence) == (Verdict.NEW, 2, Confidence.HIGH)

    def test_poor_features_never_match_and_wait(self, world: Any, features: Maker) -> None:
        world.meet(features(face=A))
        resolution = world.meet(features(face=A, quality=0.4), ended=False, quality=0.4, lasting=60)
        assert resolution.decision.verdict is Verdict.DEFER
        assert resolution.decision.evidence.considered == 0
        assert resolution.decision.evidence.qualities == {Modality.FACE: 0.4}
        assert resolution.changes.identities == () and resolution.changes.events == ()

    @pytest.mark.parametrize(
        ("first", "then", "doubt"),
        [
            ({"face": A}, {"appearance": A}, "no face is seen, and others are known by theirs"),
            ({"face": A}, {"face": (0.5,)}, "face 0.50 leaves it open whether it is identity 1"),
            ({"appearance": A}, {"appearance": (0.7,)}, "appearance 0.70 leaves it open whether it is identity 1"),
            ({"gait": A}, {"gait": (0.9,)}, "gait 0.90 leaves it open whether it is identity 1"),
            ({"face": A}, {}, "no signal is good enough"),
        ],
    )
    def test_doubt_waits_for_better_views_but_no_longer_than_the_longest_wait(
        self, world: Any, features: Maker, first: dict[str, Any], then: dict[str, Any], doubt: str
    ) -> None:
        world.meet(features(**first))
        waiting = world.meet(features(**then), track=5, lasting=4.9, ended=False).decision
        assert (waiting.verdict, waiting.reason) == (Verdict.DEFER, f"Waits for better views: {doubt}.")
        decided = world.meet(features(**then), track=5, lasting=5.0, ended=False).decision
        assert (decided.verdict, decided.reason) == (Verdict.NEW, f"After 5.0 s still {doubt}.")

    def test_a_track_that_ends_in_doubt_is_new(self, world: Any, features: Maker) -> None:
        world.meet(features(face=A))
        assert world.meet(features(face=(0.5,))).decision.verdict is Verdict.NEW

    def test_a_long_enough_track_that_showed_nothing_is_new_at_its_end(self, world: Any) -> None:
        resolution = world.meet({}, quality=0.0, frames=5)
        assert (resolution.decision.verdict, resolution.global_id) == (Verdict.NEW, 1)

    def test_a_short_track_gets_no_identity(self, world: Any, features: Maker) -> None:
        resolution = world.meet(features(face=A), frames=4)
        assert resolution.decision is None and resolution.global_id is None
        assert resolution.changes.identities == () and resolution.changes.tracklets == ()
        assert [event.global_id for event in resolution.changes.events] == [None]
