"""What the services need of the server behind them: small seams that `app` fills."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from haven_server.types import CameraOpening, CameraStatus, Event, Frame, Watermark


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
