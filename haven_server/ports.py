"""The four ports. Each has several implementations and one contract suite that runs over all of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from typing import Protocol

from haven_server.types import (
    Changes,
    Event,
    Frame,
    GalleryState,
    IdentityChange,
    IdentityRow,
    IdentitySummary,
    ModelInfo,
    ModelRole,
    Review,
    StoreStatistics,
    TakeBank,
    Tensors,
    TrackletRow,
    TrackName,
    TrackSpan,
    Watermark,
)


class Source(Protocol):
    """Where one camera's frames come from."""

    @property
    def camera_id(self) -> str:
        """The camera's id in the configuration."""

    @property
    def starts_at(self) -> int:
        """No frame is captured before this, ns since the Unix epoch; the camera's first watermark."""

    @property
    def expected_frames(self) -> int | None:
        """How many frames are to come in all, None when nobody can know."""

    @property
    def lossless(self) -> bool:
        """True: frames wait for the pipeline (files). False: the oldest waiting frame is dropped (live)."""

    def frames(self) -> AsyncIterator[Frame | Watermark]:
        """Yield frames by ascending capture time, and promises between them, until the source ends.

        Raises:
            SourceError: the frames cannot be had, or stop coming before their end.
        """

    async def close(self) -> None:
        """Release the device or file; ``frames`` ends. Safe to call twice."""


class Engine(Protocol):
    """What runs networks. Pre- and post-processing live above it."""

    def describe(self, role: ModelRole) -> ModelInfo:
        """Say which network fills a role.

        Raises:
            ModelError: none is installed; the message names the file and `haven models import`.
        """

    async def open(self, roles: Iterable[ModelRole]) -> None:
        """Make some networks ready now, so that the first frame does not wait and what cannot run shows.

        Raises:
            ModelError: one is not installed, damaged, or cannot be run.  ConfigurationError: the device failed.
            EngineError: the engine is closed.
        """

    async def infer(self, role: ModelRole, tensors: Tensors) -> Tensors:
        """Run one batch through one network.

        Args:
            tensors: by input name; first axis is the batch, at least 1.
        Returns:
            Every output by name, same batch length.
        Raises:
            ModelError: no such network.  EngineError: a wrong name, shape or dtype, or a fault inside.
            EngineTimeoutError: no answer in time.
        """

    async def close(self) -> None:
        """Release sessions and connections. Safe to call twice."""


class Ledger(Protocol):
    """The half of a store that answers questions about the past. Blocking calls: run them in an executor."""

    def identities(self, global_ids: tuple[int, ...]) -> tuple[IdentityRow, ...]:
        """Read some identities, those that never existed left out; by ascending global id."""

    def corrections(self) -> tuple[IdentityChange, ...]:
        """Read every correction, oldest first."""

    def decision(self, change_id: int) -> IdentityChange:
        """Read one decision.

        Raises:
            NotFoundError: no line of the ledger has this number, or it holds no decision.
        """

    def decision_on(self, track: TrackName) -> IdentityChange:
        """Read the newest decision on a track, the newest not after ``track.at`` where that is given.

        Raises:
            NotFoundError: nothing was decided on it.
        """

    def ended_track(self, track: TrackName) -> TrackletRow | None:
        """Read the newest ended track of a number, or the one followed at ``track.at``; None without."""

    def tracks_of(self, global_id: int) -> tuple[TrackletRow, ...]:
        """Read the ended tracks of an identity, oldest first."""

    def embeddings_of(self, global_id: int, tracks: tuple[TrackSpan, ...]) -> frozenset[int]:
        """Read the embedding ids by which an identity remembers some tracks."""

    def open_reviews(self, after: int, limit: int) -> tuple[Review, ...]:
        """Read reviews nobody has answered, with a greater number, ascending, at most ``limit``."""

    def review(self, review_id: int) -> Review:
        """Read one review that waits for its answer.

        Raises:
            NotFoundError: there is none of that number, or it was answered before.
        """


class Store(Protocol):
    """Where identities, observations and events are kept. Blocking calls: run them in an executor."""

    def load_gallery(self) -> GalleryState:
        """Read what the gallery needs at start, but for what people are remembered by."""

    @property
    def ledger(self) -> Ledger:
        """What was decided and corrected in the past."""

    def read_banks(self, take: TakeBank, of: Collection[int] | None = None) -> None:
        """Hand on what everybody is remembered by, merged and archived identities too; each by their own number.

        Args:
            take: may be handed a bank twice; the later one counts.
            of: only these identities; None: all.
        """

    def commit(self, batch: Sequence[Changes]) -> tuple[Event, ...]:
        """Write some decisions in one transaction and number their events.

        Returns:
            The events in order, sequence numbers gap-free after the last committed one.
        Raises:
            StorageError: nothing of the batch was written.
            StoreUnavailableError: likewise, and the same batch may be committed later.
        """

    def events_after(self, sequence: int, limit: int) -> tuple[Event, ...]:
        """Read committed events with a greater number, ascending, at most ``limit``."""

    def last_sequence(self) -> int:
        """The newest committed event's number, 0 when there is none."""

    def oldest_sequence(self) -> int:
        """The oldest kept event's number; ``last_sequence() + 1`` when there is none."""

    def list_identities(self, after: int, limit: int) -> tuple[IdentitySummary, ...]:
        """List active identities with a greater global id, ascending, at most ``limit``."""

    def get_identity(self, global_id: int) -> IdentitySummary:
        """Read one identity, merged and archived ones too.

        Raises:
            NotFoundError: it never existed.
        """

    def statistics(self) -> StoreStatistics:
        """Count rows and bytes."""

    def size_bytes(self) -> int:
        """Say how much room the database takes; quick enough to ask after every commit."""

    def close(self) -> None:
        """Give up the writer's lock and the connections. Safe to call twice."""


class Clock(Protocol):
    """What time it is, for stages that need to know."""

    def now(self) -> int:
        """Wall clock, ns since the Unix epoch."""

    def monotonic(self) -> float:
        """Seconds that never run backwards, from an arbitrary start."""

    async def sleep(self, seconds: float) -> None:
        """Wait at least that long."""
