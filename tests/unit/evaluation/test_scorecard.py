"""Scores of small films whose worth can be told by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from haven_server.evaluation.motchallenge import FoundBoxes, TrueBoxes
from haven_server.evaluation.passages import FilmClock
from haven_server.evaluation.scorecard import Scorecard, score
from haven_server.evaluation.verdict import Fault

if TYPE_CHECKING:
    from tests.unit.evaluation.conftest import MakeFound, MakeTruth

TEN, TWENTY = range(1, 11), range(1, 21)


def scored(truth: dict[str, TrueBoxes], found: dict[str, FoundBoxes], later_s: float = 0.0) -> Scorecard:
    """Score films of ten frames a second; each begins ``later_s`` after the one before."""
    clocks = {camera_id: FilmClock(later_s * number, 0.1) for number, camera_id in enumerate(sorted(truth))}
    return score(truth, found, clocks)


def test_whoever_finds_all_is_perfect(truth: MakeTruth, found: MakeFound) -> None:
    card = scored(
        {"a": truth((1, TEN, 0), (2, TEN, 3)), "b": truth((1, TEN, 5))},
        {"a": found((70, TEN, 0), (80, TEN, 3)), "b": found((70, TEN, 5))},
    )
    for measures in (card.overall, card.cameras["a"], card.cameras["b"]):
        assert measures is not None
        assert measures.as_dict() == {"hota": 1, "deta": 1, "assa": 1, "idf1": 1, "mota": 1, "idsw": 0}
    assert (card.verdict.switches, card.verdict.false_matches, card.verdict.accuracy) == (0, 0, 1.0)
    assert card.verdict.names == {1: 70, 2: 80} and card.verdict.mistakes == ()


def test_half_missed_is_half_the_accuracy_and_two_thirds_idf1(truth: MakeTruth, found: MakeFound) -> None:
    card = scored({"a": truth((1, TWENTY, 0))}, {"a": found((1, TEN, 0))})
    assert card.overall is not None
    assert card.overall.mota == 0.5 and card.overall.idf1 == pytest.approx(2 / 3)
    assert card.overall.deta == card.overall.assa == pytest.approx(0.5)


def test_an_id_of_two_people_is_a_false_match_though_each_camera_is_perfect(truth: MakeTruth, found: MakeFound) -> None:
    card = scored(
        {"a": truth((1, TWENTY, 0)), "b": truth((2, TEN, 0))}, {"a": found((5, TWENTY, 0)), "b": found((5, TEN, 0))}
    )
    assert card.cameras["b"] is not None and card.cameras["b"].idf1 == 1
    assert card.overall is not None and card.overall.idf1 == pytest.approx(20 / 30)
    (mistake,) = card.verdict.mistakes
    assert (mistake.fault, mistake.passage.camera_id, mistake.passage.person, mistake.other) == (
        Fault.FALSE_MATCH,
        "b",
        2,
        1,
    )
    assert card.verdict.merged == {5} and card.verdict.false_matches == 1 and card.verdict.accuracy == 0.5


def test_two_people_are_taken_for_one_where_the_second_of_them_comes_to_the_id(
    truth: MakeTruth, found: MakeFound
) -> None:
    shorter, longer = truth((2, TEN, 0)), truth((1, TWENTY, 0))
    card = scored({"a": shorter, "b": longer}, {"a": found((5, TEN, 0)), "b": found((5, TWENTY, 0))}, 9)
    (mistake,) = card.verdict.mistakes
    assert (mistake.passage.camera_id, mistake.other, mistake.cause.camera_id) == ("a", 1, "b")


def test_a_second_id_of_one_person_is_a_switch_and_a_split(truth: MakeTruth, found: MakeFound) -> None:
    card = scored(
        {"a": truth((1, TWENTY, 0)), "b": truth((1, TEN, 0))}, {"a": found((5, TWENTY, 0)), "b": found((6, TEN, 0))}, 9
    )
    assert (card.verdict.switches, card.verdict.chances, card.verdict.false_matches) == (1, 1, 0)
    (mistake,) = card.verdict.mistakes
    assert mistake.as_dict() == {
        "fault": "split",
        "camera_id": "b",
        "track": 1,
        "global_id": 6,
        "person": 1,
        "other_person": None,
        "expected_id": 5,
        "from_s": 9.0,
        "to_s": 9.9,
    }
    assert card.verdict.split == {1}


def test_switches_are_counted_in_time_over_the_cameras(truth: MakeTruth, found: MakeFound) -> None:
    early, late = range(1, 6), range(50, 60)
    card = scored(
        {"a": truth((1, early, 0), (1, late, 0)), "b": truth((1, range(20, 30), 0))},
        {"a": found((5, early, 0), (5, late, 0)), "b": found((6, range(20, 30), 0))},
    )
    assert (card.verdict.switches, card.verdict.chances) == (2, 2)


def test_a_track_that_goes_over_to_another_person_is_told(truth: MakeTruth, found: MakeFound) -> None:
    first, second = range(1, 15), range(15, 21)
    card = scored(
        {"a": truth((1, first, 0), (2, second, 0))}, {"a": found((5, first, 0), (5, second, 0), tracks=(1, 1))}
    )
    (mistake,) = card.verdict.mistakes
    assert (mistake.fault, mistake.passage.person, mistake.other) == (Fault.GONE_OVER, 1, 2)
    assert mistake.sentence({1: "Ada"}) == "a track on Ada is on person 2 as well, from 1.4 s: camera a, 0.0 to 1.9 s"
    assert card.overall is not None and card.overall.idsw == 0


def test_a_track_on_nobody_is_told_and_not_judged_as_a_match(truth: MakeTruth, found: MakeFound) -> None:
    card = scored({"a": truth((1, TEN, 0))}, {"a": found((5, TEN, 0), (6, TEN, 7))})
    assert [mistake.fault for mistake in card.verdict.mistakes] == [Fault.NOBODY]
    assert card.verdict.accuracy == 1 and card.overall is not None and card.overall.mota == 0


def test_a_track_that_loses_its_person_and_stays_is_still_theirs(truth: MakeTruth, found: MakeFound) -> None:
    card = scored({"a": truth((1, TEN, 0))}, {"a": found((5, range(1, 40), 0))})
    assert card.verdict.names == {1: 5} and card.verdict.mistakes == ()
    card = scored({"a": truth((1, TEN, 0))}, {"a": found((5, range(1, 42), 0))})
    assert [mistake.fault for mistake in card.verdict.mistakes] == [Fault.NOBODY]


def test_who_is_hidden_need_not_be_found_and_may_be(truth: MakeTruth, found: MakeFound) -> None:
    film = truth((1, TEN, 0), hidden=[(2, TEN, 4)])
    for result in (found((5, TEN, 0)), found((5, TEN, 0), (6, TEN, 4))):
        card = scored({"a": film}, {"a": result})
        assert card.overall is not None and card.overall.mota == card.overall.idf1 == 1
        assert card.verdict.mistakes == ()


def test_a_box_that_overlaps_too_little_is_on_nobody(truth: MakeTruth, found: MakeFound) -> None:
    card = scored({"a": truth((1, TEN, 0))}, {"a": found((5, TEN, 0), shift=20)})
    assert card.overall is not None and card.overall.idf1 == 0
    assert [mistake.fault for mistake in card.verdict.mistakes] == [Fault.NOBODY]


def test_one_id_in_two_places_at_once_is_right_in_one_of_them(truth: MakeTruth, found: MakeFound) -> None:
    card = scored({"a": truth((1, TEN, 0), (2, TEN, 3))}, {"a": found((5, TEN, 0), (5, TEN, 3))})
    assert card.overall is not None and card.overall.idf1 < 1
    assert card.verdict.false_matches == 1


def test_a_room_in_which_nobody_is_cannot_be_measured(truth: MakeTruth, found: MakeFound) -> None:
    card = scored({"a": truth()}, {"a": found()})
    assert card.overall is None and card.cameras == {"a": None}
    assert card.verdict.accuracy is None


def test_nothing_found_is_worth_nothing(truth: MakeTruth, found: MakeFound) -> None:
    card = scored({"a": truth((1, TEN, 0))}, {"a": found()})
    assert card.overall is not None
    assert (card.overall.hota, card.overall.idf1, card.overall.mota) == (0, 0, 0)
    assert card.verdict.accuracy is None
