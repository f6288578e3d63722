"""Keep one picture per recognised track: Tracklet, global id -> JPEG file."""

from __future__ import annotations

import asyncio
from pathlib import Path

import cv2

from haven_server.telemetry import logger
from haven_server.types import Sample, Tracklet

JPEG_QUALITY = 90

log = logger(__name__)


class Snapshots:
    """Writes the best view of a track under ``folder/<global id>/<camera>_<track>_<ns>.jpg``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept: set[tuple[str, int]] = set()

    async def keep(self, tracklet: Tracklet, global_id: int) -> str | None:
        """Write a track's picture, once per track.

        Returns:
            The file's path; None when the track has its picture already, has no usable view, or the
            disk refuses (which is logged: identities matter more than pictures).
        """
        key = (tracklet.camera_id, tracklet.track_id)
        if key in self._kept or not tracklet.samples:
            return None
        self._kept.add(key)
        best = max(tracklet.samples, key=lambda sample: sample.quality)
        path = self._folder / str(global_id) / f"{key[0]}_{key[1]}_{best.captured_at}.jpg"
        try:
            await asyncio.to_thread(_write, path, best)
        except OSError as error:
            log.error("snapshot not kept", path=str(path), error=str(error))
            return None
        return str(path)

    def forget(self, tracklet: Tracklet) -> None:
        """Stop remembering a track that has ended."""
        self._kept.discard((tracklet.camera_id, tracklet.track_id))


def _write(path: Path, sample: Sample) -> None:
    encoded, data = cv2.imencode(".jpg", sample.crop, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if not encoded:
        raise OSError(f"the picture of {path.name} cannot be encoded as JPEG")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.tobytes())
