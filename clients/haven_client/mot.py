"""Write tracks as MOTChallenge text, one file per camera: boxes by track -> CAM.txt. Needs no other module."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO


class MOTWriter:
    """Collects the rows of live tracks and writes them when the track ends, with the id it has then.

    A row is ``frame,global_id,x,y,w,h,conf,-1,-1,-1``: frame 1-based, corner and size in source pixels. Tracks without
    an id have no rows. The same tracks give the same bytes, wherever they were followed.

    Args:
        folder: made if it is not there; a file that is there already is written anew.
        cameras: ids whose files are made at once, so that a camera in which nobody was seen has an empty one.
    Raises:
        OSError: the disk refuses a file; ``end`` and ``close`` raise it, too.
    """

    def __init__(self, folder: Path, cameras: Iterable[str] = ()) -> None:
        self._folder = folder
        self._rows: dict[tuple[str, int], list[tuple[int, float, float, float, float, float]]] = {}
        self._files: dict[str, IO[str]] = {}
        folder.mkdir(parents=True, exist_ok=True)
        try:
            for camera_id in cameras:
                self._file(camera_id)
        except OSError:
            self.close()
            raise

    def add(self, camera_id: str, frame_index: int, track_id: int, box: Sequence[float], score: float) -> None:
        """Note where a track is in one frame.

        Args:
            frame_index: 0-based, ascending per track.
            box: x1, y1, x2, y2, source px, float32 values.
            score: [0, 1].
        """
        x1, y1, x2, y2 = (float(edge) for edge in box)
        # Over the network a score is a float32; rounded here as well, both ways print the same digits.
        (conf,) = struct.unpack("f", struct.pack("f", score))
        self._rows.setdefault((camera_id, track_id), []).append((frame_index + 1, x1, y1, x2 - x1, y2 - y1, conf))

    def end(self, camera_id: str, track_id: int, global_id: int | None) -> None:
        """Write a track's rows under its final id, or forget them when it has none."""
        rows = self._rows.pop((camera_id, track_id), [])
        if global_id is None:
            return
        file = self._file(camera_id)
        for frame, x, y, w, h, conf in rows:
            file.write(f"{frame:d},{global_id:d},{x:.2f},{y:.2f},{w:.2f},{h:.2f},{conf:.4f},-1,-1,-1\n")

    def close(self) -> None:
        """Close the files; rows of tracks that have not ended are lost. Safe to call twice."""
        for file in self._files.values():
            file.close()
        self._files.clear()
        self._rows.clear()

    def _file(self, camera_id: str) -> IO[str]:
        if camera_id not in self._files:
            path = self._folder / f"{camera_id}.txt"
            self._files[camera_id] = path.open("w", encoding="ascii", newline="\n")
        return self._files[camera_id]
