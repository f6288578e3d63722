"""The resolver: what tracks keep, who is kept apart, what is learnt, and what is written down."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from haven_server.reid.evidence import decision_from_json, decision_to_json
from haven_server.types import NANOSECONDS, Assurance, Confidence, EventKind, Feature, Features, Modality, Verdict

Maker = Callable[..., Features]
A, B, C = (1.0,), (0.0, 1.0), (0.0, 0.0, 1.0)


def kinds(resolution: Any) -> list[EventKind]:
    return [event.kind for event in resolution.changes.events]


def actions(resolution: Any) -> list[str]:
    return [change.action for change in resolution.changes.ledger]


class TestOneTrack:
    def test_keeps_its_identity_whatever_it_shows_later(self, world: Any, features: Maker) -> None:
        world.meet(features(face=A))
        world.meet(features(face=B), track=1, ended=False)
        later = world.meet(features(face=A), track=1, at=2, ended=False)
        assert later.decision is None and later.global_id == 2

    def test_of_which_nothing_could_be_seen_is_nobody_new(self, world: Any, features: Maker) -> None:
        both = frozenset({Modality.FACE, Modality.APPEARANCE})
        world.meet(features(face=A))
        blind = world.meet({}, missing=both)
        assert (blind.decision, blind.global_id, kinds(blind)) == (None, None, [EventKind.TRACK_ENDED])
        assert world.meet({}).global_id == 2, "one of which nothing showed although all was looked for is"
        poor = world.meet(features(quality=0.1, appearance=B), missing=frozenset({Modality.FACE}))
        assert poor.global_id is None

    def test_is_decided_by_what_could_be_seen(self, world: Any, features: Maker) -> None:
        world.meet(features(face=A, appearance=A))
        seen = world.meet(features(appearance=A), at=3, missing=frozenset({Modality.FACE}))
        assert (seen.global_id, seen.decision.confidence) == (1, Confidence.LOW)

    def test_is_announced_once_and_its_end_once(self, world: Any, features: Maker) -> None:
        told = [world.meet(features(face=A), track=1, at=at, ended=at == 4) for at in (0, 2, 4)]
        assert [kinds(one) for one in told] == [[EventKind.IDENTITY_CREATED], [], [EventKind.TRACK_ENDED]]
        assert [one.identification.final for one in told] == [False, False, True]
        assert world.meet(features(face=A), at=9).changes.events[0].kind is EventKind.IDENTITY_MATCHED

    def test_that_ends_is_summed_up_in_one_row(self, world: Any, features: Maker) -> None:
        (row,) = world.meet(features(face=A), at=3, lasting=2, frames=60, camera="hall").changes.tracklets
        assert (row.global_id, row.camera_id, row.first_seen, row.last_seen, row.frame_count) == (
            1,
            "hall",
            3 * NANOSECONDS,
            5 * NANOSECONDS,
            60,
        )

    def test_refreshes_when_its_identity_was_last_seen(self, world: Any, features: Maker) -> None:
        world.meet(features(face=A), track=1, ended=False)
        (row,) = world.meet({}, track=1, at=7, ended=False).changes.identities
        assert (row.created_at, row.last_seen_at) == (0, 8 * NANOSECONDS)

    def test_of_an_earlier_time_does_not_turn_the_identitys_clock_back(self, world: Any, features: Maker) -> None:
        world.meet(features(face=A), at=50)
        (row,) = world.meet(features(face=A), at=0).changes.identities
        assert row.last_seen_at == 51 * NANOSECONDS

    def test_whose_face_turns_into_another_teaches_nothing(self, world: Any, features: Maker) -> None:
        world.meet(features(face=A, appearance=A), track=1, ended=False)
        swapped = world.meet(features(face=B, appearance=B), track=1, at=2, ended=False)
        assert swapped.global_id == 1 and swapped.changes.prototypes == () and swapped.changes.means == ()

    def test_may_outlive_its_identitys_place_in_the_gallery(self, make_world: Any, features: Maker) -> None:
        world = make_world({"active_window": 5})
        world.meet(features(appearance=A), track=1, ended=False)
        world.meet(features(appearance=B), at=60)
        late = world.meet(features(appearance=A), track=1, at=70)
        assert late.global_id == 1 and late.changes.prototypes == () and kinds(late) == [EventKind.TRACK_ENDED]


class TestCannotLink:
    def test_two_tracks_of_one_picture_are_two_people(self, world: Any, features: Maker) -> None:
        world.frame(1, 2)
        assert world.meet(features(appearance=A), track=1, ended=False).global_id == 1
        assert world.meet(features(appearance=A), track=2, ended=False).global_id == 2

    def test_a_track_stays_apart_from_a_companion_that_has_ended(self, world: Any, features: Maker) -> None:
        world.frame(1, 2)
        world.meet(features(appearance=A), track=1)
        world.frame(2, at=30)
        assert world.meet(features(appearance=A), track=2, lasting=30).global_id == 2

    def test_a_companion_that_is_recognised_later_is_kept_apart_too(self, world: Any, features: Maker) -> None:
        world.frame(1, 2)
        waiting = world.meet({}, track=2, ended=False)
        assert waiting.decision.verdict is Verdict.DEFER
        world.meet(features(appearance=A), track=1)
        assert world.meet(features(appearance=A), track=2).global_id == 2

    def test_other_cameras_say_nothing(self, world: Any, features: Maker) -> None:
        world.frame(1, camera="cam1")
        world.frame(2, camera="cam2")
        world.meet(features(appearance=A), track=1, ended=False, camera="cam1")
        assert world.meet(features(appearance=A), track=2, camera="cam2").global_id == 1

    def test_an_identity_held_by_a_lost_track_is_waited_for(self, world: Any, features: Maker) -> None:
        world.frame(1)
        world.meet(features(appearance=A), track=1, ended=False)
        world.frame(2, at=2)
        waiting = world.meet(features(appearance=A), track=2, at=2, ended=False)
        assert waiting.decision.verdict is Verdict.DEFER
        assert "Another track of this camera still holds identity 1" in waiting.decision.reason
        world.meet(features(appearance=A), track=1)
        assert world.meet(features(appearance=A), track=2, at=2, lasting=3, ended=False).global_id == 1


class TestAssurance:
    def assurance(self, world: Any, global_id: int = 1) -> Assurance:
        row: Assurance = world.gallery.identity(global_id).assurance
        return row

    def test_clothes_alone_are_tentative(self, world: Any, features: Maker) -> None:
        world.meet(features(appearance=A))
        assert self.assurance(world) is Assurance.TENTATIVE

    def test_a_good_face_of_ones_own_confirms(self, world: Any, features: Maker) -> None:
        resolution = world.meet(features(face=A))
        assert actions(resolution) == ["created", "confirmed"]
        assert [row.assurance for row in resolution.changes.identities] == [Assurance.CONFIRMED]

    def test_a_face_that_shows_later_in_the_founding_track_confirms(self, world: Any, features: Maker) -> None:
        world.meet(features(appearance=A), track=1, ended=False)
        assert actions(world.meet(features(face=A, appearance=A), track=1, at=2)) == ["confirmed"]

    def test_several_independent_matches_confirm(self, world: Any, features: Maker) -> None:
        told = [actions(world.meet(features(appearance=A), at=10 * one)) for one in range(5)]
        assert told == [["created"], ["matched"], ["matched"], ["matched", "confirmed"], ["matched"]]

    def test_a_face_brought_by_clothes_alone_does_not_confirm_not_even_itself(
        self, world: Any, features: Maker
    ) -> None:
        world.meet(features(appearance=A))
        world.meet(features(face=B, appearance=A), at=10, track=1, ended=False)
        later = world.meet(features(face=B, appearance=A), at=12, track=1)
        assert self.assurance(world) is Assurance.TENTATIVE
        assert later.identification.confidence is Confidence.LOW

    def test_a_face_match_in_a_later_track_confirms_it(self, world: Any, features: Maker) -> None:
        world.meet(features(appearance=A))
        world.meet(features(face=B, appearance=A), at=10)
        assert actions(world.meet(features(face=B), at=20)) == ["matched", "confirmed"]

    def test_a_face_match_raises_the_confidence_of_a_track_matched_by_clothes(
        self, world: Any, features: Maker
    ) -> None:
        world.meet(features(face=A, appearance=A))
        tentative = world.meet(features(appearance=A), at=10, track=1, ended=False)
        assert tentative.identification.confidence is Confidence.LOW
        sure = world.meet(features(face=A, appearance=A), at=12, track=1)
        assert sure.identification.confidence is Confidence.HIGH
        assert sure.changes.events[0].detail == {"frame_count": 10, "confidence": "high"}

    def test_a_doubtful_face_of_a_tentative_track_is_not_learnt(self, world: Any, features: Maker) -> None:
        world.meet(features(face=A, appearance=A))
        world.meet(features(appearance=A), at=10, track=1, ended=False)
        later = world.meet(features(face=(0.5,), appearance=A), at=12, track=1)
        assert {row.modality for row in later.changes.prototypes} == {Modality.APPEARANCE}


def test_a_change_of_clothes_is_bridged_by_the_face_and_remembered(world: Any, features: Maker) -> None:
    world.meet(features(face=A, appearance=A), at=0)
    assert world.meet(features(face=(0.8,), appearance=B), at=300).global_id == 1
    for outfit in (A, B):
        decision = world.meet(features(appearance=outfit), at=600).decision
        assert (decision.verdict, decision.global_id, decision.evidence.gate) == (
            Verdict.MATCH,
            1,
            Modality.APPEARANCE,
        )


def test_a_new_outfit_neither_pushes_out_nor_blends_with_the_old_one(make_world: Any, features: Maker) -> None:
    world = make_world({"multi_prototype": {"memory_size": 4}})
    chance = np.random.default_rng(2)
    for day, outfit in enumerate((np.array([0.95, 0.0]), np.array([0.0, 0.95]))):
        for look in range(12):
            shown = features(face=A, appearance=(*outfit, *chance.normal(0, 0.1, 4)))
            assert world.meet(shown, at=600 * day + 10 * look).global_id == 1
    for worn in (A, B):
        decision = world.meet(features(appearance=worn), at=1500).decision
        assert (decision.verdict, decision.global_id) == (Verdict.MATCH, 1)
    (mean,) = (row for row in world.stored().means if row.modality is Modality.APPEARANCE)
    assert mean.vector[1] > 0.9 > 0.2 > abs(mean.vector[0])


@pytest.mark.parametrize(
    ("alike", "rate"), [(0.0, None), (0.0, 0.002), (0.95, None)], ids=["unmeasured", "measured", "not even whitened"]
)
def test_200_random_people_with_gait_alone_are_never_merged(make_world: Any, alike: float, rate: float | None) -> None:
    world = make_world(gait_false_match_rate=rate)
    chance = np.random.default_rng(4)
    common = np.eye(16)[0]
    for number in range(200):
        own = chance.normal(size=16)
        own[0] = 0.0
        vector = np.sqrt(alike) * common + np.sqrt(1 - alike) * own / np.linalg.norm(own)
        gait = Feature(vector.astype(np.float32), 0.9, "gait-model")
        world.meet({Modality.GAIT: gait}, at=10 * number)
    assert len(world.gallery) == 200


def test_the_ledger_and_the_events_tell_why(world: Any, features: Maker) -> None:
    world.meet(features(face=A))
    resolution = world.meet(features(face=(0.8,)), camera="hall", track=4, ended=False)
    change = resolution.changes.ledger[0]
    assert (change.action, change.actor, change.camera_id, change.track_id) == ("matched", "policy", "hall", 4)
    assert decision_from_json(json.loads(json.dumps(change.detail))) == resolution.decision
    detail = resolution.changes.events[0].detail
    assert detail["confidence"] == "high" and detail["reason"] == "Is identity 1: face 0.80 is over 0.60."


def test_a_decision_survives_json_with_vetoes_and_without_a_gate(world: Any, features: Maker) -> None:
    world.meet(features(face=A, appearance=A))
    decision = world.meet(features(face=B, appearance=A)).decision
    assert decision.evidence.gate is None and decision.evidence.vetoed
    assert decision_from_json(json.loads(json.dumps(decision_to_json(decision)))) == decision


def drive(world: Any, features: Maker, seed: int, count: int, start: float = 0.0) -> list[tuple[Any, ...]]:
    """Show random views of eight people, some without a face, some poor; return what was decided."""
    random = np.random.default_rng(seed)
    told = []
    for one in range(count):
        person = int(random.integers(8))
        signals: dict[str, Any] = {}
        for name, chance in (("face", 0.5), ("appearance", 0.9)):
            if random.random() < chance:
                parts = random.normal(0.0, 0.08, 10)
                parts[person] = random.uniform(0.5, 0.95)
                signals[name] = parts / max(1.0, float(np.linalg.norm(parts)))
        shown = features(quality=float(random.uniform(0.3, 1.0)), **signals)
        resolution = world.meet(shown, at=start + 400.0 * one, camera=f"cam{random.integers(2)}")
        decision = resolution.decision
        told.append((decision, [row.embedding_id for row in resolution.changes.prototypes]))
    return told


def test_the_same_calls_give_the_same_results(make_world: Any, features: Maker) -> None:
    first, second = (
        make_world({"multi_prototype": {"memory_size": 3}}),
        make_world({"multi_prototype": {"memory_size": 3}}),
    )
    assert drive(first, features, seed=1, count=60) == drive(second, features, seed=1, count=60)


@pytest.mark.parametrize("seed", range(5))
def test_a_restart_changes_no_decision(make_world: Any, features: Maker, seed: int) -> None:
    # Clothes decide nothing alone: who was met without a face before a restart is not reunited after it.
    thresholds = {"appearance_alone": 1.0}
    memory = {"memory_size": 3, "embedding_ttl": 4000}
    reid = {"multi_prototype": memory, "active_window": 9000, "thresholds": thresholds}
    world = make_world(reid)
    drive(world, features, seed, count=60)
    restarted = make_world(reid, start=world.stored())
    later = 400.0 * 60
    assert drive(world, features, 100 + seed, 40, later) == drive(restarted, features, 100 + seed, 40, later)
