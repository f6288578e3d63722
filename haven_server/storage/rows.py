"""What flows <-> rows: one function a table and direction, in the tables' column order."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from sqlalchemy import Row

from haven_server.storage.instants import from_text, to_text
from haven_server.types import (
    Assurance,
    Event,
    EventDraft,
    EventKind,
    IdentityChange,
    IdentityRow,
    MeanRow,
    Modality,
    Observation,
    PrototypeRow,
    Question,
    Review,
    TrackletRow,
    Vector,
)

Values: TypeAlias = tuple[Any, ...]
"""One row as the driver takes it."""


def identity_values(row: IdentityRow) -> Values:
    """Write one row of `identities`."""
    created, last_seen = to_text(row.created_at), to_text(row.last_seen_at)
    return (row.global_id, created, last_seen, row.status, row.merged_into, row.assurance.value)


def read_identity(row: Row[Any]) -> IdentityRow:
    """Read one row of `identities`."""
    return IdentityRow(
        global_id=row.global_id,
        created_at=from_text(row.created_at),
        last_seen_at=from_text(row.last_seen_at),
        assurance=Assurance(row.assurance),
        status=row.status,
        merged_into=row.merged_into,
    )


def observation_values(observations: Sequence[Observation]) -> list[Values]:
    """Write rows of `observations`, boxes as whole x, y, w, h whose corners are the nearest pixels."""
    if not observations:
        return []
    boxes = np.rint(np.concatenate([o.box for o in observations]).reshape(-1, 4)).astype(np.int64)
    boxes[:, 2:] -= boxes[:, :2]
    return [
        (
            o.global_id,
            o.camera_id,
            to_text(o.captured_at),
            *box,
            o.posture.value,
            o.snapshot_path,
            o.track_id,
            o.decided_id,
        )
        for o, box in zip(observations, boxes.tolist(), strict=True)
    ]


def prototype_values(row: PrototypeRow) -> Values:
    """Write one row of `embeddings`."""
    return (
        row.embedding_id,
        row.global_id,
        row.modality.value,
        to_text(row.captured_at),
        _to_bytes(row.vector),
        row.quality,
        row.camera_id,
        len(row.vector),
        row.model_hash,
        row.track_id,
        row.decided_id,
    )


def read_prototype(row: Row[Any]) -> PrototypeRow:
    """Read one row of `embeddings`."""
    return PrototypeRow(
        embedding_id=row.emb_id,
        global_id=row.global_id,
        modality=Modality(row.emb_type),
        captured_at=from_text(row.timestamp),
        vector=_from_bytes(row.vector),
        quality=row.quality_score,
        camera_id=row.source_camera,
        model_hash=row.model_hash,
        track_id=row.track_id,
        decided_id=row.decided_id,
    )


def mean_values(row: MeanRow) -> Values:
    """Write one row of `embedding_means`."""
    return (row.global_id, row.modality.value, _to_bytes(row.vector), len(row.vector), row.model_hash)


def read_mean(row: Row[Any]) -> MeanRow:
    """Read one row of `embedding_means`."""
    return MeanRow(row.global_id, Modality(row.emb_type), _from_bytes(row.vector), row.model_hash)


def tracklet_values(row: TrackletRow) -> Values:
    """Write one row of `tracklet_quality`."""
    return (
        row.global_id,
        row.camera_id,
        row.track_id,
        to_text(row.first_seen),
        to_text(row.last_seen),
        row.mean_box_area,
        row.mean_sharpness,
        row.frame_count,
        json.dumps(row.companions),
        row.decided_id,
    )


def read_tracklet(row: Row[Any]) -> TrackletRow:
    """Read one row of `tracklet_quality`; those of before companions were written down have none."""
    return TrackletRow(
        global_id=row.global_id,
        camera_id=row.camera_id,
        track_id=row.track_id,
        first_seen=from_text(row.start_time),
        last_seen=from_text(row.end_time),
        mean_box_area=row.avg_bbox_size,
        mean_sharpness=row.avg_blur_score,
        frame_count=row.frame_count,
        companions=tuple(json.loads(row.companions or "[]")),
        decided_id=row.decided_id,
    )


def change_values(row: IdentityChange) -> Values:
    """Write one row of `identity_changes`."""
    detail = _to_json(row.detail)
    return (row.global_id, to_text(row.at), row.action, row.actor, row.camera_id, row.track_id, detail)


def read_change(row: Row[Any]) -> IdentityChange:
    """Read one row of `identity_changes`."""
    return IdentityChange(
        row.global_id,
        from_text(row.at),
        row.action,
        row.actor,
        row.camera_id,
        row.track_id,
        json.loads(row.detail),
        row.change_id,
    )


def review_values(row: Review) -> Values:
    """Write one row of `reviews`, which nobody has answered."""
    subject = (row.camera_id, row.track_id, to_text(row.first_seen), to_text(row.at))
    asked = (row.question.value, row.global_id, row.other, *subject)
    return (*asked, row.score, row.margin, row.reason, None, None, None)


def read_review(row: Row[Any]) -> Review:
    """Read one row of `reviews`."""
    return Review(
        question=Question(row.question),
        global_id=row.global_id,
        other=row.other_id,
        camera_id=row.camera_id,
        track_id=row.track_id,
        first_seen=from_text(row.first_seen),
        at=from_text(row.at),
        score=row.score,
        margin=row.margin,
        reason=row.reason,
        review_id=row.review_id,
    )


def number_events(drafts: Iterable[EventDraft], after: int) -> tuple[list[Values], tuple[Event, ...]]:
    """Give events the numbers that follow ``after``.

    Returns:
        Rows of `events`; and the same events exactly as ``read_event`` will read them back.
    """
    rows: list[Values] = []
    events: list[Event] = []
    for sequence, draft in enumerate(drafts, after + 1):
        detail = _to_json(draft.detail)
        subject = (draft.camera_id, draft.track_id, draft.global_id)
        rows.append((sequence, draft.kind.value, to_text(draft.at), *subject, detail))
        events.append(Event(sequence, draft.kind, draft.at, *subject, json.loads(detail)))
    return rows, tuple(events)


def read_event(row: Row[Any]) -> Event:
    """Read one row of `events`."""
    subject = (row.camera_id, row.track_id, row.global_id)
    return Event(row.sequence, EventKind(row.kind), from_text(row.at), *subject, json.loads(row.detail))


def _to_bytes(vector: Vector) -> bytes:
    return vector.astype("<f4", copy=False).tobytes()


def _from_bytes(data: bytes) -> Vector:
    return np.frombuffer(data, dtype="<f4").astype(np.float32, copy=False)


def _to_json(detail: Mapping[str, Any]) -> str:
    return json.dumps(dict(detail), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
