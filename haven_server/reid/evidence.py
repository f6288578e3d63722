"""A decision as JSON values and back: what the ledger keeps, so that "why this id?" can always be answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from haven_server.types import Confidence, Decision, Evidence, Modality, Verdict


def decision_to_json(decision: Decision) -> dict[str, Any]:
    """Write a decision as JSON values; ids that are keys become strings, as JSON demands."""
    return {
        "verdict": decision.verdict.value,
        "global_id": decision.global_id,
        "confidence": None if decision.confidence is None else decision.confidence.value,
        "score": decision.score,
        "margin": decision.margin,
        "reason": decision.reason,
        "evidence": _evidence_to_json(decision.evidence),
    }


def decision_from_json(values: Mapping[str, Any]) -> Decision:
    """Read what ``decision_to_json`` wrote.

    Raises:
        KeyError, ValueError: it is not that.
    """
    confidence = values["confidence"]
    return Decision(
        verdict=Verdict(values["verdict"]),
        global_id=values["global_id"],
        confidence=None if confidence is None else Confidence(confidence),
        score=values["score"],
        margin=values["margin"],
        evidence=_evidence_from_json(values["evidence"]),
        reason=values["reason"],
    )


def _evidence_to_json(evidence: Evidence) -> dict[str, Any]:
    return {
        "gate": None if evidence.gate is None else evidence.gate.value,
        "similarities": {modality.value: value for modality, value in evidence.similarities.items()},
        "qualities": {modality.value: value for modality, value in evidence.qualities.items()},
        "fused": evidence.fused,
        "candidate": evidence.candidate,
        "runner_up": evidence.runner_up,
        "runner_up_similarity": evidence.runner_up_similarity,
        "vetoed": {str(global_id): reason for global_id, reason in sorted(evidence.vetoed.items())},
        "tracklet_quality": evidence.tracklet_quality,
        "considered": evidence.considered,
        "hand_over": evidence.hand_over,
    }


def _evidence_from_json(values: Mapping[str, Any]) -> Evidence:
    return Evidence(
        gate=None if values["gate"] is None else Modality(values["gate"]),
        similarities={Modality(name): value for name, value in values["similarities"].items()},
        qualities={Modality(name): value for name, value in values["qualities"].items()},
        fused=values["fused"],
        candidate=values["candidate"],
        runner_up=values["runner_up"],
        runner_up_similarity=values["runner_up_similarity"],
        vetoed={int(global_id): reason for global_id, reason in values["vetoed"].items()},
        tracklet_quality=values["tracklet_quality"],
        considered=values["considered"],
        hand_over=values["hand_over"],
    )
