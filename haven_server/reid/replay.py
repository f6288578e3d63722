"""Decide again what was decided before: Case -> JSON values -> Decision.

The ledger keeps, beside each decision, the case it rests on. ``replay`` hands that case to the same ``decide``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from haven_server.reid.comparison import Candidate, Comparison, Gate
from haven_server.reid.policy import Case, decide
from haven_server.settings import ThresholdSettings
from haven_server.types import Decision, Modality, Verdict


def case_to_json(case: Case) -> dict[str, Any]:
    """Write a case as JSON values; ids that are keys become strings, as JSON demands."""
    comparison = case.comparison
    return {
        "gates": {modality.value: _gate_to_json(gate) for modality, gate in comparison.gates.items()},
        "hand_over": _candidate_to_json(comparison.hand_over),
        "vetoed": {str(global_id): reason for global_id, reason in sorted(comparison.vetoed.items())},
        "considered": comparison.considered,
        "known": sorted(modality.value for modality in comparison.known),
        "qualities": {modality.value: quality for modality, quality in case.qualities.items()},
        "tracklet_quality": case.tracklet_quality,
        "age_s": case.age_s,
        "ended": case.ended,
        "thresholds": case.thresholds.model_dump(),
        "min_quality": case.min_quality,
        "defer_max_s": case.defer_max_s,
        "gait_alone": case.gait_alone,
        "held": sorted(case.held),
    }


def case_from_json(values: Mapping[str, Any]) -> Case:
    """Read what ``case_to_json`` wrote.

    Raises:
        KeyError, ValueError: it is not that.
    """
    comparison = Comparison(
        gates={Modality(name): _gate_from_json(gate) for name, gate in values["gates"].items()},
        hand_over=_candidate_from_json(values["hand_over"]),
        vetoed={int(global_id): reason for global_id, reason in values["vetoed"].items()},
        considered=values["considered"],
        known=frozenset(Modality(name) for name in values["known"]),
    )
    return Case(
        comparison=comparison,
        qualities={Modality(name): quality for name, quality in values["qualities"].items()},
        tracklet_quality=values["tracklet_quality"],
        age_s=values["age_s"],
        ended=values["ended"],
        thresholds=ThresholdSettings.model_validate(values["thresholds"]),
        min_quality=values["min_quality"],
        defer_max_s=values["defer_max_s"],
        gait_alone=values["gait_alone"],
        held=frozenset(values["held"]),
    )


def replay(values: Mapping[str, Any]) -> Decision:
    """Decide a stored case again.

    Returns:
        NEW comes without a global id, which is for the gallery to give.
    """
    return decide(case_from_json(values))


def agrees(decision: Decision, replayed: Decision) -> bool:
    """Tell whether a decision is what its case leads to; the number of a new person is not the policy's."""
    global_id = None if decision.verdict is Verdict.NEW else decision.global_id
    return replace(decision, global_id=global_id) == replayed


def _gate_to_json(gate: Gate) -> dict[str, Any]:
    return {"passed": gate.passed, "best": _candidate_to_json(gate.best), "other": _candidate_to_json(gate.other)}


def _gate_from_json(values: Mapping[str, Any]) -> Gate:
    return Gate(values["passed"], _candidate_from_json(values["best"]), _candidate_from_json(values["other"]))


def _candidate_to_json(candidate: Candidate | None) -> dict[str, Any] | None:
    if candidate is None:
        return None
    similarities = {modality.value: value for modality, value in candidate.similarities.items()}
    return {"global_id": candidate.global_id, "similarities": similarities, "fused": candidate.fused}


def _candidate_from_json(values: Mapping[str, Any] | None) -> Candidate | None:
    if values is None:
        return None
    similarities = {Modality(name): value for name, value in values["similarities"].items()}
    return Candidate(values["global_id"], similarities, values["fused"])
