"""Keep a stream of several cameras in capture order: Frame -> Watermark."""

from __future__ import annotations

from collections.abc import Iterable

from haven_server.errors import InvalidInputError
from haven_server.types import Frame, Watermark


class FrameOrder:
    """What has come so far of one stream, and hence what may still come.

    Args:
        cameras: ids of the stream's cameras.
    """

    def __init__(self, cameras: Iterable[str]) -> None:
        self._open = dict.fromkeys(cameras, -1)
        self._latest = 0

    def accept(self, frame: Frame) -> tuple[Watermark, ...]:
        """Check a frame against those before it.

        Returns:
            What it promises of every other camera that has not ended.
        Raises:
            InvalidInputError: it goes back in time or index, or its camera is not of this stream or has ended.
        """
        self._check_open(frame.camera_id)
        name = f"camera {frame.camera_id!r}, frame {frame.index}"
        if frame.captured_at < self._latest:
            raise InvalidInputError(
                f"{name}: captured at {frame.captured_at} ns, and a frame of this stream captured at {self._latest} ns "
                "came before it: send the frames of all cameras by ascending capture time"
            )
        last = self._open[frame.camera_id]
        if frame.index <= last:
            raise InvalidInputError(f"{name}: came after frame {last}: send a camera's frames by ascending index")
        self._open[frame.camera_id] = frame.index
        self._latest = frame.captured_at
        return tuple(Watermark(other, frame.captured_at) for other in self._open if other != frame.camera_id)

    def end(self, camera_id: str) -> None:
        """Take no more frames of a camera.

        Raises:
            InvalidInputError: it is not of this stream, or has ended before.
        """
        self._check_open(camera_id)
        del self._open[camera_id]

    def _check_open(self, camera_id: str) -> None:
        if camera_id not in self._open:
            raise InvalidInputError(
                f"camera {camera_id!r} is not in this stream, or has ended; still open are {sorted(self._open)}"
            )
