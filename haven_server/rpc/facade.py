"""What the services need of the server behind them: small seams that `app` fills."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from haven_server.types import CameraOpening, CameraStatus, Frame, Watermark


class IngestSession(Protocol):
    """One client's hold on the cameras it feeds."""

    async def push(self, frame: Frame) -> None:
        """Hand over one frame of one of the session's cameras; waits while a lossless camera is full.

        Raises:
            InvalidInputError: the frame is not later than the camera's last one.
        """

    async def promise(self, watermark: Watermark) -> None:
        """Say that no earlier frame of one of the session's cameras is to come."""

    async def finish(self) -> None:
        """Say that no frame follows; the cameras end once all that was pushed is through. Safe to call twice."""


class FrameIngest(Protocol):
    """The door by which frames come in over the network."""

    async def open(self, cameras: Sequence[CameraOpening], lossless: bool) -> IngestSession:
        """Take hold of cameras, all of them or none.

        Args:
            cameras: at least one, ids distinct and well-formed.
            lossless: True: ``push`` waits for the pipeline. False: the oldest waiting frame is dropped.
        Raises:
            NotFoundError: a camera is not configured and new ones are not accepted, or is not of type ``pushed``.
            CameraBusyError: a camera is being fed already.
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
