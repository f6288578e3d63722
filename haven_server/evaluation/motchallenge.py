"""Read who was where from MOTChallenge text: path -> TrueBoxes, FoundBoxes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from haven_server.errors import InvalidInputError
from haven_server.types import BoxesXYXY

RESUMED_WITHIN = 15
"""Frames that a track may be out of sight in a file; rows of one id that are further apart are two tracks."""

Numbers = npt.NDArray[np.int64]
"""(N,) int64."""


@dataclass(frozen=True, slots=True, eq=False)
class TrueBoxes:
    """Who truly is in one camera's film, row by row.

    Attributes:
        frames: (N,) 1-based.  persons: (N,) global ids of the truth.
        boxes: (N, 4) float32 xyxy px.
        counts: (N,) bool; False: nobody needs to find this one, and whoever finds it is not blamed.
    """

    frames: Numbers
    persons: Numbers
    boxes: BoxesXYXY
    counts: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class FoundBoxes:
    """What was found in one camera's film, row by row; only of tracks with an id.

    Attributes:
        frames: (N,) 1-based.  tracks: (N,) number of the track.  ids: (N,) global ids.
        boxes: (N, 4) float32 xyxy px.
    """

    frames: Numbers
    tracks: Numbers
    ids: Numbers
    boxes: BoxesXYXY

    @classmethod
    def of(cls, rows: Iterable[tuple[int, int, int, BoxesXYXY]]) -> FoundBoxes:
        """Gather rows of frame, track, id and box (4,)."""
        listed = list(rows)
        numbers = np.array([row[:3] for row in listed], np.int64).reshape(-1, 3)
        boxes = np.array([row[3] for row in listed], np.float32).reshape(-1, 4)
        return cls(numbers[:, 0], numbers[:, 1], numbers[:, 2], boxes)


def read_truth(folder: Path, cameras: Iterable[str]) -> dict[str, TrueBoxes]:
    """Read the ground truth ``CAM.txt`` of some cameras: frame, person, x, y, w, h, counts, class, visibility.

    Raises:
        InvalidInputError: a file is missing, or has a line that is no such row; the message names both.
    """
    return {camera_id: _truth(folder / f"{camera_id}.txt") for camera_id in cameras}


def read_found(folder: Path, cameras: Iterable[str]) -> dict[str, FoundBoxes]:
    """Read results ``CAM.txt`` of some cameras: frame, id, x, y, w, h, and what else there is, which is ignored.

    Raises:
        InvalidInputError: a file is missing, or has a line that is no such row; the message names both.
    """
    return {camera_id: _found(folder / f"{camera_id}.txt") for camera_id in cameras}


def _truth(path: Path) -> TrueBoxes:
    rows = _rows(path, 7)
    truth = TrueBoxes(rows[:, 0].astype(np.int64), rows[:, 1].astype(np.int64), _corners(rows), rows[:, 6] != 0)
    places, counts = np.unique(rows[:, :2], axis=0, return_counts=True)
    if np.any(counts > 1):
        frame, person = places[counts > 1][0]
        raise InvalidInputError(
            f"{path}: person {person:.0f} is twice in frame {frame:.0f}; a person has one box a frame"
        )
    return truth


def _found(path: Path) -> FoundBoxes:
    rows = _rows(path, 6)
    frames, ids = rows[:, 0].astype(np.int64), rows[:, 1].astype(np.int64)
    # A track's rows stand together, for they are written when it ends.
    steps = np.diff(frames)
    begins = (np.diff(ids) != 0) | (steps <= 0) | (steps > RESUMED_WITHIN)
    tracks = np.concatenate([[1], 1 + np.cumsum(begins)])[: len(rows)].astype(np.int64)
    return FoundBoxes(frames, tracks, ids, _corners(rows))


def _corners(rows: npt.NDArray[np.float64]) -> BoxesXYXY:
    return np.concatenate([rows[:, 2:4], rows[:, 2:4] + rows[:, 4:6]], axis=1).astype(np.float32)


def _rows(path: Path, least: int) -> npt.NDArray[np.float64]:
    """Read comma-separated numbers, of which each line has ``least`` or more; only those are returned."""
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInputError(
            f"{path}: cannot be read ({error}): wanted MOTChallenge text, one file a camera"
        ) from error
    rows = [_row(path, number, line, least) for number, line in enumerate(lines, 1) if line.strip()]
    return np.array(rows, np.float64).reshape(-1, least)


def _row(path: Path, number: int, line: str, least: int) -> list[float]:
    try:
        values = [float(word) for word in line.split(",")[:least]]
    except ValueError:
        values = []
    sound = len(values) == least and np.isfinite(values).all() and values[0] >= 1 and min(values[4:6]) >= 0
    if not sound:
        raise InvalidInputError(
            f"{path}:{number}: {line!r} is no row of {least} numbers: frame from 1, id, x, y, width, height …"
        )
    return values
