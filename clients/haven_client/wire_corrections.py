"""Turn messages about corrections into plain values and back: haven.v1 <-> corrections."""

from __future__ import annotations

from collections.abc import Iterable

from haven.v1 import correction_pb2, identity_pb2

from haven_client.corrections import Correction, Decision, Duplicate, Explanation, Review, TrackName, TrackSpan
from haven_client.wire import optional, read_time, read_word, write_time


def write_track(track: TrackName) -> correction_pb2.TrackName:
    """Write a track as a person names it."""
    at = None if track.at is None else write_time(track.at)
    return correction_pb2.TrackName(camera_id=track.camera_id, track_id=track.track_id, at=at)


def read_correction(message: correction_pb2.Correction) -> Correction:
    """Read a correction."""
    return Correction(
        message.number,
        read_word(correction_pb2.CorrectionAction, "CORRECTION_ACTION_", message.action),
        message.global_id,
        optional(message, "other"),
        message.actor,
        read_time(message.at),
        tuple(_read_span(span) for span in message.tracks),
        optional(message, "undoes"),
    )


def read_duplicate(message: correction_pb2.Duplicate) -> Duplicate:
    """Read two identities that may be one person."""
    return Duplicate(
        message.global_id,
        message.other,
        read_word(correction_pb2.DuplicateOrigin, "DUPLICATE_ORIGIN_", message.origin),
        _read_scores(message.similarities),
        optional(message, "fused"),
        message.reason,
        optional(message, "review_id"),
    )


def read_review(message: correction_pb2.Review) -> Review:
    """Read a decision that waits for an answer."""
    return Review(
        message.review_id,
        read_word(correction_pb2.Question, "QUESTION_", message.question),
        message.global_id,
        optional(message, "other"),
        message.camera_id,
        message.track_id,
        read_time(message.at),
        message.score,
        optional(message, "margin"),
        message.reason,
    )


def read_explanation(message: correction_pb2.Explanation) -> Explanation:
    """Read a decision with all it rests on."""
    return Explanation(
        message.change_id or None,
        message.camera_id,
        message.track_id,
        read_time(message.at),
        _read_decision(message.decision),
        {threshold.name: threshold.value for threshold in message.thresholds},
        optional(message, "reproduced"),
    )


def _read_decision(message: identity_pb2.Decision) -> Decision:
    evidence = message.evidence
    confidence, gate = optional(message, "confidence"), optional(evidence, "gate")
    return Decision(
        verdict=read_word(identity_pb2.Verdict, "VERDICT_", message.verdict),
        global_id=optional(message, "global_id"),
        confidence=None if confidence is None else read_word(identity_pb2.Confidence, "CONFIDENCE_", confidence),
        score=message.score,
        margin=optional(message, "margin"),
        reason=message.reason,
        gate=None if gate is None else read_word(identity_pb2.Modality, "MODALITY_", gate),
        similarities=_read_scores(evidence.similarities),
        qualities=_read_scores(evidence.qualities),
        fused=optional(evidence, "fused"),
        candidate=optional(evidence, "candidate"),
        runner_up=optional(evidence, "runner_up"),
        runner_up_similarity=optional(evidence, "runner_up_similarity"),
        vetoes={veto.global_id: veto.reason for veto in evidence.vetoes},
        tracklet_quality=evidence.tracklet_quality,
        considered=evidence.considered,
        hand_over=optional(evidence, "hand_over"),
    )


def _read_span(message: correction_pb2.TrackSpan) -> TrackSpan:
    last_seen = read_time(message.last_seen) if message.HasField("last_seen") else None
    return TrackSpan(message.camera_id, message.track_id, read_time(message.first_seen), last_seen)


def _read_scores(scores: Iterable[identity_pb2.ModalityScore]) -> dict[str, float]:
    return {read_word(identity_pb2.Modality, "MODALITY_", entry.modality): entry.score for entry in scores}
