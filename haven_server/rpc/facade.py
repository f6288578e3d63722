"""What the services need of the server behind them: small seams that `app` fills."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Protocol

from haven_server.types import (
    CameraOpening,
    CameraStatus,
    Correction,
    Duplicate,
    Event,
    Explanation,
    Frame,
    NetworkStatus,
    Review,
    TrackName,
    Watermark,
)


class IngestSession(Protocol):
    """One client's hold on the cameras it feeds."""

    async def push(self, frame: Frame) -> None:
        """Hand over one frame of one of the session's cameras; waits while a lossless camera is full.

        Raises:
            InvalidInputError: the frame is not later than the camera's last one, or far ahead of the server's clock.
            SourceError: the camera has failed or was stopped, and takes no more; the session's others do.
        """

    async def promise(self, watermark: Watermark) -> None:
        """Say that no earlier frame of one of the session's cameras is to come."""

    async def end(self, camera_id: str) -> None:
        """Say that no frame of one of the session's cameras follows; it ends while the others go on.

        A client that replays files says so at each file's end: otherwise the camera's last tracks would be resolved
        only when the longest file is over, which is another order than `haven run` has.
        """

    async def finish(self) -> None:
        """Say that no frame of any camera follows, and wait until what was pushed is through. Safe to call twice."""


class NetworkBoard(Protocol):
    """How the networks fare."""

    def list(self) -> Sequence[NetworkStatus]:
        """Say how every network fares."""

    def listen(self, listener: Callable[[NetworkStatus], Awaitable[None]]) -> None:
        """Have somebody told of every change from now on."""


class FrameIngest(Protocol):
    """The door by which frames come in over the network."""

    async def open(self, cameras: Sequence[CameraOpening], lossless: bool) -> IngestSession:
        """Take hold of cameras, all of them or none.

        Args:
            lossless: True: ``push`` waits for the pipeline. False: the oldest waiting frame is dropped.
        Raises:
            InvalidInputError: no camera, the same one twice, or an id that is malformed.
            NotFoundError: a camera is not configured and new ones are not accepted, or is disabled.
            CameraBusyError: a camera is being fed already.
            OverloadedError: too many cameras that are not configured.
            ShuttingDownError: the server stops.
        """


class CameraBoard(Protocol):
    """How the cameras fare, and what a replay client needs to time frames as the server does."""

    @property
    def run_start(self) -> int:
        """Capture time of a video file's first frame at offset 0, ns since the Unix epoch."""

    @property
    def fps_limit(self) -> float:
        """Frames per second taken from one camera at most."""

    def list(self) -> Sequence[CameraStatus]:
        """Every configured or streaming camera, by camera id."""


class EventFeed(Protocol):
    """Where committed events are published."""

    @property
    def last_sequence(self) -> int:
        """Number of the newest event published, 0 when there never was one."""

    def subscribe(self, after: int | None) -> AsyncIterator[Event]:
        """Yield every event with a greater number than ``after``, in order, without gap or repeat; None: from now on.

        Raises:
            InvalidInputError: no such event exists yet.
            SequenceGoneError: by the iterator, when events after ``after`` are no longer kept.
        """


class Corrections(Protocol):
    """Where orders and questions about who is who are taken; an order is committed when its call returns.

    Every order may raise NotFoundError, CorrectionRefusedError, InvalidInputError and StorageError.
    """

    async def merge(self, target: int, source: int, actor: str) -> Correction:
        """Let one identity be another from now on."""

    async def split(self, global_id: int, tracks: Sequence[TrackName], actor: str) -> Correction:
        """Make some tracks of an identity a new one."""

    async def undo(self, global_id: int, actor: str) -> Correction:
        """Take back the newest correction that concerns an identity."""

    async def reject_track(self, track: TrackName, global_id: int | None, actor: str) -> Correction:
        """Say that a track is not some person, by default whoever it is taken for."""

    async def reject_identity(self, first: int, second: int, actor: str) -> Correction:
        """Say that two identities are two people."""

    async def answer(self, review_id: int, confirmed: bool, actor: str) -> Correction | None:
        """Answer a review; returns what that corrected, None where nothing was wrong."""

    async def list_duplicates(self, limit: int) -> Sequence[Duplicate]:
        """List identities that may be one person: those asked about first, then by likeness; at most ``limit``."""

    async def list_reviews(self, after: int, limit: int) -> Sequence[Review]:
        """List decisions that wait for an answer, with a greater number, ascending, at most ``limit``."""

    async def explain(self, change_id: int) -> Explanation:
        """Explain one decision of the ledger."""

    async def explain_track(self, track: TrackName) -> Explanation:
        """Explain the newest decision on a track."""
