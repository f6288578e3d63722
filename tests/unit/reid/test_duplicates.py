"""What operators are asked: close decisions, and identities that may be one person."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from haven_server.errors import CorrectionRefusedError, NotFoundError
from haven_server.reid.answers import answer
from haven_server.reid.duplicates import is_open
from haven_server.types import Action, Features, Origin, Question, Verdict

Maker = Callable[..., Features]
A, B = (1.0,), (0.0, 1.0)


def reviews(office: Any) -> Any:
    return office.store.ledger.open_reviews(0, 10)


def say(office: Any, number: int, confirmed: bool) -> Any:
    outcome = answer(number, confirmed, "ann", 0, office.corrector, office.gallery, office.store.ledger)
    return office.commit(outcome).correction


@pytest.fixture
def alike(office: Any, features: Maker) -> Any:
    """Two people who differ a little, and a third whom nobody can tell from either: identity 3."""
    office.meet(features(appearance=A))
    office.meet(features(appearance=(0.7, 0.71)), at=5)
    office.meet(features(appearance=(0.924, 0.381)), at=9, track=3)
    return office


class TestReviews:
    def test_ask_whether_a_new_person_is_the_one_it_could_not_be_told_from(self, alike: Any) -> None:
        (review,) = reviews(alike)
        assert (review.question, review.global_id, review.camera_id, review.track_id) == (
            Question.DUPLICATE,
            3,
            "cam1",
            3,
        )
        assert review.other in (1, 2) and review.margin < 0.05

    def test_ask_about_a_match_that_leads_by_little(self, office: Any, features: Maker) -> None:
        office.meet(features(appearance=A))
        office.meet(features(appearance=(0.7, 0.71)), at=5)
        decision = office.meet(features(appearance=(0.95, 0.31)), at=9, track=7).decision
        (review,) = reviews(office)
        assert decision.verdict is Verdict.MATCH
        assert (review.question, review.global_id, review.other, review.track_id) == (Question.MATCH, 1, 2, 7)
        assert 0.05 <= review.margin < 0.1

    def test_do_not_ask_about_what_is_clear(self, office: Any, features: Maker) -> None:
        for person in (A, B, A):
            office.meet(features(face=person))
        assert reviews(office) == ()

    @pytest.mark.parametrize("confirmed", [True, False])
    def test_answered_do_not_come_back_after_a_restart(self, alike: Any, confirmed: bool) -> None:
        say(alike, 1, confirmed)
        alike.open()
        assert reviews(alike) == ()
        with pytest.raises(NotFoundError, match="review 1 was answered by ann"):
            say(alike, 1, confirmed)

    def test_that_never_were_are_not_found(self, office: Any) -> None:
        with pytest.raises(NotFoundError, match="review 4 does not exist: list reviews"):
            say(office, 4, True)

    def test_a_confirmed_duplicate_is_merged(self, alike: Any) -> None:
        (review,) = reviews(alike)
        made = say(alike, 1, True)
        assert (made.action, made.global_id, made.other) == (Action.MERGED, review.other, 3)

    def test_a_refused_duplicate_is_kept_apart(self, alike: Any) -> None:
        (review,) = reviews(alike)
        assert say(alike, 1, False).action is Action.REJECTED
        with pytest.raises(CorrectionRefusedError, match="ann said that they are two people"):
            alike.merge(review.other, 3)

    def test_a_refused_match_is_split_off(self, office: Any, features: Maker) -> None:
        office.meet(features(appearance=A))
        office.meet(features(appearance=(0.7, 0.71)), at=5)
        office.meet(features(appearance=(0.95, 0.31)), at=9, track=7)
        made = say(office, 1, False)
        assert (made.action, made.global_id, made.other) == (Action.REJECTED, 1, 3)

    def test_a_confirmed_match_corrects_nothing(self, office: Any, features: Maker) -> None:
        office.meet(features(appearance=A))
        office.meet(features(appearance=(0.7, 0.71)), at=5)
        office.meet(features(appearance=(0.95, 0.31)), at=9, track=7)
        before = office.dump()
        assert say(office, 1, True) is None
        assert office.dump() == before

    def test_settled_by_a_correction_ask_no_more(self, alike: Any) -> None:
        (review,) = reviews(alike)
        alike.merge(review.other, 3)
        assert not is_open(review, alike.gallery, alike.corrector.obstacles)
        assert say(alike, 1, True) is None

    def test_an_answer_against_what_was_corrected_since_is_refused(self, alike: Any) -> None:
        (review,) = reviews(alike)
        alike.merge(review.other, 3)
        with pytest.raises(CorrectionRefusedError, match="were merged since: undo that first"):
            say(alike, 1, False)


class TestDuplicates:
    def test_are_pairs_that_the_rules_would_match_with_how_alike_they_are(self, office: Any, features: Maker) -> None:
        self.show_two_alike(office, features)
        (pair,) = office.duplicates.search(10)
        assert (pair.global_id, pair.other, pair.origin) == (1, 2, Origin.GALLERY)
        assert {signal.value: round(value, 3) for signal, value in pair.similarities.items()} == {"face": 0.8}
        assert pair.reason == "face 0.80 would be a match"

    def test_are_not_who_an_operator_called_two_people(self, office: Any, features: Maker) -> None:
        self.show_two_alike(office, features)
        office.commit(office.corrector.reject_identity(1, 2, "ann"))
        assert office.duplicates.search(10) == ()

    def test_are_not_who_one_picture_showed(self, office: Any, features: Maker) -> None:
        office.world.frame(1, 2)
        self.show_two_alike(office, features)
        assert office.duplicates.search(10) == ()

    def test_are_not_who_was_merged(self, office: Any, features: Maker) -> None:
        self.show_two_alike(office, features)
        office.merge(1, 2)
        assert office.duplicates.search(10) == ()

    def show_two_alike(self, office: Any, features: Maker) -> None:
        """Two people whose faces come to resemble each other only as the second turns round."""
        office.meet(features(face=A), track=1)
        office.meet(features(face=B), track=2, ended=False)
        office.meet(features(face=(0.8, 0.6), appearance=B, quality=0.95), track=2, lasting=8)

    def test_of_a_decision_come_with_the_review_that_asks(self, alike: Any) -> None:
        pair = alike.duplicates.asked(reviews(alike)[0])
        assert (pair.origin, pair.review_id, pair.other) == (Origin.DECISION, 1, 3)
        assert pair.fused == pytest.approx(0.92, abs=0.01)
