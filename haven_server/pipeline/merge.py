"""Join all cameras' frames into one stream in capture order: FrameOutcome by camera -> Arrival at the site."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeAlias

from haven_server.ports import Clock
from haven_server.types import CameraEnded, FrameOutcome, Impression, Tracklet

Extract: TypeAlias = Callable[[Tracklet], Coroutine[Any, Any, Impression]]
"""Perception as the merge needs it: one tracklet's features, without blocking the loop."""

CHANNEL_LIMIT = 64
"""Frames a camera may be ahead of the site before it has to wait."""
PATIENCE_S = 0.3
"""Seconds the site waits for a live camera that lags before it goes on without it."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One frame's outcome on its way, with the features of its tracklets already in the making.

    Attributes:
        features: one task per tracklet of the outcome, in the same order.
        arrived_at: of the merge's clock, monotonic seconds.
    """

    outcome: FrameOutcome
    features: tuple[asyncio.Task[Impression], ...]
    arrived_at: float


class Channel:
    """One camera's way to the site: bounded, in order, with a promise of what can still come.

    Attributes:
        group: cameras whose frames belong together; within it a lossless one is waited for without limit.
        finished: set once the site has taken all of it, the end included.
    """

    def __init__(self, merge: CaptureOrder, camera_id: str, starts_at: int, lossless: bool, group: object) -> None:
        self.camera_id = camera_id
        self.lossless = lossless
        self.group = group
        self.watermark = starts_at
        self.ending: CameraEnded | None = None
        self.finished = asyncio.Event()
        self.waiting: deque[Arrival] = deque()
        self._ended_at = 0.0
        self._merge = merge
        self._room = asyncio.Event()
        self._room.set()

    async def send(self, outcome: FrameOutcome) -> None:
        """Hand one frame's outcome on; waits while the site is ``CHANNEL_LIMIT`` frames behind.

        Args:
            outcome: of a later capture time than every one before.
        """
        await self._room.wait()
        self.waiting.append(self._merge.arrival(outcome, self.lossless))
        if len(self.waiting) >= CHANNEL_LIMIT:
            self._room.clear()
        self.promise(outcome.captured_at + 1)

    def promise(self, captured_at: int) -> None:
        """Say that no frame captured before ``captured_at`` (ns) is still to come."""
        self.watermark = max(self.watermark, captured_at)
        self._merge.wake()

    def end(self, ending: CameraEnded) -> None:
        """Say that nothing is still to come, and why."""
        self.ending = ending
        self._ended_at = self._merge.now()
        self._merge.wake()

    @property
    def is_ready(self) -> bool:
        """Whether there is an outcome, or the end, to be taken."""
        return bool(self.waiting) or self.ending is not None

    @property
    def ready_since(self) -> float:
        """When that came, monotonic seconds of the merge's clock."""
        return self.waiting[0].arrived_at if self.waiting else self._ended_at

    def take(self) -> Arrival:
        """Remove the oldest waiting arrival and let the camera go on."""
        arrival = self.waiting.popleft()
        self._room.set()
        return arrival


class CaptureOrder:
    """The merge: yields an outcome when no camera can still send an earlier one.

    Ties of capture time go by camera id, so that the same input gives the same order. A lossless camera is
    waited for by the others of its group however long it takes; any other one for ``PATIENCE_S``.
    """

    def __init__(self, clock: Clock, extract: Extract, extract_patiently: Extract | None = None) -> None:
        """Begin without cameras.

        Args:
            extract_patiently: for lossless cameras, waits for networks that are away; None: the same.
        """
        self._clock = clock
        self._extract = {False: extract, True: extract_patiently or extract}
        self._channels: dict[str, Channel] = {}
        self._news = asyncio.Event()
        self._closed = False

    def open(self, camera_id: str, starts_at: int, lossless: bool, group: object) -> Channel:
        """Let one more camera take part.

        Args:
            starts_at: ns; the camera promises to send nothing captured before.
            group: the same object for cameras that were opened together.
        Raises:
            ValueError: the camera takes part already.
        """
        if camera_id in self._channels:
            raise ValueError(f"camera {camera_id!r} already takes part")
        channel = self._channels[camera_id] = Channel(self, camera_id, starts_at, lossless, group)
        return channel

    def arrival(self, outcome: FrameOutcome, lossless: bool) -> Arrival:
        """Note when an outcome came and start its features, so that networks do not wait for capture order."""
        extract = self._extract[lossless]
        features = tuple(asyncio.create_task(extract(tracklet)) for tracklet in outcome.tracklets)
        return Arrival(outcome, features, self.now())

    def now(self) -> float:
        """Monotonic seconds of the merge's clock."""
        return self._clock.monotonic()

    def wake(self) -> None:
        """Look again: something arrived."""
        self._news.set()

    def close(self) -> None:
        """End the stream once all that was sent has been yielded and every camera has ended."""
        self._closed = True
        self.wake()

    async def __aiter__(self) -> AsyncIterator[Arrival | CameraEnded]:
        """Yield arrivals by (captured_at, camera_id), and each camera's end in its place among them."""
        while True:
            self._news.clear()
            first = min((channel for channel in self._channels.values() if channel.is_ready), key=_order, default=None)
            if first is None:
                if self._closed and not self._channels:
                    return
                await self._news.wait()
            elif not await self._is_due(first):
                continue
            elif first.waiting:
                yield first.take()
            elif first.ending is not None:
                del self._channels[first.camera_id]
                yield first.ending
                first.finished.set()

    async def _is_due(self, first: Channel) -> bool:
        """Whether ``first``'s next word may be yielded; if not yet, wait until something changes."""
        order = _order(first)
        late = [
            channel
            for channel in self._channels.values()
            if not channel.waiting and channel.ending is None and (channel.watermark, channel.camera_id) < order
        ]
        if not late:
            return True
        if any(channel.lossless and channel.group is first.group for channel in late):
            await self._news.wait()
            return False
        patience = first.ready_since + PATIENCE_S - self.now()
        if patience <= 0:
            return True
        alarm = asyncio.ensure_future(self._clock.sleep(patience))
        news = asyncio.ensure_future(self._news.wait())
        try:
            await asyncio.wait({alarm, news}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            alarm.cancel()
            news.cancel()
        return False


def _order(channel: Channel) -> tuple[int, str]:
    """Sort key of a channel's next word; an end has the time before which no frame could have come any more."""
    captured_at = channel.waiting[0].outcome.captured_at if channel.waiting else channel.watermark
    return captured_at, channel.camera_id
