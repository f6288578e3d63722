"""Frames that somebody sends, put in line for the pipeline: push -> Frame."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator

from haven_server.errors import InvalidInputError, SourceError
from haven_server.sources.pacing import Pacer
from haven_server.types import Frame, Watermark


class PushedSource:
    """A bounded line of frames between a sender and the pipeline, both on one event loop.

    Args:
        camera_id: of the camera in the configuration.
        starts_at: no frame is captured before this, ns since the Unix epoch.
        lossless: True: a sender waits while the line is full (files). False: the oldest frame is dropped (live).
        fps_limit: frames taken per second at most; the others are passed over.
        depth: frames that may wait.

    Attributes:
        dropped: frames lost so far because the pipeline was slower than the sender.
    """

    expected_frames = None

    def __init__(self, camera_id: str, starts_at: int, lossless: bool, fps_limit: float, depth: int = 8) -> None:
        if depth < 1:
            raise ValueError(f"depth: wanted at least 1, got {depth}")
        self.camera_id = camera_id
        self.starts_at = starts_at
        self.lossless = lossless
        self.dropped = 0
        self._pacer = Pacer(fps_limit, starts_at)
        self._depth = depth
        self._line: deque[Frame | Watermark] = deque()
        self._waiting = 0
        self._earliest = starts_at
        self._finished = False
        self._closed = False
        self._news = asyncio.Event()
        self._room = asyncio.Event()

    async def push(self, frame: Frame) -> None:
        """Put a frame at the end of the line.

        Args:
            frame: captured after the last one, and not before what was promised.
        Raises:
            InvalidInputError: the frame is another camera's or goes back in time, or ``finish`` was called before.
            SourceError: the camera was closed, so that nobody takes the frame.
        """
        while self.lossless and self._waiting >= self._depth and not self._closed:
            self._room.clear()
            await self._room.wait()
        self._refuse(frame)
        if not self._pacer.takes(frame.captured_at):
            self.promise(frame.captured_at + 1)
            return
        if self._waiting >= self._depth:
            self._drop_oldest()
        self._line.append(frame)
        self._waiting += 1
        self._earliest = frame.captured_at + 1
        self._news.set()

    def promise(self, captured_at: int) -> None:
        """Tell, in line with the frames, that none captured before ``captured_at`` (ns) is still to come.

        A promise that says nothing new is left out.
        """
        if captured_at < self._earliest or self._finished or self._closed:
            return
        if self._line and isinstance(self._line[-1], Watermark):
            self._line.pop()
        self._line.append(Watermark(self.camera_id, captured_at))
        self._earliest = captured_at
        self._news.set()

    def finish(self) -> None:
        """Say that no frame follows: ``frames`` ends when the line is empty. Safe to call twice."""
        self._finished = True
        self._news.set()

    async def frames(self) -> AsyncIterator[Frame | Watermark]:
        """Yield frames and promises in the order in which they were sent, until ``finish`` or ``close``."""
        while True:
            while self._line and not self._closed:
                yield self._take()
            if self._finished or self._closed:
                return
            self._news.clear()
            await self._news.wait()

    async def close(self) -> None:
        """Forget what waits; ``frames`` ends and senders are told. Safe to call twice."""
        self._closed = True
        self._line.clear()
        self._waiting = 0
        self._news.set()
        self._room.set()

    def _take(self) -> Frame | Watermark:
        first = self._line.popleft()
        if isinstance(first, Frame):
            self._waiting -= 1
            self._room.set()
        return first

    def _drop_oldest(self) -> None:
        """Drop the oldest frame, and the promises before it, which every later frame implies."""
        while not isinstance(self._take(), Frame):
            pass
        self.dropped += 1

    def _refuse(self, frame: Frame) -> None:
        """Raise unless the frame may come now."""
        if self._closed:
            raise SourceError(self.camera_id, "was closed while frames were sent; open the stream again")
        if self._finished:
            raise InvalidInputError(f"camera {self.camera_id!r}: a frame came after the end of its stream was told")
        if frame.camera_id != self.camera_id:
            raise InvalidInputError(f"camera {self.camera_id!r}: got a frame of camera {frame.camera_id!r}")
        if frame.captured_at < self._earliest:
            raise InvalidInputError(
                f"camera {self.camera_id!r}: a frame captured at {frame.captured_at} ns goes back in time; "
                f"wanted {self._earliest} ns or later: send frames by ascending capture time"
            )
