"""Several video files on one clock: VideoFrame -> Frame, CameraEnd in capture order. Needs OpenCV and NumPy."""

from __future__ import annotations

import asyncio
import heapq
from collections import Counter
from collections.abc import AsyncGenerator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from haven_client.errors import VideoError
from haven_client.messages import CameraEnd, Frame, RawImage
from haven_client.video import VideoReader

JPEG_QUALITY = 90
"""Of 100: high enough that what networks see hardly changes."""

_NANOSECONDS = 1_000_000_000
_Timed: TypeAlias = tuple[int, str, Frame | CameraEnd]
"""Capture time, camera id, what to send."""


class Film:
    """Files that are sent as one stream. Opened at once, read once.

    Args:
        inputs: file by camera id.
        starts: capture time of each file's beginning, ns since the Unix epoch.
        fps_limit: frames per second and file at most; others are skipped.
        raw: True: uncompressed pictures. False: JPEG.
        paced: True: frames come when they are due by the clock, the first one at once. False: as fast as they are read.

    Attributes:
        expected: frames each file announces, None where it does not say.
        sent: frames of each camera that were handed out.
        finished: cameras whose end was handed out.
        problems: why a file could not be read to its end, by camera id.
    Raises:
        VideoError: a file cannot be opened.
    """

    def __init__(
        self, inputs: Mapping[str, Path], starts: Mapping[str, int], fps_limit: float, *, raw: bool, paced: bool
    ) -> None:
        self._readers = {
            camera_id: VideoReader(path, starts[camera_id], fps_limit) for camera_id, path in inputs.items()
        }
        self._starts = starts
        self._raw = raw
        self._paced = paced
        self.expected = {camera_id: reader.expected for camera_id, reader in self._readers.items()}
        self.sent: Counter[str] = Counter()
        self.finished: set[str] = set()
        self.problems: dict[str, str] = {}

    async def items(self) -> AsyncGenerator[Frame | CameraEnd, None]:
        """Yield frames and the ends of cameras in capture order, ties by camera id; a thread reads and encodes."""
        merged = heapq.merge(*(self._camera(camera_id) for camera_id in self._readers), key=lambda item: item[:2])
        loop = asyncio.get_running_loop()
        first: tuple[int, float] | None = None
        reader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="film")
        upcoming = reader.submit(next, merged, None)
        try:
            while (timed := await asyncio.wrap_future(upcoming)) is not None:
                upcoming = reader.submit(next, merged, None)
                captured_at, _, item = timed
                if first is None:
                    first = (captured_at, loop.time())
                if self._paced:
                    await asyncio.sleep((captured_at - first[0]) / _NANOSECONDS - (loop.time() - first[1]))
                if isinstance(item, Frame):
                    self.sent[item.camera_id] += 1
                else:
                    self.finished.add(item.camera_id)
                yield item
        finally:
            # In the thread that reads: it may be at it still when whoever awaits a frame is cancelled.
            closed = reader.submit(merged.close)
            reader.shutdown(wait=False)
            await asyncio.wrap_future(closed)

    def _camera(self, camera_id: str) -> Iterator[_Timed]:
        """Yield one file's frames, then its end a nanosecond later, before any later frame of another camera."""
        last_at = self._starts[camera_id]
        try:
            for frame in self._readers[camera_id].frames():
                last_at = frame.captured_at
                image = self._encode(frame.image)
                yield last_at, camera_id, Frame(camera_id, frame.index, last_at, image)
        except VideoError as error:
            self.problems[camera_id] = str(error)
        yield last_at + 1, camera_id, CameraEnd(camera_id)

    def _encode(self, image: npt.NDArray[np.uint8]) -> bytes | RawImage:
        if self._raw:
            height, width = image.shape[:2]
            return RawImage(image.tobytes(), width, height)
        return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1].tobytes()
