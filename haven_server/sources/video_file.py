"""Read a video file picture by picture, with capture times that ascend: path -> Frame.

Blocking: one thread owns a ``VideoFile`` from ``open`` to ``close``.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

import cv2
import numpy as np

from haven_server.errors import SourceError
from haven_server.sources.movie_length import movie_length_s
from haven_server.sources.pacing import Pacer
from haven_server.types import NANOSECONDS, BGRImage, Frame

# Both libraries complain on stderr, past our log, of what we report as a SourceError. OpenCV passes the variable on to
# ffmpeg once, when it first opens a file; there is no call for it.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)

FALLBACK_RATE = 25.0
"""Frames per second of a stream that states none, as of raw H.264."""
GREATEST_PLAUSIBLE_RATE = 1000.0
"""Frames per second over which a stated rate is nonsense."""
GREATEST_PLAUSIBLE_HOURS = 24 * 7
"""Length over which a stated frame count is nonsense."""

EMPTY = "holds no frame that can be decoded; record or convert it again"
"""What is wrong with a file of no bytes, and with one that has a header and nothing after it."""


class VideoFile:
    """One video file, read from its first frame to its last.

    Args:
        camera_id: named in frames and errors.
        path: of the file; ``~`` is expanded.
        starts_at: capture time of the file's time zero, ns since the Unix epoch.
        fps_limit: frames delivered per second at most; the others are decoded and skipped, and keep their index.
    """

    def __init__(self, camera_id: str, path: Path, starts_at: int, fps_limit: float) -> None:
        self.camera_id = camera_id
        self.path = _expand(path)
        self._starts_at = starts_at
        self._pacer = Pacer(fps_limit, starts_at)
        self._capture: cv2.VideoCapture | None = None
        self._period_ns = 0
        self._announced: int | None = None
        self._read = 0
        self._last_at = starts_at
        self._step_ns = 0

    @property
    def announced_frames(self) -> int | None:
        """How many frames the file says it holds, skipped ones included; None when it does not say or is not open."""
        return self._announced

    def open(self) -> cv2.VideoCapture:
        """Open the file; the same capture is given when it is open already.

        Raises:
            SourceError: there is no such file, or it is no video that can be read.
        """
        if self._capture is not None:
            return self._capture
        self._check_readable()
        # An absolute path, for ffmpeg would take `front:1.mp4` for a protocol.
        capture = cv2.VideoCapture(str(self.path.resolve()), cv2.CAP_FFMPEG)
        if not capture.isOpened():
            raise self._error(
                "cannot be opened as a video: it holds none, is damaged, cut off before its index, or of an unknown "
                "format; copy it again, or convert it with ffmpeg -i FILE -c:v libx264 NEW.mp4"
            )
        self._capture = capture
        rate = _plausible_rate(capture.get(cv2.CAP_PROP_FPS))
        self._period_ns = round(NANOSECONDS / rate)
        self._announced = _plausible_count(capture.get(cv2.CAP_PROP_FRAME_COUNT), rate)
        return capture

    def read(self) -> Frame | None:
        """Read the next frame that ``fps_limit`` lets through, opening the file first where needed.

        Returns:
            The frame; None after the last one. All have the size of the first, to which OpenCV scales others.

        Raises:
            SourceError: the file cannot be opened, holds no frame, or ends before its announced end.
        """
        capture = self.open()
        while capture.grab():
            index, captured_at = self._read, self._capture_time(capture)
            self._step_ns = captured_at - self._last_at
            self._read, self._last_at = index + 1, captured_at
            if self._pacer.takes(captured_at):
                return Frame(self.camera_id, index, captured_at, self._picture(capture))
        self._check_end()
        return None

    def close(self) -> None:
        """Release the file. Safe to call twice."""
        if self._capture is not None:
            self._capture.release()
            self._capture = None

    def _check_readable(self) -> None:
        """Raise unless the path names a file with something in it."""
        try:
            status = self.path.stat()
        except FileNotFoundError:
            raise self._error("no such file; correct the camera's source") from None
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise self._error(f"cannot be reached ({reason}); correct the camera's source") from None
        if not stat.S_ISREG(status.st_mode):
            raise self._error("is not a file; the camera's source must be one video file")
        if not os.access(self.path, os.R_OK):
            raise self._error("may not be read; grant read permission")
        if status.st_size == 0:
            raise self._error(EMPTY)

    def _capture_time(self, capture: cv2.VideoCapture) -> int:
        """Say when the grabbed frame was captured: its timestamp, or one period on where that does not ascend."""
        stated = self._starts_at + round(capture.get(cv2.CAP_PROP_POS_MSEC) * 1e6)
        if self._read == 0:
            return max(stated, self._starts_at)
        return stated if stated > self._last_at else self._last_at + self._period_ns

    def _picture(self, capture: cv2.VideoCapture) -> BGRImage:
        decoded, picture = capture.retrieve()
        if not decoded:
            raise self._error(f"frame {self._read} cannot be decoded; copy or convert the file again")
        return np.asarray(picture, np.uint8)

    def _check_end(self) -> None:
        """Raise unless the file ended where it said it would.

        Both the count and the time must fall short by more than a frame. The count alone says too much: a trimmed MP4
        stores frames that it does not show, and where a container states no count, OpenCV multiplies duration and rate.
        """
        if self._read == 0:
            raise self._error(EMPTY)
        if self._announced is None or self._announced - self._read <= 1:
            return
        length_s = movie_length_s(self.path)
        length_ns = self._announced * self._period_ns if length_s is None else round(length_s * NANOSECONDS)
        if self._last_at + 2 * max(self._period_ns, self._step_ns) < self._starts_at + length_ns:
            raise self._error(
                f"ends after {self._read} of {self._announced} frames: it is truncated or damaged; copy it again"
            )

    def _error(self, problem: str) -> SourceError:
        return SourceError(self.camera_id, f"{self.path}: {problem}")


def _expand(path: Path) -> Path:
    """Replace ``~`` by the home folder; a home that does not exist stays as it is written, and is not found later."""
    try:
        return path.expanduser()
    except RuntimeError:
        return path


def _plausible_rate(stated: float) -> float:
    """Return the stated frames per second, or the fallback where it is missing or nonsense."""
    return stated if 0 < stated <= GREATEST_PLAUSIBLE_RATE else FALLBACK_RATE


def _plausible_count(stated: float, rate: float) -> int | None:
    """Return the stated frame count, or None where it is missing or nonsense."""
    return int(stated) if 0 < stated <= rate * 3600 * GREATEST_PLAUSIBLE_HOURS else None
