"""Builders that the contract suites of one port share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import pytest

from haven_server.ports import Store
from haven_server.storage.banks import Bank
from haven_server.types import (
    NANOSECONDS,
    Assurance,
    BankKey,
    Changes,
    EventDraft,
    EventKind,
    IdentityChange,
    IdentityRow,
    MeanRow,
    Modality,
    Observation,
    Posture,
    PrototypeRow,
    TrackletRow,
    Vector,
)

Decide: TypeAlias = Callable[..., Changes]
Remembered: TypeAlias = Callable[[Store], Changes]

FIRST_SIGHT = 1_767_225_600 * NANOSECONDS + 123_456_789


def unit_vector(seed: int, dimension: int = 16) -> Vector:
    """A random direction that is always the same."""
    vector = np.random.default_rng(seed).normal(size=dimension).astype(np.float32)
    return vector / np.linalg.norm(vector).astype(np.float32)


@pytest.fixture
def decide() -> Decide:
    """Builds all that the decision to make, or see again, one person writes."""

    def build(
        global_id: int = 1,
        embedding_id: int = 1,
        *,
        modality: Modality = Modality.FACE,
        camera_id: str = "cam1",
        snapshot_path: str | None = None,
        status: str = "active",
    ) -> Changes:
        at = FIRST_SIGHT + embedding_id
        vector = unit_vector(embedding_id)
        box = np.array([1.4, 2.6, 11.2, 22.0], np.float32)
        return Changes(
            identities=(IdentityRow(global_id, FIRST_SIGHT, at, Assurance.TENTATIVE, status),),
            prototypes=(PrototypeRow(embedding_id, global_id, modality, at, vector, 0.5, camera_id, "model-a"),),
            means=(MeanRow(global_id, modality, vector, "model-a"),),
            tracklets=(TrackletRow(global_id, camera_id, 3, FIRST_SIGHT, at, 5000.0, 150.0, 12),),
            observations=(Observation(global_id, camera_id, 3, at, box, Posture.STANDING, snapshot_path),),
            events=(EventDraft(EventKind.IDENTITY_CREATED, at, camera_id, 3, global_id, {"confidence": "low"}),),
            ledger=(IdentityChange(global_id, at, "created", "policy", camera_id, 3, {"scores": [0.25]}),),
        )

    return build


@pytest.fixture
def remembered() -> Remembered:
    """Reads what people are remembered by, as rows: prototypes by ascending number, whoever they belong to."""

    def read(store: Store) -> Changes:
        banks: dict[BankKey, Bank] = {}

        def take(key: BankKey, value: memoryview) -> None:
            banks[key] = Bank.unpack(key, bytes(value))

        store.read_banks(take)
        prototypes = [row for bank in banks.values() for row in bank.prototypes]
        return Changes(
            prototypes=tuple(sorted(prototypes, key=lambda row: row.embedding_id)),
            means=tuple(bank.mean for bank in banks.values() if bank.mean),
        )

    return read
