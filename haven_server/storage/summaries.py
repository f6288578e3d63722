"""People as the gallery lists them, summed up from their rows: global ids -> IdentitySummary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, func, select

from haven_server.storage.rows import read_identity
from haven_server.storage.schema import embeddings, identities, observations
from haven_server.types import Assurance, IdentityRow, IdentitySummary, Modality


def summarise(connection: Connection, people: Sequence[Row[Any]]) -> tuple[IdentitySummary, ...]:
    """Sum up some identities with four questions, however many they are; those merged into them count for them.

    Args:
        people: rows of `identities`.
    """
    chosen = [row.global_id for row in people]
    sightings = _sightings(connection, chosen)
    prototypes = _prototypes(connection, chosen)
    snapshots = _snapshots(connection, chosen)
    unions = _Merged(connection)
    return tuple(
        IdentitySummary(
            identity=unions.sum_up(read_identity(row)),
            cameras=tuple(sorted(sightings.get(row.global_id, {}))),
            observation_count=sum(sightings.get(row.global_id, {}).values()),
            prototype_counts=prototypes.get(row.global_id, {}),
            snapshot_path=snapshots.get(row.global_id),
        )
        for row in people
    )


class _Merged:
    """Identities that were merged into others, which are few."""

    def __init__(self, connection: Connection) -> None:
        question = select(identities).where(identities.c.merged_into.is_not(None))
        self._into: dict[int, list[IdentityRow]] = {}
        for row in map(read_identity, connection.execute(question)):
            if row.merged_into is not None:
                self._into.setdefault(row.merged_into, []).append(row)

    def sum_up(self, identity: IdentityRow) -> IdentityRow:
        """Tell first and last sight of a person, and whether any member can be relied on."""
        members = [identity]
        for one in members:
            members += self._into.get(one.global_id, ())
        confirmed = any(one.assurance is Assurance.CONFIRMED for one in members)
        return replace(
            identity,
            created_at=min(one.created_at for one in members),
            last_seen_at=max(one.last_seen_at for one in members),
            assurance=Assurance.CONFIRMED if confirmed else Assurance.TENTATIVE,
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
