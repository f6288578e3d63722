"""Tracks that were taken for somebody on weak evidence, and are corrected when their face shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import pytest

from haven_server.errors import CorrectionRefusedError
from haven_server.reid.evidence import decision_from_json
from haven_server.reid.replay import agrees, replay
from haven_server.types import (
    NANOSECONDS,
    Assurance,
    Confidence,
    DividedRows,
    EventKind,
    Features,
    Modality,
    TrackName,
    TrackSpan,
    Verdict,
)

Maker = Callable[..., Features]
A, B, C = (1.0,), (0.0, 1.0), (0.0, 0.0, 1.0)
OWNERS = {"identities": 0, "observations": 1, "embeddings": 1, "embedding_means": 0, "tracklet_quality": 1}
"""Which column of each table tells whose a row is."""


def memories(world: Any, global_id: int) -> dict[Modality, int]:
    """Count what is stored of an identity."""
    rows = [row for row in world.stored().prototypes if row.global_id == global_id]
    return {modality: n for modality in Modality if (n := sum(row.modality is modality for row in rows))}


def kinds(resolution: Any) -> list[EventKind]:
    return [event.kind for event in resolution.changes.events]


@pytest.fixture
def mistaken(world: Any, features: Maker) -> Any:
    """A world in which track 9 is taken for identity 1 by its clothes, and 2 is somebody else with a face."""
    world.meet(features(face=A, appearance=A), at=0)
    world.meet(features(face=B), at=10)
    assert world.meet(features(appearance=A), at=20, track=9, ended=False).global_id == 1
    return world


class TestATrackMatchedByClothes:
    def test_moves_to_the_person_whose_face_it_shows(self, mistaken: Any, features: Maker) -> None:
        moved = mistaken.meet(features(face=B, appearance=A), at=20, lasting=3, track=9, ended=False)
        assert (moved.global_id, moved.identification.confidence) == (2, Confidence.HIGH)
        assert moved.changes.transfers == (DividedRows(1, 2, (TrackSpan("cam1", 9, 20 * NANOSECONDS),)),)
        assert {row.global_id: row.status for row in moved.changes.identities} == {2: "active"}

    def test_is_told_of_with_who_it_was_and_why(self, mistaken: Any, features: Maker) -> None:
        moved = mistaken.meet(features(face=B), at=20, lasting=3, track=9, ended=False)
        (event,) = moved.changes.events
        assert (event.kind, event.global_id, event.track_id) == (EventKind.IDENTITY_CORRECTED, 2, 9)
        assert dict(event.detail) == {
            "action": "moved",
            "actor": "policy",
            "formerly": 1,
            "confidence": "high",
            "score": pytest.approx(1.0),
            "reason": "Is identity 2: face 1.00 is over 0.60.",
        }
        rows = [row for row in moved.changes.ledger if row.action == "corrected"]
        assert [row.global_id for row in rows] == [1, 2]
        assert all(decision_from_json(row.detail) == moved.decision for row in rows)

    def test_takes_what_it_taught_along(self, mistaken: Any, features: Maker) -> None:
        assert memories(mistaken, 1) == {Modality.FACE: 1, Modality.APPEARANCE: 2}
        mistaken.meet(features(face=(0.0, 0.9)), at=20, lasting=3, track=9, ended=False)
        assert memories(mistaken, 1) == {Modality.FACE: 1, Modality.APPEARANCE: 1}
        assert memories(mistaken, 2) == {Modality.FACE: 2, Modality.APPEARANCE: 1}

    def test_leaves_the_average_of_whom_it_was_taken_for_as_it_was(self, make_world: Any, features: Maker) -> None:
        def average(meets_stranger: bool) -> Any:
            world = make_world()
            world.meet(features(face=A, appearance=A), at=0)
            world.meet(features(face=B), at=10)
            if meets_stranger:
                world.meet(features(appearance=(0.9,)), at=20, track=9, ended=False)
                world.meet(features(face=B), at=20, lasting=3, track=9)
            (mean,) = (row for row in world.stored().means if (row.global_id, row.modality.value) == (1, "appearance"))
            return mean.vector.tolist()

        assert average(meets_stranger=True) == pytest.approx(average(meets_stranger=False), abs=1e-6)

    def test_is_not_counted_among_the_matches_that_confirm(self, world: Any, features: Maker) -> None:
        world.meet(features(appearance=A))
        world.meet(features(face=B), at=5)
        world.meet(features(appearance=(0.85, 0.5)), at=10, track=9, ended=False)
        world.meet(features(face=B), at=12, track=9)
        told = [world.meet(features(appearance=A), at=at).changes.ledger for at in (20, 30)]
        assert [row.action for rows in told for row in rows] == ["matched", "matched"]
        assert world.gallery.identity(1).assurance is Assurance.TENTATIVE

    def test_is_somebody_new_if_its_face_is_clearly_not_the_ones_it_was_taken_for(
        self, mistaken: Any, features: Maker
    ) -> None:
        moved = mistaken.meet(features(face=C, appearance=A), at=20, lasting=3, track=9, ended=False)
        assert (moved.decision.verdict, moved.global_id) == (Verdict.NEW, 3)
        assert kinds(moved) == [EventKind.IDENTITY_CORRECTED]
        assert dict(moved.decision.evidence.vetoed) == {1: "face_disagrees"}

    def test_stays_while_its_face_leaves_it_open(self, mistaken: Any, features: Maker) -> None:
        stays = mistaken.meet(features(face=(0.4, 0.5)), at=20, lasting=3, track=9, ended=False)
        assert (stays.decision, stays.global_id, stays.changes.transfers) == (None, 1, ())

    def test_stays_if_clothes_or_gait_point_to_another(self, mistaken: Any, features: Maker) -> None:
        mistaken.meet(features(appearance=B, gait=B), at=12)
        stays = mistaken.meet(features(appearance=B, gait=B), at=20, lasting=3, track=9)
        assert (stays.decision, stays.global_id) == (None, 1)

    def test_never_moves_to_whoever_was_beside_it(self, mistaken: Any, features: Maker) -> None:
        mistaken.frame(8, 9, at=20)
        assert mistaken.meet(features(face=B), at=20, track=8, ended=False).global_id == 2
        assert mistaken.meet(features(face=B), at=20, lasting=3, track=9, ended=False).global_id == 3

    def test_that_showed_the_right_face_is_never_moved_again(self, mistaken: Any, features: Maker) -> None:
        assert mistaken.meet(features(face=A), at=20, lasting=3, track=9, ended=False).identification.confidence is (
            Confidence.HIGH
        )
        stays = mistaken.meet(features(face=B), at=20, lasting=6, track=9)
        assert (stays.global_id, stays.changes.transfers) == (1, ())

    def test_that_has_moved_is_never_moved_again(self, mistaken: Any, features: Maker) -> None:
        mistaken.meet(features(face=B), at=20, lasting=3, track=9, ended=False)
        assert mistaken.meet(features(face=A), at=20, lasting=6, track=9).global_id == 2


class TestATrackThatFoundedAnIdentity:
    def test_is_merged_into_the_person_whose_face_it_shows(self, world: Any, features: Maker) -> None:
        world.meet(features(face=A))
        assert world.meet(features(appearance=B), at=10, track=9, lasting=6, ended=False).global_id == 2
        moved = world.meet(features(face=A, appearance=B), at=10, lasting=9, track=9, ended=False)
        assert moved.global_id == 1
        gone = next(row for row in moved.changes.identities if row.global_id == 2)
        assert (gone.status, gone.merged_into) == ("merged", 1)
        (event,) = moved.changes.events
        assert (event.global_id, event.track_id, event.detail["action"]) == (1, 9, "merged")
        assert (world.gallery.root(2), world.gallery.roots()) == (1, (1,))

    def test_goes_alone_if_others_were_matched_to_that_identity(self, world: Any, features: Maker) -> None:
        world.meet(features(face=A))
        world.meet(features(appearance=B), at=10, track=9, lasting=6, ended=False)
        assert world.meet(features(appearance=B), at=17, camera="cam2").global_id == 2
        moved = world.meet(features(face=A, appearance=B), at=10, lasting=9, track=9)
        assert (moved.global_id, moved.changes.events[0].detail["action"]) == (1, "moved")
        assert memories(world, 2) == {Modality.APPEARANCE: 1}

    def test_is_not_made_sure_by_its_own_face_while_another_may_be_its_own(self, world: Any, features: Maker) -> None:
        world.meet(features(face=A))
        shown = features(face=(0.5,), appearance=B)
        for lasting in (6, 9, 12):
            open_ = world.meet(shown, at=10, lasting=lasting, track=9, ended=False)
            assert (open_.global_id, open_.identification.confidence) == (2, Confidence.LOW)
            assert world.gallery.identity(2).assurance is Assurance.TENTATIVE
        assert world.meet(features(face=(0.8,)), at=10, lasting=15, track=9).global_id == 1

    def test_is_sure_once_its_face_is_nobody_elses(self, world: Any, features: Maker) -> None:
        world.meet(features(face=A))
        world.meet(features(appearance=B), at=10, track=9, lasting=6, ended=False)
        sure = world.meet(features(face=B), at=10, lasting=9, track=9, ended=False)
        assert (sure.decision, sure.global_id, sure.identification.confidence) == (None, 2, Confidence.HIGH)
        assert world.gallery.identity(2).assurance is Assurance.CONFIRMED

    def test_without_any_usable_view_is_new_on_the_weakest_word(self, world: Any, features: Maker) -> None:
        last = world.meet({}, lasting=2)
        assert (last.decision.verdict, last.decision.confidence) == (Verdict.NEW, Confidence.LOW)
        assert last.changes.events[-1].detail["confidence"] == "low"
        assert world.gallery.identity(1).assurance is Assurance.TENTATIVE

    def test_in_doubt_is_new_on_the_weakest_word_whatever_it_shows(self, world: Any, features: Maker) -> None:
        world.meet(features(face=A))
        last = world.meet(features(face=(0.5,)), at=10)
        assert (last.decision.verdict, last.decision.confidence) == (Verdict.NEW, Confidence.LOW)
        assert world.gallery.identity(2).assurance is Assurance.TENTATIVE


class TestPlaces:
    LINK: ClassVar[dict[str, Any]] = {"links": [{"from": "cam1", "to": "cam2", "min_s": 5, "usual_s": 6, "max_s": 10}]}

    def test_nobody_is_recognised_by_face_where_they_cannot_be(self, make_world: Any, features: Maker) -> None:
        world = make_world(topology=self.LINK)
        world.meet(features(appearance=A), at=0, camera="cam2")
        world.meet(features(face=B), at=100)
        assert world.meet(features(appearance=A), at=102, camera="cam2", track=9, ended=False).global_id == 1
        stays = world.meet(features(face=B), at=102, lasting=3, camera="cam2", track=9)
        assert (stays.global_id, stays.changes.transfers) == (1, ())

    def test_who_was_taken_for_another_no_longer_keeps_that_one_from_being_elsewhere(
        self, make_world: Any, features: Maker
    ) -> None:
        world = make_world(topology=self.LINK)
        world.meet(features(face=A, appearance=A), at=0)
        world.meet(features(face=B), at=1)
        assert world.meet(features(appearance=A), at=50, track=9, ended=False).global_id == 1
        world.meet(features(face=B), at=50, lasting=3, track=9)
        assert world.meet(features(face=A), at=54, camera="cam2").global_id == 1


def test_decisions_after_a_correction_are_the_same_after_a_restart(
    make_world: Any, mistaken: Any, features: Maker
) -> None:
    mistaken.meet(features(face=B, appearance=A), at=20, lasting=3, track=9)
    restarted = make_world(start=mistaken.stored())
    shown = [features(appearance=A), features(face=(0.0, 0.7), appearance=(0.6,)), features(face=(0.7,))]
    told = [[world.meet(one, at=40).decision for one in shown] for world in (mistaken, restarted)]
    assert told[0] == told[1]


class TestBesideOperators:
    """What operators said stands, and what a face merged they can undo."""

    @pytest.fixture
    def late_face(self, office: Any, features: Maker) -> Any:
        """Track 9 founded identity 2 by clothes; 1 is known by face."""
        office.meet(features(face=A), track=1)
        office.world.frame(9, at=10)
        office.meet(features(appearance=B), at=10, track=9, lasting=6, ended=False)
        assert office.who(9) == 2
        return office

    def show(self, office: Any, features: Maker, lasting: float = 9, **shown: Any) -> Any:
        return office.meet(features(**shown), at=10, track=9, lasting=lasting, ended=False)

    def rows_of(self, office: Any, global_id: int) -> list[Any]:
        """Everything that is stored of an identity."""
        tables = office.dump()
        return [row for name, column in OWNERS.items() for row in tables[name] if row[column] == global_id]

    def test_a_merge_by_face_is_a_correction_of_the_policys_and_can_be_undone(
        self, late_face: Any, features: Maker
    ) -> None:
        known = self.rows_of(late_face, 1)
        assert self.show(late_face, features, face=A).global_id == 1
        assert {row[1] for row in late_face.dump()["observations"]} == {1}
        (line,) = late_face.store.ledger.corrections()
        assert (line.action, line.actor, line.detail["other"]) == ("merged", "policy", 2)
        outcome = late_face.undo(2)
        assert [(one.track_id, one.global_id) for one in outcome.identifications] == [(9, 2)]
        assert {row[1] for row in late_face.dump()["observations"]} == {1, 2}
        assert self.rows_of(late_face, 1) == known
        assert self.show(late_face, features, 12, face=A).global_id == 2

    def test_a_merge_by_face_is_kept_over_a_restart(self, late_face: Any, features: Maker) -> None:
        self.show(late_face, features, face=A)
        late_face.open()
        assert late_face.meet(features(appearance=B), at=30).global_id == 1
        late_face.undo(1)
        assert late_face.gallery.roots() == (2, 1)

    def test_who_was_merged_by_an_operator_is_not_merged_by_a_face(self, late_face: Any, features: Maker) -> None:
        late_face.meet(features(appearance=C), at=20)
        late_face.merge(3, 2)
        moved = self.show(late_face, features, 12, face=A)
        assert (moved.global_id, moved.changes.events[0].detail["action"]) == (1, "moved")
        late_face.undo(3)
        assert {late_face.gallery.root(one) for one in (1, 2, 3)} == {1, 2, 3}
        assert late_face.who(9) == 1

    def test_a_track_is_not_taken_for_whom_an_operator_said_it_is_not(self, late_face: Any, features: Maker) -> None:
        late_face.commit(late_face.corrector.reject_identity(1, 2, "ann"))
        stays = self.show(late_face, features, face=A)
        assert (stays.global_id, stays.decision, stays.changes.transfers) == (2, None, ())

    def test_a_track_that_an_operator_split_off_is_never_moved(self, office: Any, features: Maker) -> None:
        office.meet(features(face=A, appearance=A), track=1)
        office.world.frame(9, at=10)
        office.meet(features(appearance=A), at=10, track=9, ended=False)
        office.split(1, TrackName("cam1", 9))
        stays = self.show(office, features, face=A)
        assert (stays.global_id, stays.decision) == (2, None)

    def test_a_track_that_a_face_moved_can_be_split_off(self, office: Any, features: Maker) -> None:
        office.meet(features(face=A, appearance=A), track=1)
        office.meet(features(face=B), track=2, at=5)
        office.world.frame(9, at=10)
        office.meet(features(appearance=A), at=10, track=9, ended=False)
        assert self.show(office, features, face=B, appearance=A).global_id == 2
        office.split(2, TrackName("cam1", 9))
        assert office.who(9) == 3
        assert office.gallery.portrait(3).keys() == {Modality.FACE, Modality.APPEARANCE}
        with pytest.raises(CorrectionRefusedError, match="never corrected"):
            office.undo(1)

    def test_whoever_is_moved_to_one_of_two_merged_people_is_decided_for_whom_it_resembles(
        self, office: Any, features: Maker
    ) -> None:
        for number, person in enumerate((A, B)):
            office.meet(features(face=person), at=3 * number)
        office.merge(1, 2)
        office.meet(features(face=C, appearance=C), at=6)
        office.meet(features(appearance=C), at=10, track=9, ended=False)
        moved = self.show(office, features, face=B)
        assert (moved.global_id, moved.decided_id) == (1, 2)
        office.undo(1)
        assert office.who(9) == 2
        assert [row[1] for row in office.dump()["observations"] if row[10] == 9] == [2, 2]

    def test_the_ledger_explains_the_correction_and_decides_alike_again(self, late_face: Any, features: Maker) -> None:
        moved = self.show(late_face, features, face=A)
        line = late_face.store.ledger.decision_on(TrackName("cam1", 9))
        assert (line.action, line.detail["formerly"]) == ("corrected", 2)
        assert decision_from_json(line.detail) == moved.decision
        assert agrees(moved.decision, replay(line.detail["case"]))
        assert dict(moved.decision.evidence.vetoed) == {2: "own_views"}
