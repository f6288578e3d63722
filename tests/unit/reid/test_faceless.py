"""People who were met without a face, and are known by it since."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from haven_server.reid.evidence import decision_from_json
from haven_server.reid.replay import agrees, replay
from haven_server.types import Confidence, EventKind, Features, TrackName

Maker = Callable[..., Features]
A, B = (1.0,), (0.0, 1.0)
COAT, SUIT = (0.0, 0.0, 1.0), (0.0, 0.0, 0.6, 0.0, 0.8)
"""Clothes whose similarity, 0.6, decides nothing."""
BEHIND, ASIDE = (0.0, 0.0, 0.77, 0.64), (0.0, 0.0, 0.94, 0.34)
"""The coat from behind, which is another to the coat from before, and from aside, which is like both."""


@pytest.fixture
def met(world: Any, features: Maker) -> Any:
    """A world in which 1 has a face and wears a suit, and 2 wears a coat and showed no face."""
    world.meet(features(face=A, appearance=SUIT), at=0)
    assert world.meet(features(appearance=COAT), at=10).global_id == 2
    return world


class TestWhoWasMetWithoutAFace:
    def test_is_the_person_who_wears_these_clothes_and_shows_a_face(self, met: Any, features: Maker) -> None:
        found = met.meet(features(face=A, appearance=COAT), at=20)
        assert (found.global_id, found.identification.confidence) == (1, Confidence.HIGH)
        assert (met.gallery.root(2), met.gallery.roots()) == (1, (1,))

    def test_is_told_of_with_the_word_of_the_clothes(self, met: Any, features: Maker) -> None:
        events = met.meet(features(face=A, appearance=COAT), at=20, ended=False).changes.events
        assert [event.kind for event in events] == [EventKind.IDENTITY_MATCHED, EventKind.IDENTITY_CORRECTED]
        assert (events[1].global_id, events[1].detail["action"], events[1].detail["formerly"]) == (1, "merged", 2)
        assert (events[1].detail["confidence"], events[1].detail["reason"]) == (
            "low",
            "Is identity 2: appearance 1.00 is over 0.80.",
        )

    def test_is_found_by_clothes_that_show_after_the_face(self, met: Any, features: Maker) -> None:
        met.meet(features(face=A), at=20, track=9, ended=False)
        assert met.gallery.root(2) == 2
        met.meet(features(face=A, appearance=COAT), at=20, lasting=3, track=9)
        assert met.gallery.root(2) == 1

    def test_may_have_been_met_several_times(self, met: Any, features: Maker) -> None:
        assert met.meet(features(appearance=BEHIND), at=12).global_id == 3
        assert met.meet(features(appearance=ASIDE), at=15).decision.reason.startswith("Too close to call")
        met.meet(features(face=A, appearance=ASIDE), at=20)
        assert met.gallery.roots() == (1,)

    def test_is_not_chosen_from_two_who_were_in_one_picture(self, world: Any, features: Maker) -> None:
        world.meet(features(face=A, appearance=SUIT), at=0)
        world.frame(7, 8, at=10)
        assert world.meet(features(appearance=COAT), at=10, track=7).global_id == 2
        assert world.meet(features(appearance=COAT), at=10, track=8).global_id == 3
        world.meet(features(face=A, appearance=COAT), at=20)
        assert set(world.gallery.roots()) == {1, 2, 3}

    def test_stays_apart_from_who_was_in_the_same_picture(self, world: Any, features: Maker) -> None:
        world.frame(1, 2, at=0)
        world.meet(features(face=A, appearance=SUIT), at=0, track=1)
        world.meet(features(appearance=COAT), at=0, track=2)
        world.meet(features(face=A, appearance=COAT), at=20)
        assert world.gallery.root(2) == 2

    def test_stays_apart_from_a_companion_who_is_recognised_later(self, met: Any, features: Maker) -> None:
        met.frame(7, 8, at=12)
        assert met.meet(features(appearance=COAT), at=12, track=7).global_id == 2
        met.meet(features(face=A), at=12, lasting=3, track=8)
        met.meet(features(face=A, appearance=COAT), at=30)
        assert met.gallery.root(2) == 2

    def test_stays_apart_from_who_was_elsewhere_then(self, make_world: Any, features: Maker) -> None:
        world = make_world(topology={"links": [{"from": "cam1", "to": "cam2", "min_s": 5, "usual_s": 6, "max_s": 9}]})
        world.meet(features(face=A, appearance=SUIT), at=0)
        world.meet(features(appearance=COAT), at=3, camera="cam2")
        world.meet(features(face=A, appearance=COAT), at=30)
        assert world.gallery.root(2) == 2

    def test_stays_apart_from_whom_an_operator_said_it_is_not(self, office: Any, features: Maker) -> None:
        office.meet(features(face=A, appearance=SUIT))
        office.meet(features(appearance=COAT), at=10)
        office.commit(office.corrector.reject_identity(1, 2, "ann"))
        office.meet(features(face=A, appearance=COAT), at=20)
        assert office.gallery.root(2) == 2

    def test_stays_while_it_is_in_view(self, met: Any, features: Maker) -> None:
        met.meet(features(appearance=COAT), at=18, lasting=4, camera="cam2", ended=False)
        met.meet(features(face=A, appearance=COAT), at=20)
        assert met.gallery.root(2) == 2

    def test_stays_if_somebody_with_a_face_dresses_alike(self, met: Any, features: Maker) -> None:
        met.frame(7, 8, at=12)
        met.meet(features(appearance=COAT), at=12, track=7)
        met.meet(features(face=B, appearance=COAT), at=12, track=8)
        met.meet(features(face=A, appearance=COAT), at=20)
        assert met.gallery.root(2) == 2

    def test_stays_if_the_clothes_are_not_the_same(self, met: Any, features: Maker) -> None:
        met.meet(features(face=A, appearance=(0.0, 0.6, 0.75)), at=20)
        assert met.gallery.root(2) == 2

    def test_is_not_taken_where_an_operator_undid_an_operators_merge(self, office: Any, features: Maker) -> None:
        office.meet(features(face=A, appearance=SUIT))
        office.meet(features(appearance=COAT), at=10)
        office.merge(1, 2)
        office.undo(1)
        office.meet(features(face=A, appearance=COAT), at=20)
        assert office.gallery.root(2) == 2

    def test_is_let_go_for_good_when_an_operator_undoes_it(self, office: Any, features: Maker) -> None:
        office.meet(features(face=A, appearance=SUIT))
        office.meet(features(appearance=COAT), at=10, track=5)
        before = office.dump()
        office.meet(features(face=A, appearance=COAT), at=20, track=6)
        assert office.gallery.root(2) == 1
        office.undo(1)
        after = office.dump()
        assert [row for row in after["embeddings"] if row in before["embeddings"]] == before["embeddings"]
        office.meet(features(face=A, appearance=COAT), at=30)
        assert office.gallery.root(2) == 2

    def test_is_explained_beside_the_decision_on_the_track(self, office: Any, features: Maker) -> None:
        office.meet(features(face=A, appearance=SUIT))
        office.meet(features(appearance=COAT), at=10)
        found = office.meet(features(face=A, appearance=COAT), at=20, track=9)
        assert decision_from_json(office.store.ledger.decision_on(TrackName("cam1", 9)).detail) == found.decision
        (line, _) = (row for row in found.changes.ledger if row.action == "reunited")
        decision = decision_from_json(line.detail)
        assert (decision.global_id, dict(decision.evidence.vetoed)) == (2, {1: "same_person"})
        assert agrees(decision, replay(line.detail["case"]))

    def test_before_a_restart_is_left_as_it_is(self, office: Any, features: Maker) -> None:
        office.meet(features(face=A, appearance=SUIT))
        office.meet(features(appearance=COAT), at=10)
        office.open()
        office.meet(features(face=A, appearance=COAT), at=20)
        assert office.gallery.root(2) == 2
