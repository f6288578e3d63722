"""One client's hold on the cameras it feeds: pushed frames -> PushedSource."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from haven_server.errors import InvalidInputError
from haven_server.ports import Clock
from haven_server.sources.pushed import PushedSource
from haven_server.types import NANOSECONDS, Frame, Watermark

GREATEST_LEAD_S = 3600
"""How far a live frame's capture time may be ahead of the server's clock before one of the two must be wrong."""


class PushSession:
    """What a client holds between opening cameras and the end of the last one.

    Args:
        sources: by camera id.
        tasks: that run them; each ends when its camera's last track is resolved.
    """

    def __init__(self, sources: Mapping[str, PushedSource], tasks: Sequence[asyncio.Task[None]], clock: Clock) -> None:
        self._sources = sources
        self._tasks = tasks
        self._clock = clock

    async def push(self, frame: Frame) -> None:
        """Hand over one frame of one of the session's cameras; waits while a lossless camera is full.

        Raises:
            InvalidInputError: the camera is not of this session, the frame is not later than its last one, or a live
                one is far ahead of the server's clock.
            SourceError: the camera was closed meanwhile.
        """
        source = self._source(frame.camera_id)
        # One wrong clock would make everybody else's memories look a century old.
        if not source.lossless and frame.captured_at > self._clock.now() + GREATEST_LEAD_S * NANOSECONDS:
            raise InvalidInputError(
                f"camera {frame.camera_id!r}, frame {frame.index}: captured at {frame.captured_at} ns, over an hour "
                "ahead of the server's clock; set the camera's clock, or the server's"
            )
        await source.push(frame)

    async def promise(self, watermark: Watermark) -> None:
        """Say that no earlier frame of one of the session's cameras is to come."""
        self._source(watermark.camera_id).promise(watermark.captured_at)

    async def end(self, camera_id: str) -> None:
        """Say that no frame of one of the session's cameras follows; the others go on."""
        self._source(camera_id).finish()

    async def finish(self) -> None:
        """Say that no frame follows and wait until all that was pushed is through. Safe to call twice."""
        for source in self._sources.values():
            source.finish()
        await asyncio.wait(self._tasks)  # unlike gather, cancels no camera when this is cancelled

    def _source(self, camera_id: str) -> PushedSource:
        if camera_id not in self._sources:
            raise InvalidInputError(
                f"camera {camera_id!r} was not named when the stream was opened; it has {sorted(self._sources)}"
            )
        return self._sources[camera_id]
