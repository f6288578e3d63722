"""People as the gallery lists them, summed up from their rows: global ids -> IdentitySummary."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, select

from haven_server.storage.rows import read_identity
from haven_server.storage.schema import embeddings, observations
from haven_server.types import IdentitySummary, Modality


def summarise(connection: Connection, identities: Sequence[Row[Any]]) -> tuple[IdentitySummary, ...]:
    """Sum up some identities with three questions, however many they are.

    Args:
        identities: rows of `identities`.
    """
    chosen = [row.global_id for row in identities]
    sightings = _sightings(connection, chosen)
    prototypes = _prototypes(connection, chosen)
    snapshots = _snapshots(connection, chosen)
    return tuple(
        IdentitySummary(
            identity=read_identity(row),
            cameras=tuple(sorted(sightings.get(row.global_id, {}))),
            observation_count=sum(sightings.get(row.global_id, {}).values()),
            prototype_counts=prototypes.get(row.global_id, {}),
            snapshot_path=snapshots.get(row.global_id),
        )
        for row in identities
    )


def _sightings(connection: Connection, chosen: list[int]) -> dict[int, dict[str, int]]:
    """Count observations by identity and camera."""
    keys = (observations.c.global_id, observations.c.camera_id)
    question = select(*keys, func.count()).where(observations.c.global_id.in_(chosen)).group_by(*keys)
    counts: dict[int, dict[str, int]] = {}
    for global_id, camera_id, count in connection.execute(question):
        counts.setdefault(global_id, {})[camera_id] = count
    return counts


def _prototypes(connection: Connection, chosen: list[int]) -> dict[int, dict[Modality, int]]:
    """Count embeddings by identity and signal."""
    keys = (embeddings.c.global_id, embeddings.c.emb_type)
    question = select(*keys, func.count()).where(embeddings.c.global_id.in_(chosen)).group_by(*keys)
    counts: dict[int, dict[Modality, int]] = {}
    for global_id, signal, count in connection.execute(question):
        counts.setdefault(global_id, {})[Modality(signal)] = count
    return counts


def _snapshots(connection: Connection, chosen: list[int]) -> dict[int, str]:
    """Find the newest picture of each identity that has one."""
    newest = (
        select(func.max(observations.c.obs_id))
        .where(observations.c.global_id.in_(chosen), observations.c.snapshot_path.is_not(None))
        .group_by(observations.c.global_id)
    )
    question = select(observations.c.global_id, observations.c.snapshot_path).where(observations.c.obs_id.in_(newest))
    return dict(connection.execute(question).all())
