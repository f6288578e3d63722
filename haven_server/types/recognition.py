"""Signals, decisions and what they rest on."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

import numpy as np

from haven_server.types.arrays import Vector, check


class Modality(enum.Enum):
    """A signal by which people are told apart, strongest first; values as `embeddings.emb_type` spells them."""

    FACE = "face"
    GAIT = "gait"
    APPEARANCE = "appearance"


@dataclass(frozen=True, slots=True, eq=False)
class Feature:
    """One signal of one tracklet.

    Attributes:
        vector: (D,) float32, unit norm.
        quality: [0, 1].
        model_hash: of the network that made it; features of different models are never compared.
    """

    vector: Vector
    quality: float
    model_hash: str

    def __post_init__(self) -> None:
        check(self.vector, (None,), np.float32, "Feature.vector")
        norm = float(np.linalg.norm(self.vector))
        if not abs(norm - 1.0) < 1e-3:
            raise ValueError(f"Feature.vector: wanted unit norm, got {norm}")


Features: TypeAlias = Mapping[Modality, Feature]
"""What perception could tell of one tracklet; a missing key means the signal is not available."""


@dataclass(frozen=True, slots=True, eq=False)
class Impression:
    """All that perception made of one tracklet.

    Attributes:
        missing: signals that nobody could look for, since a network was away: that none was seen tells nothing.
    """

    features: Features
    missing: frozenset[Modality] = frozenset()


class Verdict(enum.Enum):
    """What the policy says of a tracklet: known, unknown, or not yet."""

    MATCH = "match"
    NEW = "new"
    DEFER = "defer"


class Confidence(enum.Enum):
    """How sure a decision is: decided by face, by gait, by anything weaker."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Assurance(enum.Enum):
    """Whether an identity rests on enough to be relied on; `identities.assurance`."""

    TENTATIVE = "tentative"
    CONFIRMED = "confirmed"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a decision fell as it did: enough to explain it and to reach it again.

    Attributes:
        gate: the signal that decided, None when none did.
        similarities: the winner's (or, without one, the best candidate's) best prototype per signal.
        qualities: of the tracklet's features, per signal.
        fused: availability-weighted score of that candidate, EMA included; None without candidates.
        candidate: that candidate's global id; None without candidates.
        runner_up: the best other identity in the deciding signal, and its similarity; None when nobody else is within
            `thresholds.margin` + 0.25 of the candidate.
        vetoed: global ids kept out, with the reason (`face_disagrees`, `cannot_link`, `travel_time`, `own_views`,
            `same_person`).
        tracklet_quality: [0, 1].
        considered: identities in the gallery that were compared.
        hand_over: the only identity that may just have come by a linked way or be back; None: none, or several.
    """

    gate: Modality | None
    similarities: Mapping[Modality, float]
    qualities: Mapping[Modality, float]
    fused: float | None
    candidate: int | None
    runner_up: int | None
    runner_up_similarity: float | None
    vetoed: Mapping[int, str]
    tracklet_quality: float
    considered: int
    hand_over: int | None = None

    def __post_init__(self) -> None:
        for name in ("similarities", "qualities", "vetoed"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))


@dataclass(frozen=True, slots=True)
class Decision:
    """The policy's word on one tracklet.

    Attributes:
        global_id: of the MATCH, or the one newly made; None with DEFER.
        confidence: None with DEFER.
        score: similarity in the deciding signal; 0 when none decided.
        margin: score minus the runner-up's in the same signal; None without one.
        reason: one sentence a person can read.
    """

    verdict: Verdict
    global_id: int | None
    confidence: Confidence | None
    score: float
    margin: float | None
    evidence: Evidence
    reason: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision, and whether what it rests on leads to it.

    Attributes:
        change_id: of the ledger's line; None for a track that still waits, which the ledger knows nothing of.
        at: capture time, ns since the Unix epoch.
        thresholds: those in force then, by name in `reid.thresholds`, and ``min_quality`` of `reid.quality`.
        reproduced: True when the policy, handed what it read then, decides the same; None for a decision of before that
            was stored.
    """

    change_id: int | None
    camera_id: str
    track_id: int
    at: int
    decision: Decision
    thresholds: Mapping[str, float]
    reproduced: bool | None


@dataclass(frozen=True, slots=True)
class Identification:
    """Who a track is, as viewers are told. Sent by the site half to the overlay.

    Attributes:
        final: True when the track is over and this will not change except by a correction.
    """

    camera_id: str
    track_id: int
    global_id: int | None
    confidence: Confidence | None
    final: bool
