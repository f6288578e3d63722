"""Which track a name means, and why a live one waits to be decided."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from haven_server.errors import NotFoundError
from haven_server.reid.evidence import decision_from_json
from haven_server.reid.replay import replay
from haven_server.types import NANOSECONDS, Features, TrackName, Verdict

Maker = Callable[..., Features]
NAME = TrackName("cam1", 9)


def test_a_track_that_waits_keeps_its_newest_decision_with_all_it_rests_on(office: Any, features: Maker) -> None:
    office.meet(features(appearance=(1.0,)))
    for similarity, at in ((0.6, 5), (0.7, 6)):
        office.meet(features(appearance=(similarity,)), track=9, at=at, ended=False)
    waits = office.corrector.subjects.deferred(NAME)
    decision = decision_from_json(waits.detail)
    assert (waits.at, decision.verdict) == (7 * NANOSECONDS, Verdict.DEFER)
    assert "appearance 0.70 leaves it open whether it is identity 1" in decision.reason
    assert replay(waits.detail["case"]) == decision


def test_a_decided_track_an_ended_one_and_an_earlier_one_of_its_number_do_not_wait(
    office: Any, features: Maker
) -> None:
    office.world.frame(9, at=5)
    with pytest.raises(NotFoundError, match="track 9 of camera 'cam1': nothing was decided on it yet"):
        office.corrector.subjects.deferred(NAME)
    assert office.corrector.subjects.deferred(TrackName("cam1", 9, at=4 * NANOSECONDS)) is None
    for ended in (False, True):
        office.meet(features(appearance=(1.0,)), track=9, at=5, ended=ended)
        assert office.corrector.subjects.deferred(NAME) is None
