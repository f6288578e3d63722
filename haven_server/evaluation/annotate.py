"""Draw what a run found into its videos: frames, RunLog -> mp4."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from haven_server.errors import OutputError, SourceError
from haven_server.evaluation.run_log import RunLog, TrackRecord
from haven_server.ports import Source
from haven_server.telemetry import logger
from haven_server.types import NANOSECONDS, BGRImage, Frame, Track

TRAIL_FRAMES = 45
"""How many past positions of a person are drawn."""
FALLBACK_RATE = 25.0
"""Frames per second of a video of a single frame."""
UNKNOWN_COLOUR = (150, 150, 150)

Colour = tuple[int, int, int]

log_problem = logger(__name__)


def colour_of(global_id: int | None) -> Colour:
    """A colour (BGR) that stays with an identity and differs well from its neighbours' (golden-angle hues)."""
    if global_id is None:
        return UNKNOWN_COLOUR
    hue = int(global_id * 137.508) % 360 // 2
    # Pale enough that dark letters are read on any of them.
    pixel = cv2.cvtColor(np.array([[[hue, 135, 240]]], np.uint8), cv2.COLOR_HSV2BGR)[0, 0]
    return int(pixel[0]), int(pixel[1]), int(pixel[2])


class Annotator:
    """Draws boxes, global ids with confidence, and trails of one camera, frame after frame."""

    def __init__(self) -> None:
        self._trails: dict[int, deque[tuple[int, int]]] = defaultdict(lambda: deque(maxlen=TRAIL_FRAMES))

    def draw(self, image: BGRImage, people: Sequence[tuple[TrackRecord, Track]]) -> BGRImage:
        """Return a copy of the picture with everybody drawn in.

        Args:
            image: (H, W, 3) uint8 BGR.
            people: the tracks visible in it.
        """
        canvas = image.copy()
        scale = max(0.4, image.shape[1] / 1600)
        for record, track in people:
            x1, y1, x2, y2 = (round(float(value)) for value in track.box)
            colour = colour_of(record.global_id)
            trail = self._trails[track.track_id]
            trail.append(((x1 + x2) // 2, y2))
            cv2.polylines(canvas, [np.array(trail, np.int32)], False, colour, 2, cv2.LINE_AA)
            cv2.rectangle(canvas, (x1, y1), (x2, y2), colour, 2, cv2.LINE_AA)
            _label(canvas, _name(record), (x1, y1), colour, scale)
        return canvas


async def annotate(source: Source, log: RunLog, path: Path) -> int:
    """Write one camera's annotated video, every id as finally decided.

    Args:
        source: the same frames as in the run, from their start.
        path: of the mp4 to write; its folder is made.
    Returns:
        How many frames were written.
    Raises:
        OutputError: the file cannot be written.
    """
    by_frame = log.by_frame(source.camera_id)
    annotator = Annotator()
    video = _Video(path)
    try:
        async for frame in source.frames():
            if isinstance(frame, Frame):
                picture = await asyncio.to_thread(annotator.draw, frame.image, by_frame.get(frame.index, ()))
                await asyncio.to_thread(video.write, picture, frame.captured_at)
    except SourceError as error:
        log_problem.warning("annotated video is cut short", path=str(path), problem=str(error))
    finally:
        video.close()
        await source.close()
    return video.written


class _Video:
    """An mp4 file that takes its size from its first picture and its rate from the first two."""

    def __init__(self, path: Path) -> None:
        self.written = 0
        self._path = path
        self._first: tuple[BGRImage, int] | None = None
        self._writer: cv2.VideoWriter | None = None
        self._size = (0, 0)

    def write(self, picture: BGRImage, captured_at: int) -> None:
        """Append a picture; one of another size is scaled to the first one's."""
        if self._writer is None and self._first is None:
            self._first = (picture, captured_at)
        elif self._writer is None and self._first is not None:
            self._start(NANOSECONDS / (captured_at - self._first[1]))
            self._append(picture)
        else:
            self._append(picture)

    def close(self) -> None:
        """Finish the file; a video of one picture gets it, at any rate."""
        if self._writer is None and self._first is not None:
            self._start(FALLBACK_RATE)
        if self._writer is not None:
            self._writer.release()

    def _start(self, rate: float) -> None:
        assert self._first is not None
        picture = self._first[0]
        self._size = (picture.shape[1], picture.shape[0])
        self._writer = _open(self._path, self._size, rate)
        self._append(picture)

    def _append(self, picture: BGRImage) -> None:
        assert self._writer is not None
        if (picture.shape[1], picture.shape[0]) != self._size:
            picture = np.asarray(cv2.resize(picture, self._size), np.uint8)
        self._writer.write(picture)
        self.written += 1


def _open(path: Path, size: tuple[int, int], frames_per_second: float) -> cv2.VideoWriter:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(path, error) from error
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), frames_per_second, size)
    if not writer.isOpened():
        raise OutputError(path, OSError("the video cannot be opened for writing"))
    return writer


def _name(record: TrackRecord) -> str:
    if record.global_id is None:
        return "?"
    return f"{record.global_id}" + (f" {record.confidence.value}" if record.confidence else "")


def _label(canvas: BGRImage, text: str, corner: tuple[int, int], colour: Colour, scale: float) -> None:
    """Put text on a filled plate above a box's upper left corner, or inside it at the picture's edge."""
    (width, height), baseline = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)
    x = min(max(corner[0], 0), max(canvas.shape[1] - width - 6, 0))
    y = corner[1] if corner[1] > height + baseline + 4 else corner[1] + height + baseline + 4
    cv2.rectangle(canvas, (x, y - height - baseline - 4), (x + width + 6, y), colour, cv2.FILLED)
    cv2.putText(canvas, text, (x + 3, y - baseline), cv2.FONT_HERSHEY_SIMPLEX, scale, (20, 20, 20), 1, cv2.LINE_AA)
