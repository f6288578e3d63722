"""What one viewer has not read yet, bounded: FrameResult -> Delivery."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Collection
from dataclasses import dataclass
from types import TracebackType
from typing import Self, TypeAlias

from haven_server.errors import OverloadedError
from haven_server.events.picture import Picture
from haven_server.ports import Clock
from haven_server.types import CameraEnded, Confidence, Identification, Track

WAITING_FRAMES = 4
"""Frames of one camera that may wait for a viewer: at 15 FPS a quarter of a second of lag."""
WAITING_NOTICES = 10_000
"""Ends of tracks and cameras that may wait before a viewer who does not read is cut off."""


@dataclass(frozen=True, slots=True)
class SeenTrack:
    """A track as of one frame, and who it is as far as is known then.

    Attributes:
        global_id, confidence: None until the person is resolved.
    """

    track: Track
    global_id: int | None
    confidence: Confidence | None


@dataclass(frozen=True, slots=True)
class FrameResult:
    """One frame as viewers are told of it.

    Attributes:
        frame_index: 0-based, in the source.
        captured_at: ns since the Unix epoch.
        width, height: of the source frame, px.
        tracks: visible ones, by ascending track id.
    """

    camera_id: str
    frame_index: int
    captured_at: int
    width: int
    height: int
    tracks: tuple[SeenTrack, ...]


Update: TypeAlias = FrameResult | Identification | CameraEnded
"""What viewers are told: a frame, the end of a track (a final identification), the end of a camera."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One update on its way out to one viewer.

    Attributes:
        dropped: frames of the same camera lost to this viewer since its last one.
        jpeg: the frame's picture, None where none was asked for.
    """

    update: Update
    dropped: int = 0
    jpeg: bytes | None = None


@dataclass(frozen=True, slots=True)
class ViewRequest:
    """What a viewer wants.

    Attributes:
        cameras: None: all of them.
        lossless: True: the cameras wait for this viewer. False: it loses the oldest frames when it is slow.
        max_fps: frames per second and camera at most, None: all.
        image: True: a JPEG with each frame.
        max_width: of that JPEG, px; None: as captured.
    """

    cameras: Collection[str] | None = None
    lossless: bool = False
    max_fps: float | None = None
    image: bool = False
    max_width: int | None = None


class Viewer:
    """An async iterator over deliveries, and the context in which it is subscribed. One event loop only."""

    def __init__(self, request: ViewRequest, clock: Clock, leave: Callable[[Viewer], None]) -> None:
        self._request = request
        self._clock = clock
        self._leave = leave
        self._line: deque[tuple[Update, Picture | None]] = deque()
        self._waiting: Counter[str] = Counter()
        self._dropped: Counter[str] = Counter()
        self._due: dict[str, float] = {}
        self._holds_back = request.lossless
        self._closed = False
        self._error: Exception | None = None
        self._news = asyncio.Event()
        self._room = asyncio.Event()

    def watches(self, camera_id: str) -> bool:
        """Say whether this viewer wants to hear of a camera."""
        return self._request.cameras is None or camera_id in self._request.cameras

    async def show(self, result: FrameResult, picture: Picture) -> None:
        """Put a frame in line, unless it comes too soon after the last one; a lossless viewer's line is waited for."""
        camera_id = result.camera_id
        if self._closed or self._too_soon(camera_id):
            return
        if not await self._wait_for_room(camera_id):
            return
        if self._waiting[camera_id] >= WAITING_FRAMES:
            self._drop_oldest(camera_id)
        self._line.append((result, picture if self._request.image else None))
        self._waiting[camera_id] += 1
        self._news.set()

    def tell(self, notice: Identification | CameraEnded) -> None:
        """Put the end of a track or camera in line; these are never dropped."""
        if self._closed:
            return
        if len(self._line) - self._waiting.total() >= WAITING_NOTICES:
            self.fail(
                OverloadedError(f"{WAITING_NOTICES} messages were left unread: read faster, or watch fewer cameras")
            )
            return
        self._line.append((notice, None))
        self._news.set()

    def release(self) -> None:
        """Hold no camera back from now on; when behind, lose the oldest frames instead. Safe to call twice."""
        self._holds_back = False
        self._room.set()

    def fail(self, error: Exception) -> None:
        """End the iteration with an error; what waits is forgotten."""
        self._error = error
        self._line.clear()
        self.close()

    def close(self) -> None:
        """Take nothing more in, and end the iteration once all that waits is read. Safe to call twice."""
        self._closed = True
        self._news.set()
        self.release()
        self._leave(self)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Delivery:
        while not self._line:
            if self._error is not None:
                raise self._error
            if self._closed:
                raise StopAsyncIteration
            self._news.clear()
            await self._news.wait()
        update, picture = self._line.popleft()
        if not isinstance(update, FrameResult):
            return Delivery(update)
        self._waiting[update.camera_id] -= 1
        self._room.set()
        dropped = self._dropped.pop(update.camera_id, 0)
        jpeg = await picture.jpeg(self._request.max_width) if picture else None
        return Delivery(update, dropped, jpeg)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def _wait_for_room(self, camera_id: str) -> bool:
        """Hold the camera back while that is wanted; tell whether the viewer is still there then."""
        while self._holds_back and self._waiting[camera_id] >= WAITING_FRAMES:
            self._room.clear()
            await self._room.wait()
        return not self._closed

    def _too_soon(self, camera_id: str) -> bool:
        """Keep to ``max_fps``: due times lie on a grid, so that the mean rate is right in spite of jitter."""
        if self._request.max_fps is None:
            return False
        now = self._clock.monotonic()
        due = self._due.get(camera_id, now)
        if now < due:
            return True
        self._due[camera_id] = max(due + 1.0 / self._request.max_fps, now)
        return False

    def _drop_oldest(self, camera_id: str) -> None:
        for place, (update, _) in enumerate(self._line):
            if isinstance(update, FrameResult) and update.camera_id == camera_id:
                del self._line[place]
                break
        self._waiting[camera_id] -= 1
        self._dropped[camera_id] += 1
