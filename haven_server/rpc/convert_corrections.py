"""Turn corrections, reviews and explanations into messages and back: types <-> haven.v1."""

from __future__ import annotations

from collections.abc import Mapping

from haven.v1 import correction_pb2, identity_pb2

from haven_server.errors import InvalidInputError
from haven_server.rpc import convert
from haven_server.types import (
    Action,
    Correction,
    Decision,
    Duplicate,
    Evidence,
    Explanation,
    Modality,
    Origin,
    Question,
    Review,
    TrackName,
    TrackSpan,
    Verdict,
)

_ACTION = {one: correction_pb2.CorrectionAction.Value(f"CORRECTION_ACTION_{one.name}") for one in Action}
_ORIGIN = {one: correction_pb2.DuplicateOrigin.Value(f"DUPLICATE_ORIGIN_{one.name}") for one in Origin}
_QUESTION = {one: correction_pb2.Question.Value(f"QUESTION_{one.name}") for one in Question}
_VERDICT = {one: identity_pb2.Verdict.Value(f"VERDICT_{one.name}") for one in Verdict}


def correction(made: Correction) -> correction_pb2.Correction:
    """Write a correction."""
    return correction_pb2.Correction(
        number=made.number,
        action=_ACTION[made.action],
        global_id=made.global_id,
        other=made.other,
        actor=made.actor,
        at=convert.timestamp(made.at),
        tracks=[_track(span) for span in made.tracks],
        undoes=made.undoes,
    )


def duplicate(pair: Duplicate) -> correction_pb2.Duplicate:
    """Write two identities that may be one person."""
    return correction_pb2.Duplicate(
        global_id=pair.global_id,
        other=pair.other,
        origin=_ORIGIN[pair.origin],
        similarities=_scores(pair.similarities),
        fused=pair.fused,
        reason=pair.reason,
        review_id=pair.review_id,
    )


def review(asked: Review) -> correction_pb2.Review:
    """Write a decision that waits for an answer."""
    return correction_pb2.Review(
        review_id=asked.review_id,
        question=_QUESTION[asked.question],
        global_id=asked.global_id,
        other=asked.other,
        camera_id=asked.camera_id,
        track_id=asked.track_id,
        at=convert.timestamp(asked.at),
        score=asked.score,
        margin=asked.margin,
        reason=asked.reason,
    )


def explanation(given: Explanation) -> correction_pb2.Explanation:
    """Write a decision with all it rests on."""
    return correction_pb2.Explanation(
        change_id=given.change_id or 0,
        camera_id=given.camera_id,
        track_id=given.track_id,
        at=convert.timestamp(given.at),
        decision=decision(given.decision),
        thresholds=[correction_pb2.Threshold(name=name, value=value) for name, value in given.thresholds.items()],
        reproduced=given.reproduced,
    )


def decision(taken: Decision) -> identity_pb2.Decision:
    """Write the policy's word on a tracklet."""
    return identity_pb2.Decision(
        verdict=_VERDICT[taken.verdict],
        global_id=taken.global_id,
        confidence=convert.confidence(taken.confidence),
        score=taken.score,
        margin=taken.margin,
        evidence=_evidence(taken.evidence),
        reason=taken.reason,
    )


def read_track(message: correction_pb2.TrackName) -> TrackName:
    """Read a track as a person names it.

    Raises:
        InvalidInputError: it has no camera or no number, or its time is none.
    """
    if not message.camera_id or not 0 < message.track_id < 2**63:
        raise InvalidInputError(f"track: wanted a camera and a number, got {message.camera_id!r}, {message.track_id}")
    at = convert.read_time(message.at, "track: at") if message.HasField("at") else None
    return TrackName(message.camera_id, message.track_id, at)


def _track(span: TrackSpan) -> correction_pb2.TrackSpan:
    return correction_pb2.TrackSpan(
        camera_id=span.camera_id,
        track_id=span.track_id,
        first_seen=convert.timestamp(span.first_seen),
        last_seen=None if span.last_seen is None else convert.timestamp(span.last_seen),
    )


def _evidence(evidence: Evidence) -> identity_pb2.Evidence:
    return identity_pb2.Evidence(
        gate=None if evidence.gate is None else convert.MODALITY[evidence.gate],
        similarities=_scores(evidence.similarities),
        qualities=_scores(evidence.qualities),
        fused=evidence.fused,
        candidate=evidence.candidate,
        runner_up=evidence.runner_up,
        runner_up_similarity=evidence.runner_up_similarity,
        vetoes=[identity_pb2.Veto(global_id=one, reason=reason) for one, reason in sorted(evidence.vetoed.items())],
        tracklet_quality=evidence.tracklet_quality,
        considered=evidence.considered,
        hand_over=evidence.hand_over,
    )


def _scores(values: Mapping[Modality, float]) -> list[identity_pb2.ModalityScore]:
    """Write numbers by signal, strongest first."""
    return [
        identity_pb2.ModalityScore(modality=convert.MODALITY[signal], score=values[signal])
        for signal in Modality
        if signal in values
    ]
