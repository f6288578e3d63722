"""Corrections: what operators put right, what that changes at once, and that it can be taken back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from haven_server.errors import CorrectionRefusedError, InvalidInputError, NotFoundError
from haven_server.reid.correction_book import read_correction
from haven_server.types import NANOSECONDS, Action, EventKind, Features, TrackName, Verdict

Maker = Callable[..., Features]
A, B, C = (1.0,), (0.0, 1.0), (0.0, 0.0, 1.0)


def rows(office: Any, table: str) -> list[Any]:
    found: list[Any] = office.dump()[table]
    return found


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
        assert [row[:2] for row in rows(office, "tracklet_quality")] == [(1, 1), (2, 2), (3, 2)]

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


class TestSplit:
    def two_tracks(self, office: Any, features: Maker, ended: bool = True) -> None:
        office.meet(features(appearance=A), track=1)
        office.meet(features(appearance=(0.9, 0.4)), track=2, at=5, ended=ended)

    def test_the_tracks_are_a_new_person_with_the_views_they_showed(self, office: Any, features: Maker) -> None:
        self.two_tracks(office, features)
        assert office.split(1, TrackName("cam1", 2)).correction.other == 2
        assert office.meet(features(appearance=(0.9, 0.4)), at=9).global_id == 2
        assert office.meet(features(appearance=A), at=12).global_id == 1
        assert {(row[1], row[10]) for row in rows(office, "observations")} >= {(1, 1), (2, 2)}

    def test_a_restart_finds_the_same_memories(self, office: Any, features: Maker) -> None:
        self.two_tracks(office, features)
        office.split(1, TrackName("cam1", 2))
        before = office.ask(features(appearance=(0.9, 0.3)))
        office.open()
        assert office.ask(features(appearance=(0.9, 0.3))) == before

    def test_a_live_track_is_the_new_person_at_once_and_teaches_it(self, office: Any, features: Maker) -> None:
        office.world.frame(2, at=5)
        self.two_tracks(office, features, ended=False)
        outcome = office.split(1, TrackName("cam1", 2))
        assert [(one.track_id, one.global_id) for one in outcome.identifications] == [(2, 2)]
        assert [(span.track_id, global_id) for span, global_id in outcome.redecided] == [(2, 2)]
        later = office.meet(features(appearance=(0.8, 0.6)), track=2, at=8)
        assert (later.global_id, [row.global_id for row in later.changes.prototypes]) == (2, [2])

    def test_of_merged_people_takes_views_of_each(self, office: Any, features: Maker) -> None:
        office.meet(features(face=A), track=1)
        office.meet(features(face=B), track=2, at=5)
        office.meet(features(face=(0.1, 0.9)), track=3, at=8)
        office.merge(1, 2)
        office.split(1, TrackName("cam1", 3))
        assert office.gallery.portrait(3).keys() == office.gallery.portrait(1).keys()
        office.undo(3)
        office.undo(1)
        assert office.gallery.roots() == (2, 1)

    def test_undone_it_is_the_same_person_again(self, office: Any, features: Maker) -> None:
        self.two_tracks(office, features)
        office.split(1, TrackName("cam1", 2))
        made = office.undo(1).correction
        assert (made.action, made.undoes, made.other) == (Action.UNDONE, 1, 2)
        assert [office.meet(features(appearance=one), at=9).global_id for one in (A, (0.9, 0.4))] == [1, 1]

    def test_that_would_leave_nothing_is_refused(self, office: Any, features: Maker) -> None:
        office.meet(features(appearance=A), track=1)
        with pytest.raises(CorrectionRefusedError, match="identity 1 was seen in no other track: nothing"):
            office.split(1, TrackName("cam1", 1))

    def test_of_somebody_elses_track_is_refused(self, office: Any, features: Maker) -> None:
        office.meet(features(face=A), track=1)
        office.meet(features(face=B), track=2, at=5)
        with pytest.raises(NotFoundError, match="track 2 of camera 'cam1' is not of identity 1"):
            office.split(1, TrackName("cam1", 2))

    def test_of_no_track_is_refused(self, office: Any, features: Maker) -> None:
        office.meet(features(face=A), track=1)
        with pytest.raises(InvalidInputError, match="tracks: name one or more"):
            office.split(1)

    def test_of_a_number_given_twice_takes_the_track_of_that_time(self, office: Any, features: Maker) -> None:
        office.meet(features(face=A), track=1)
        office.open()
        office.meet(features(face=A), track=1, at=100)
        office.split(1, TrackName("cam1", 1, at=NANOSECONDS // 2))
        assert sorted((row[1], row[4]) for row in rows(office, "tracklet_quality")) == [
            (1, "1970-01-01 00:01:40.000000000"),
            (2, "1970-01-01 00:00:00.000000000"),
        ]

    def test_says_of_a_companion_that_it_may_be_the_one_and_not_the_other(self, office: Any, features: Maker) -> None:
        office.meet(features(face=A), track=1)
        office.world.frame(2, 3, at=5)
        office.meet(features(face=(0.8, 0.6)), track=2, at=5)
        office.split(1, TrackName("cam1", 2))
        decision = office.meet(features(face=A), track=3, at=5, ended=False).decision
        assert (decision.global_id, dict(decision.evidence.vetoed)) == (1, {2: "cannot_link"})

    def test_moves_where_the_person_was_seen_last(self, make_office: Any, features: Maker) -> None:
        office = make_office(
            topology={"links": [{"from": "cam1", "to": "cam2", "min_s": 5, "usual_s": 6, "max_s": 10}]}
        )
        office.meet(features(face=A), track=1, camera="cam2")
        office.meet(features(face=(0.8, 0.6)), track=2, at=10)
        office.split(1, TrackName("cam1", 2))
        assert office.meet(features(face=A), at=12, camera="cam2").global_id == 1


class TestReject:
    def test_a_track_is_split_off_and_kept_apart_over_restarts(self, office: Any, features: Maker) -> None:
        office.meet(features(appearance=A), track=1)
        office.meet(features(appearance=(0.9, 0.4)), track=2, at=5)
        made = office.reject(TrackName("cam1", 2)).correction
        assert (made.action, made.global_id, made.other) == (Action.REJECTED, 1, 2)
        office.open()
        with pytest.raises(CorrectionRefusedError, match="ann said that they are two people"):
            office.merge(1, 2)

    def test_an_undecided_track_is_not_taken_for_that_person(self, office: Any, features: Maker) -> None:
        office.meet(features(appearance=A), track=1)
        office.world.frame(2, at=5)
        office.meet({}, track=2, at=5, ended=False)
        assert office.reject(TrackName("cam1", 2), 1).correction.other is None
        decision = office.meet(features(appearance=A), track=2, at=5, lasting=3).decision
        assert (decision.global_id, dict(decision.evidence.vetoed)) == (2, {1: "cannot_link"})
        office.open()
        with pytest.raises(CorrectionRefusedError, match="ann said that they are two people"):
            office.merge(1, 2)

    def test_of_an_undecided_track_can_be_undone(self, office: Any, features: Maker) -> None:
        office.meet(features(appearance=A), track=1)
        office.world.frame(2, at=5)
        office.reject(TrackName("cam1", 2), 1)
        office.undo(1)
        assert office.meet(features(appearance=A), track=2, at=5, lasting=3).global_id == 1

    def test_of_a_track_that_turned_out_to_be_somebody_known_is_undone_without_making_the_two_one(
        self, office: Any, features: Maker
    ) -> None:
        office.meet(features(face=A), track=1)
        office.meet(features(face=B), track=2, at=5)
        office.world.frame(3, at=9)
        office.reject(TrackName("cam1", 3), 1)
        assert office.meet(features(face=B), track=3, at=9, ended=False).global_id == 2
        office.undo(1)
        assert office.gallery.roots() == (2, 1)
        office.merge(1, 2)

    def test_undone_the_two_are_one_again(self, office: Any, features: Maker) -> None:
        office.meet(features(appearance=A), track=1)
        office.meet(features(appearance=(0.9, 0.4)), track=2, at=5)
        office.reject(TrackName("cam1", 2))
        office.undo(2)
        assert office.gallery.root(2) == 1

    def test_an_undecided_track_must_be_said_who_it_is_not(self, office: Any) -> None:
        office.world.frame(2)
        with pytest.raises(InvalidInputError, match="track 2 of camera 'cam1' is not decided yet: say which"):
            office.reject(TrackName("cam1", 2))

    def test_a_track_nobody_ever_saw_is_not_found(self, office: Any) -> None:
        with pytest.raises(NotFoundError, match="track 9 of camera 'cam1': no such track"):
            office.reject(TrackName("cam1", 9))

    def test_of_another_person_keeps_the_two_identities_apart(self, office: Any, features: Maker) -> None:
        office.meet(features(face=A), track=1)
        office.meet(features(face=B), track=2, at=5)
        made = office.reject(TrackName("cam1", 2), 1).correction
        assert (made.global_id, made.other, len(office.gallery)) == (1, 2, 2)
        with pytest.raises(CorrectionRefusedError, match="identities 1 and 2 are kept apart already, by ann"):
            office.reject(TrackName("cam1", 2), 1)

    def test_holds_for_whoever_one_of_them_is_merged_into(self, office: Any, features: Maker) -> None:
        for number, person in enumerate((A, B, C)):
            office.meet(features(face=person), at=5 * number)
        office.commit(office.corrector.reject_identity(1, 2, "ann"))
        office.merge(3, 2)
        with pytest.raises(CorrectionRefusedError, match="ann said that they are two people"):
            office.merge(1, 3)


PEOPLE = 4
Steps = list[tuple[str, int, int]]
steps = st.lists(
    st.tuples(st.sampled_from(["new", "live", "live", "merge", "undo"]), st.integers(0, 3), st.integers(0, 3)),
    min_size=4,
    max_size=24,
)


def newest_merge(office: Any) -> Any:
    """The newest merge in force, by the ledger alone."""
    lines = [read_correction(line) for line in office.store.ledger.corrections()]
    undone = {line.undoes for line in lines}
    return next((line for line in reversed(lines) if line.undoes is None and line.number not in undone), None)


class TestUndoingAMerge:
    """Whatever is merged and undone, and whatever the tracks teach meanwhile: at the end it never happened."""

    @settings(
        max_examples=25,
        deadline=None,
        phases=(Phase.explicit, Phase.reuse, Phase.generate),
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(script=steps, restart=st.booleans())
    def test_leaves_all_as_if_they_had_never_been_merged(
        self, script: Steps, restart: bool, features: Maker, make_office: Any
    ) -> None:
        merged, plain = (make_office({"multi_prototype": {"memory_size": 3}}, cached=True) for _ in range(2))
        for office in (merged, plain):
            for person in range(PEOPLE):
                office.meet(self.view(features, person, 0), track=person, camera=f"cam{person}", ended=False)
        for time, (kind, one, other) in enumerate(script, 1):
            self.step(merged, plain, features, time, kind, one + 1, other + 1)
        while newest_merge(merged) is not None:
            self.undo_newest(merged)
        assert merged.dump() == plain.dump()
        if restart:
            merged.open()
            plain.open()
        for person in range(PEOPLE):
            view = self.view(features, person, 99)
            assert merged.ask(view) == plain.ask(view)
        final = [office.meet(self.view(features, 0, 100), at=500, camera="cam9") for office in (merged, plain)]
        assert final[0].decision == final[1].decision
        assert merged.dump() == plain.dump()

    def step(self, merged: Any, plain: Any, features: Maker, time: int, kind: str, one: int, other: int) -> None:
        root = merged.gallery.root
        if kind == "merge" and root(one) != root(other):
            merged.merge(root(one), root(other))
        elif kind == "undo":
            self.undo_newest(merged)
        elif kind == "live" or (kind == "new" and len(merged.gallery.members(root(one))) == 1):
            # Four people who are one share the room of one, so that a new track of them may be decided otherwise.
            track = {"track": one - 1, "camera": f"cam{one - 1}"} if kind == "live" else {"track": 1000 + time}
            for office in (merged, plain):
                office.meet(self.view(features, one - 1, time), at=3 * time, ended=kind == "new", **track)

    def undo_newest(self, office: Any) -> None:
        if (newest := newest_merge(office)) is not None:
            office.undo(newest.other)

    def view(self, features: Maker, person: int, time: int) -> Features:
        parts = np.zeros(24)
        parts[person] = 0.9
        parts[4 + np.random.default_rng([person, time]).integers(20)] = 0.3
        return features(face=parts, appearance=parts)
