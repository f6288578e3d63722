"""Read a video file as the server would: path -> VideoFrame. Needs OpenCV and NumPy.

Indexes, capture times and which frames ``fps_limit`` skips are those of the server's own video sources, so that frames
sent over the network give what the same file gives when the server reads it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from haven_client.errors import VideoError

_NANOSECONDS = 1_000_000_000
_FALLBACK_RATE = 25.0
_GREATEST_RATE = 1000.0
_GREATEST_SECONDS = 7 * 24 * 3600

# ffmpeg complains on stderr of what is reported as a VideoError; OpenCV reads this when it opens its first file.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")


@dataclass(frozen=True, slots=True, eq=False)
class VideoFrame:
    """One picture of a file.

    Attributes:
        index: 0-based; frames that were skipped are counted.
        captured_at: ns since the Unix epoch.
        image: (H, W, 3) uint8 BGR.
    """

    index: int
    captured_at: int
    image: npt.NDArray[np.uint8]


class VideoReader:
    """One video file, read once from its first frame to its last. Blocking.

    Args:
        path: of the file; ``~`` is expanded.
        starts_at: capture time of the file's time zero, ns since the Unix epoch.
        fps_limit: frames per second at most; others are skipped.

    Attributes:
        expected: frames the file announces, skipped ones included; None where it does not say.
    Raises:
        VideoError: there is no such file, or it is no video that can be read.
    """

    def __init__(self, path: Path, starts_at: int, fps_limit: float) -> None:
        self._path = path.expanduser()
        self._starts_at = starts_at
        if not self._path.is_file():
            raise self._error("no such file; correct the path")
        # An absolute path, for ffmpeg would take `front:1.mp4` for a protocol.
        self._capture = cv2.VideoCapture(str(self._path.resolve()), cv2.CAP_FFMPEG)
        if not self._capture.isOpened():
            raise self._error("cannot be opened as a video; copy it again, or convert it")
        stated_rate = self._capture.get(cv2.CAP_PROP_FPS)
        rate = stated_rate if 0 < stated_rate <= _GREATEST_RATE else _FALLBACK_RATE
        stated_count = self._capture.get(cv2.CAP_PROP_FRAME_COUNT)
        self.expected = int(stated_count) if 0 < stated_count <= rate * _GREATEST_SECONDS else None
        self._period = round(_NANOSECONDS / rate)
        self._interval = round(_NANOSECONDS / fps_limit)

    def frames(self) -> Iterator[VideoFrame]:
        """Yield every frame that ``fps_limit`` lets through, then release the file.

        Raises:
            VideoError: the file holds no frame, one that cannot be decoded, or ends before its announced end.
        """
        index, last_at, due_at = 0, self._starts_at, self._starts_at
        try:
            while self._capture.grab():
                captured_at = self._capture_time(index, last_at)
                if captured_at + min(captured_at - last_at, self._interval) // 2 >= due_at:
                    due_at = (captured_at if captured_at >= due_at + self._interval else due_at) + self._interval
                    yield VideoFrame(index, captured_at, self._picture(index))
                index, last_at = index + 1, captured_at
        finally:
            self._capture.release()
        self._check_end(index, last_at)

    def _capture_time(self, index: int, last_at: int) -> int:
        """Say when the grabbed frame was captured: its timestamp, or one period on where that does not ascend."""
        stated = self._starts_at + round(self._capture.get(cv2.CAP_PROP_POS_MSEC) * 1e6)
        if index == 0:
            return max(stated, self._starts_at)
        return stated if stated > last_at else last_at + self._period

    def _picture(self, index: int) -> npt.NDArray[np.uint8]:
        decoded, picture = self._capture.retrieve()
        if not decoded:
            raise self._error(f"frame {index} cannot be decoded; copy or convert the file again")
        return np.asarray(picture, np.uint8)

    def _check_end(self, count: int, last_at: int) -> None:
        """Raise unless the file ended where it said it would, in frames or in time."""
        if count == 0:
            raise self._error("holds no frame; record or convert it again")
        if self.expected is None or self.expected - count <= 1:
            return
        if last_at + 2 * self._period < self._starts_at + self.expected * self._period:
            raise self._error(f"ends after {count} of {self.expected} frames: it is cut off or damaged; copy it again")

    def _error(self, problem: str) -> VideoError:
        return VideoError(f"{self._path}: {problem}")
