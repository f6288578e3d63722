"""Merges: what they change at once, that it lasts, and which orders are refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from haven_server.errors import CorrectionRefusedError, NotFoundError
from haven_server.types import NANOSECONDS, EventKind, Features, Verdict

Maker = Callable[..., Features]
A, B, C = (1.0,), (0.0, 1.0), (0.0, 0.0, 1.0)


class TestMerge:
    def test_the_two_are_one_person_in_every_later_decision(self, office: Any, features: Maker) -> None:
        office.meet(features(face=A))
        office.meet(features(face=B), at=5)
        office.merge(1, 2)
        assert [office.meet(features(face=one), at=9).global_id for one in (A, B)] == [1, 1]
        assert office.gallery.roots() == (1,)

    def test_they_are_no_rivals_of_each_other(self, office: Any, features: Maker) -> None:
        office.meet(features(appearance=A))
        office.meet(features(appearance=(0.79,)), at=5)
        office.merge(1, 2)
        decision = office.meet(features(appearance=(0.93,)), at=9).decision
        assert (decision.verdict, decision.global_id, decision.margin) == (Verdict.MATCH, 1, None)

    def test_live_tracks_are_somebody_else_at_once_and_go_on_teaching_whom_they_were_decided_for(
        self, office: Any, features: Maker
    ) -> None:
        office.meet(features(face=A))
        office.meet(features(face=B), track=7, at=5, ended=False)
        outcome = office.merge(1, 2)
        (told,) = outcome.identifications
        assert (told.camera_id, told.track_id, told.global_id, told.final) == ("cam1", 7, 1, False)
        (row,) = office.meet(features(face=(0.1, 1.0)), track=7, at=8).changes.prototypes
        assert (row.global_id, row.decided_id) == (1, 2)

    def test_rows_go_over_and_nothing_is_deleted(self, office: Any, features: Maker) -> None:
        office.meet(features(face=A))
        office.meet(features(face=B), at=5)
        before = {name: len(table) for name, table in office.dump().items()}
        office.merge(1, 2)
        after = office.dump()
        assert {name: len(table) for name, table in after.items()} == before
        (summary,) = office.store.list_identities(0, 10)
        assert (summary.identity.global_id, summary.observation_count) == (1, 2)
        assert (summary.identity.created_at, summary.identity.last_seen_at) == (0, 6 * NANOSECONDS)
        assert sum(summary.prototype_counts.values()) == 2
        merged = office.store.get_identity(2).identity
        assert (merged.status, merged.merged_into) == ("merged", 1)

    def test_a_track_matched_meanwhile_is_decided_for_whom_it_resembles_more(
        self, office: Any, features: Maker
    ) -> None:
        office.meet(features(face=A))
        office.meet(features(face=B), at=5)
        office.merge(1, 2)
        matched = office.meet(features(face=(0.2, 0.9)), at=9)
        assert (matched.global_id, matched.decided_id) == (1, 2)
        office.undo(1)
        assert [row[:2] for row in office.dump()["tracklet_quality"]] == [(1, 1), (2, 2), (3, 2)]

    def test_is_in_the_ledger_with_its_actor_and_told_once(self, office: Any, features: Maker) -> None:
        office.meet(features(face=A))
        office.meet(features(face=B), at=5)
        last = office.store.last_sequence()
        made = office.merge(1, 2).correction
        (event,) = office.store.events_after(last, 10)
        assert (event.kind, event.global_id, event.detail["other"]) == (EventKind.IDENTITY_CORRECTED, 1, 2)
        (line,) = office.store.ledger.corrections()
        assert (line.action, line.actor, line.detail["correction"]) == ("merged", "ann", made.number)

    def test_survives_a_restart(self, office: Any, features: Maker) -> None:
        office.meet(features(face=A))
        office.meet(features(face=B), at=5)
        office.merge(1, 2)
        office.open()
        assert len(office.gallery) == 1
        assert office.meet(features(face=B), at=9).global_id == 1
        office.undo(1)
        assert office.meet(features(face=B), at=12).global_id == 2

    def test_brings_back_who_had_left_the_gallery(self, make_office: Any, features: Maker) -> None:
        office = make_office({"active_window": 10})
        office.meet(features(appearance=A))
        office.meet(features(appearance=B), at=60)
        assert 1 not in office.gallery
        office.merge(2, 1)
        assert office.meet(features(appearance=A), at=63).global_id == 2

    def test_of_people_whose_faces_nobody_saw_learns_the_first_face(self, office: Any, features: Maker) -> None:
        office.meet(features(appearance=A))
        office.meet(features(appearance=B), track=7, at=5, ended=False)
        office.merge(1, 2)
        office.meet(features(face=C, appearance=B), track=7, at=5, lasting=4)
        assert office.meet(features(face=C), at=12).decided_id == 2

    def test_keeps_the_person_for_as_long_as_either_was_seen_and_nobody_else_for_longer(
        self, make_office: Any, features: Maker
    ) -> None:
        office = make_office({"active_window": 10})
        for at, person in enumerate((A, B, C)):
            office.meet(features(appearance=person), at=2 * at, lasting=0)
        office.merge(1, 3)
        known = []
        for now in (11, 13, 15):
            office.meet({}, at=now, lasting=0, ended=False)
            known.append([1 in office.gallery, 2 in office.gallery])
        assert known == [[True, True], [True, False], [False, False]]

    def test_of_people_seen_apart_counts_for_the_topology_as_one(self, make_office: Any, features: Maker) -> None:
        office = make_office(
            topology={"links": [{"from": "cam1", "to": "cam2", "min_s": 5, "usual_s": 6, "max_s": 10}]}
        )
        office.meet(features(face=A), camera="cam2")
        office.meet(features(face=B), at=10)
        office.merge(1, 2)
        decision = office.meet(features(face=A), at=12, camera="cam2").decision
        assert dict(decision.evidence.vetoed) == {1: "travel_time"}

    def test_keeps_a_companion_of_the_one_from_being_the_other(self, office: Any, features: Maker) -> None:
        office.meet(features(face=A))
        office.world.frame(5, 6, at=9)
        office.meet(features(face=B), track=5, at=9, ended=False)
        office.merge(1, 2)
        decision = office.meet(features(face=A), track=6, at=9, ended=False).decision
        assert (decision.verdict, dict(decision.evidence.vetoed)) == (Verdict.NEW, {1: "cannot_link"})


class TestRefusal:
    @pytest.fixture
    def two(self, office: Any, features: Maker) -> Any:
        office.meet(features(face=A), track=1)
        office.meet(features(face=B), track=2, at=5)
        return office

    def test_nobody_is_merged_with_himself(self, two: Any) -> None:
        with pytest.raises(CorrectionRefusedError, match="identity 1 cannot be merged with itself: name another"):
            two.merge(1, 1)

    @pytest.mark.parametrize("pair", [(1, 9), (9, 1)])
    def test_who_never_existed_is_not_found(self, two: Any, pair: tuple[int, int]) -> None:
        with pytest.raises(NotFoundError, match="identity 9 does not exist: list identities"):
            two.merge(*pair)

    def test_who_is_merged_already_is_named_with_whom_to_name_instead(self, two: Any) -> None:
        two.merge(1, 2)
        with pytest.raises(CorrectionRefusedError, match="identity 2 was merged into 1: name 1 instead, or undo"):
            two.merge(2, 1)

    def test_two_whom_an_operator_called_two_people_are_not_merged(self, two: Any) -> None:
        two.commit(two.corrector.reject_identity(1, 2, "bob"))
        with pytest.raises(CorrectionRefusedError, match="bob said that they are two people: undo that first"):
            two.merge(1, 2)
        two.undo(2)
        two.merge(1, 2)

    @pytest.mark.parametrize("ended", [True, False])
    def test_two_whom_one_picture_showed_are_not_merged(self, office: Any, features: Maker, ended: bool) -> None:
        office.world.frame(1, 2)
        office.meet(features(face=A), track=1)
        office.meet(features(face=B), track=2, ended=ended)
        with pytest.raises(CorrectionRefusedError, match="camera 'cam1' saw them in one picture"):
            office.merge(1, 2)

    def test_numbers_that_were_given_anew_are_other_tracks(self, office: Any, features: Maker) -> None:
        office.world.frame(1, 2)
        office.meet(features(face=A), track=1)
        office.meet(features(face=C), track=2)
        office.open()
        office.meet(features(face=B), track=2, at=99)
        office.merge(1, 3)

    def test_what_was_never_corrected_cannot_be_undone(self, two: Any) -> None:
        with pytest.raises(CorrectionRefusedError, match="identity 1 was never corrected"):
            two.undo(1)

    def test_an_older_correction_waits_for_the_newer_one_of_the_other(self, two: Any, features: Maker) -> None:
        two.meet(features(face=C), at=9)
        two.merge(1, 2)
        two.merge(3, 1)
        with pytest.raises(CorrectionRefusedError, match=r"identity 1 was corrected since \(merged\): undo"):
            two.undo(2)
        two.undo(1)
        two.undo(2)
        assert two.gallery.roots() == (3, 2, 1)
