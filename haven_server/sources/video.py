"""A video file as a camera that loses nothing: path -> Frame."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from haven_server.errors import SourceError
from haven_server.sources.video_file import VideoFile
from haven_server.types import NANOSECONDS, Frame, Watermark

READ_AHEAD = 3
"""Frames decoded before the pipeline asks for them: enough to hide decoding, few enough to stay small in memory."""


class VideoSource:
    """Deliver every frame of a video file, however slowly they are taken.

    A frame's capture time is ``run_start_ns`` + ``start_offset_s`` + its timestamp in the file, so that the same files
    give the same times in every run. Streams without timestamps count frames at their stated rate, or at 25 per second.

    Args:
        camera_id: of the camera in the configuration.
        path: of the file; ``~`` is expanded.
        run_start_ns: ns since the Unix epoch.
        start_offset_s: seconds after the run's start at which the file begins.
        fps_limit: frames delivered per second at most; ``Frame.index`` counts the skipped ones too.
    """

    lossless = True

    def __init__(self, camera_id: str, path: Path, run_start_ns: int, start_offset_s: float, fps_limit: float) -> None:
        self.camera_id = camera_id
        self.starts_at = run_start_ns + round(start_offset_s * NANOSECONDS)
        self._file = VideoFile(camera_id, path, self.starts_at, fps_limit)
        self._reader = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"video-{camera_id}")
        self._closed = False

    @property
    def expected_frames(self) -> int | None:
        """How many frames the file announces, those skipped by ``fps_limit`` included; None where it does not say.

        Opens the file when that has not happened yet, which takes milliseconds; a file that cannot be opened
        announces nothing here, and says why in ``frames``.
        """
        if self._closed:
            return self._file.announced_frames
        try:
            self._reader.submit(self._file.open).result()
        except SourceError:
            return None
        return self._file.announced_frames

    async def frames(self) -> AsyncIterator[Frame | Watermark]:
        """Yield every frame by ascending capture time, decoding a few ahead in a thread.

        Raises:
            SourceError: the file is missing, unreadable, empty or truncated; the frames before that come first.
        """
        ahead = deque(self._read_next() for _ in range(READ_AHEAD) if not self._closed)
        try:
            while ahead:
                frame = await asyncio.wrap_future(ahead.popleft())
                if frame is None or self._closed:
                    return
                ahead.append(self._read_next())
                yield frame
        finally:
            await self.close()

    async def close(self) -> None:
        """Release the file and its thread; ``frames`` ends. Safe to call twice."""
        if self._closed:
            return
        self._closed = True
        released = self._reader.submit(self._file.close)
        self._reader.shutdown(wait=False)
        await asyncio.wrap_future(released)

    def _read_next(self) -> Future[Frame | None]:
        return self._reader.submit(self._read_unless_closed)

    def _read_unless_closed(self) -> Frame | None:
        return None if self._closed else self._file.read()
