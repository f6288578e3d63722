"""Every decision can be reached again from what is stored beside it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from haven_server.reid.comparison import (
    CANNOT_LINK,
    FACE_DISAGREES,
    OWN_VIEWS,
    TRAVEL_TIME,
    Candidate,
    Comparison,
    Gate,
)
from haven_server.reid.evidence import decision_from_json, decision_to_json
from haven_server.reid.policy import Case, decide
from haven_server.reid.replay import agrees, case_from_json, case_to_json, replay
from haven_server.settings import ThresholdSettings
from haven_server.types import Features, Modality, Verdict

unit = st.floats(0, 1)
cosine = st.floats(-1, 1)
by_signal = st.dictionaries(st.sampled_from(Modality), cosine, min_size=1)


def candidates(signal: Modality | None = None) -> st.SearchStrategy[Candidate]:
    """Identities; ``signal`` is one that they can be compared in."""
    similarities = (
        by_signal
        if signal is None
        else by_signal.flatmap(lambda known: cosine.map(lambda value: {**known, signal: value}))
    )
    return st.builds(Candidate, st.integers(1, 9), similarities, cosine)


@st.composite
def gates(draw: st.DrawFn, signal: Modality) -> Gate:
    """A gate before which nobody, one or two stand."""
    best = draw(st.none() | candidates(signal))
    other = None if best is None else draw(st.none() | candidates(signal))
    return Gate(best is not None and draw(st.booleans()), best, other)


comparisons = st.builds(
    Comparison,
    gates=st.fixed_dictionaries({signal: gates(signal) for signal in Modality}),
    hand_over=st.none() | candidates(),
    vetoed=st.dictionaries(st.integers(1, 9), st.sampled_from([CANNOT_LINK, FACE_DISAGREES, OWN_VIEWS, TRAVEL_TIME])),
    considered=st.integers(0, 99),
    known=st.frozensets(st.sampled_from(Modality)),
)
cases = st.builds(
    Case,
    comparison=comparisons,
    qualities=st.dictionaries(st.sampled_from(Modality), unit),
    tracklet_quality=unit,
    age_s=st.floats(0, 1e6),
    ended=st.booleans(),
    thresholds=st.builds(ThresholdSettings, face_similarity=cosine, margin=unit, unknown_threshold=cosine),
    min_quality=unit,
    defer_max_s=st.floats(0, 600),
    gait_alone=st.booleans(),
    held=st.frozensets(st.integers(1, 9)),
)


@given(case=cases)
def test_any_case_is_decided_alike_after_it_was_stored(case: Case) -> None:
    stored = json.loads(json.dumps(case_to_json(case)))
    assert case_from_json(stored) == case
    assert replay(stored) == decide(case)


def test_every_decision_in_the_ledger_is_reached_again(make_world: Any, features: Callable[..., Features]) -> None:
    world = make_world(
        topology={"links": [{"from": "cam1", "to": "cam2", "min_s": 2, "usual_s": 3, "max_s": 10}]},
        gait_false_match_rate=1e-4,
    )
    shown: list[dict[str, Any]] = [
        {"face": (1.0,), "appearance": (1.0,)},
        {"face": (0.9,), "appearance": (0.0, 1.0)},
        {"appearance": (0.85, 0.4)},
        {"gait": (0.0, 0.0, 1.0)},
        {"gait": (0.0, 0.0, 0.9), "appearance": (0.0, 0.9)},
        {"face": (0.0, 1.0)},
        {},
    ]
    for number in range(28):
        camera = f"cam{1 + number % 2}"
        world.meet(features(**shown[number % 7]), at=4.0 * number, lasting=3, camera=camera)
    lines = [line for changes in world.written for line in changes.ledger if line.action in ("created", "matched")]
    details: list[Mapping[str, Any]] = [json.loads(json.dumps(line.detail)) for line in lines]
    decisions = [decision_from_json(detail) for detail in details]
    assert {decision.verdict for decision in decisions} == {Verdict.NEW, Verdict.MATCH}
    assert all(agrees(decision, replay(detail["case"])) for decision, detail in zip(decisions, details, strict=True))


@given(case=cases)
def test_a_decision_that_its_case_does_not_lead_to_is_found_out(case: Case) -> None:
    decision = decide(case)
    told = decision_to_json(decision) | {"score": decision.score + 1.0}
    assert agrees(decision, decide(case))
    assert not agrees(decision_from_json(told), decide(case))
