"""What is kept: rows, events, and the changes that one decision writes."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from haven_server.types.arrays import BoxXYXY, Vector
from haven_server.types.corrections import Answer, Review, Transfer
from haven_server.types.frames import Posture
from haven_server.types.recognition import Assurance, Modality


@dataclass(frozen=True, slots=True)
class IdentityRow:
    """A row of `identities`, inserted or updated by ``global_id``. Times in ns since the Unix epoch.

    Attributes:
        status: active | merged | archived.
    """

    global_id: int
    created_at: int
    last_seen_at: int
    assurance: Assurance
    status: str = "active"
    merged_into: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class PrototypeRow:
    """A row of `embeddings`: one remembered view of one identity in one signal.

    Attributes:
        embedding_id: given by the gallery, ascending.
        vector: (D,) float32 unit norm.
        captured_at: ns since the Unix epoch.
        track_id: the camera's track that showed it, None where nobody wrote that down.
        decided_id: the identity that remembers it, where that was merged into ``global_id``; None: the same.
    """

    embedding_id: int
    global_id: int
    modality: Modality
    captured_at: int
    vector: Vector
    quality: float
    camera_id: str
    model_hash: str
    track_id: int | None = None
    decided_id: int | None = None

    @property
    def owner(self) -> int:
        """The identity that remembers it, whoever that is taken for by now."""
        return self.global_id if self.decided_id is None else self.decided_id


@dataclass(frozen=True, slots=True, eq=False)
class MeanRow:
    """A row of `embedding_means`: the moving average of one identity in one signal, upserted. Merges leave it alone.

    Attributes:
        vector: (D,) float32 unit norm.
    """

    global_id: int
    modality: Modality
    vector: Vector
    model_hash: str


class BankKey(NamedTuple):
    """What a packed bank is of: one identity in one signal, by one network. Vectors that cannot be compared share none.

    Attributes:
        dimension: length of the vectors.
    """

    global_id: int
    modality: Modality
    dimension: int
    model_hash: str


TakeBank = Callable[[BankKey, memoryview], None]
"""Is handed a packed bank (``haven_core.packing``), whose memory is valid during the call only."""


@dataclass(frozen=True, slots=True)
class TrackletRow:
    """A row of `tracklet_quality`, written when a track ends. Times in ns since the Unix epoch.

    Attributes:
        mean_box_area: square pixels.  mean_sharpness: Laplacian variance, mean over the samples.
        companions: the camera's tracks seen in the same picture, but for those that had ended before.
        decided_id: whom the track was decided for, where that identity was merged into ``global_id``; None: the same.
    """

    global_id: int
    camera_id: str
    track_id: int
    first_seen: int
    last_seen: int
    mean_box_area: float
    mean_sharpness: float
    frame_count: int
    companions: tuple[int, ...] = ()
    decided_id: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Observation:
    """A row of `observations`: an identity was here, then, like this.

    Attributes:
        captured_at: ns since the Unix epoch.
        box: (4,) float32 xyxy, source pixels (stored as whole x, y, w, h).
        snapshot_path: of the picture kept of it, None without.
        decided_id: as in ``TrackletRow``.
    """

    global_id: int
    camera_id: str
    track_id: int
    captured_at: int
    box: BoxXYXY
    posture: Posture
    snapshot_path: str | None = None
    decided_id: int | None = None


class EventKind(enum.Enum):
    """What happened; values as `events.kind` and ``--events-out`` spell them."""

    IDENTITY_CREATED = "IDENTITY_CREATED"
    IDENTITY_MATCHED = "IDENTITY_MATCHED"
    IDENTITY_CORRECTED = "IDENTITY_CORRECTED"
    TRACK_ENDED = "TRACK_ENDED"
    CAMERA_STATE = "CAMERA_STATE"
    STORAGE_ALERT = "STORAGE_ALERT"
    NETWORK_STATE = "NETWORK_STATE"


@dataclass(frozen=True, slots=True)
class EventDraft:
    """Something that happened, not yet numbered.

    Attributes:
        at: ns since the Unix epoch, capture time where a picture is meant.
        detail: facts of this kind, JSON values only.
    """

    kind: EventKind
    at: int
    camera_id: str | None = None
    track_id: int | None = None
    global_id: int | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Event:
    """A draft that was committed under its number.

    Attributes:
        sequence: 1-based, gap-free, given by the committing transaction.
    """

    sequence: int
    kind: EventKind
    at: int
    camera_id: str | None
    track_id: int | None
    global_id: int | None
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class IdentityChange:
    """A row of `identity_changes`, the ledger: what was done to an identity, by whom, and why.

    Attributes:
        action: created | matched | corrected | confirmed | merged | split | undone | rejected | archived.
        actor: ``policy``, or the operator's name.
        detail: the decision with its evidence, as JSON values.
        change_id: given by the store, ascending; 0 before.
    """

    global_id: int
    at: int
    action: str
    actor: str
    camera_id: str | None
    track_id: int | None
    detail: Mapping[str, Any]
    change_id: int = 0


@dataclass(frozen=True, slots=True)
class Changes:
    """Everything one decision writes: committed whole, in one transaction, or not at all.

    Attributes:
        forgotten_prototypes: embedding ids.
        forgotten_means: averages of which no prototype is left; a mean in ``means`` of the same decision stays.
        transfers: in order; rows of the same changes change hands, too.
        answers: to reviews that were asked for earlier.
    """

    identities: tuple[IdentityRow, ...] = ()
    prototypes: tuple[PrototypeRow, ...] = ()
    forgotten_prototypes: tuple[int, ...] = ()
    means: tuple[MeanRow, ...] = ()
    forgotten_means: tuple[tuple[int, Modality], ...] = ()
    tracklets: tuple[TrackletRow, ...] = ()
    observations: tuple[Observation, ...] = ()
    transfers: tuple[Transfer, ...] = ()
    reviews: tuple[Review, ...] = ()
    answers: tuple[Answer, ...] = ()
    events: tuple[EventDraft, ...] = ()
    ledger: tuple[IdentityChange, ...] = ()


@dataclass(frozen=True, slots=True)
class GalleryState:
    """What a store gives the gallery at start, beside banks.

    Attributes:
        identities: active ones, by ascending global id.
        merged: those that were merged into another, likewise.
        next_global_id, next_embedding_id: the first numbers never used.
    """

    identities: tuple[IdentityRow, ...]
    next_global_id: int
    next_embedding_id: int
    merged: tuple[IdentityRow, ...] = ()


@dataclass(frozen=True, slots=True)
class IdentitySummary:
    """One person as the gallery lists them."""

    identity: IdentityRow
    cameras: tuple[str, ...]
    observation_count: int
    prototype_counts: Mapping[Modality, int]
    snapshot_path: str | None


@dataclass(frozen=True, slots=True)
class StoreStatistics:
    """The report's ``db_stats`` and what lies behind it."""

    identities: int
    observations: int
    embeddings: int
    events: int
    size_bytes: int
