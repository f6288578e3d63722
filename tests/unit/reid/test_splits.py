"""Tracks that are split off or rejected: who they are then, and that it can be taken back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from haven_server.errors import CorrectionRefusedError, InvalidInputError, NotFoundError
from haven_server.types import NANOSECONDS, Action, Features, TrackName

Maker = Callable[..., Features]
A, B, C = (1.0,), (0.0, 1.0), (0.0, 0.0, 1.0)


class TestSplit:
    def two_tracks(self, office: Any, features: Maker, ended: bool = True) -> None:
        office.meet(features(appearance=A), track=1)
        office.meet(features(appearance=(0.9, 0.4)), track=2, at=5, ended=ended)

    def test_the_tracks_are_a_new_person_with_the_views_they_showed(self, office: Any, features: Maker) -> None:
        self.two_tracks(office, features)
        assert office.split(1, TrackName("cam1", 2)).correction.other == 2
        assert office.meet(features(appearance=(0.9, 0.4)), at=9).global_id == 2
        assert office.meet(features(appearance=A), at=12).global_id == 1
        assert {(row[1], row[10]) for row in office.dump()["observations"]} >= {(1, 1), (2, 2)}

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

    def test_a_track_whose_number_was_given_anew_is_named_by_its_time(self, office: Any, features: Maker) -> None:
        self.two_tracks(office, features)
        office.open()
        office.meet(features(appearance=B), track=2, at=100)
        ended = r"cam1:2@1970-01-01T00:00:06\+00:00"
        with pytest.raises(NotFoundError, match=f"track 2 of camera 'cam1' is not of identity 1: .* name it {ended}"):
            office.split(1, TrackName("cam1", 2))
        made = office.split(1, TrackName("cam1", 2, at=6 * NANOSECONDS)).correction
        assert [span.first_seen for span in made.tracks] == [5 * NANOSECONDS]

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
        assert sorted((row[1], row[4]) for row in office.dump()["tracklet_quality"]) == [
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
