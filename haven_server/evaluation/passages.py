"""Say whom each track followed: Comparison -> Passage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from haven_server.evaluation.comparison import Comparison

Rows = npt.NDArray[np.intp]
"""Which rows of what was found."""
LEAST_SHARE = 0.25
"""Of its frames that a track must be on people to be one of theirs; it may lose them and stay where nobody is."""
LEAST_FRAMES = 5
"""Frames on another person from which a track counts as gone over to them; less is a brush in passing."""


@dataclass(frozen=True, slots=True)
class FilmClock:
    """When the frames of a film were taken.

    Attributes:
        start_s: of its beginning, on the clock that all cameras share.
        frame_s: from one frame to the next.
    """

    start_s: float
    frame_s: float

    def at(self, frame: int) -> float:
        """Seconds on the shared clock at a frame, counted from 1."""
        return self.start_s + (frame - 1) * self.frame_s


@dataclass(frozen=True, slots=True)
class Passage:
    """One track with an id, from its first frame to its last.

    Attributes:
        track: its number within the camera.
        person: whom it followed for most of its frames on anybody; None: it is hardly ever on anybody.
        first_frame, last_frame: 1-based.
        frames: on that person, all where it is on nobody.
        gone_over: another person whom it followed for a while, too, and since when; None: nobody.
        from_s, to_s: on the clock that all cameras share.
    """

    camera_id: str
    track: int
    global_id: int
    person: int | None
    first_frame: int
    last_frame: int
    frames: int
    gone_over: tuple[int, float] | None
    from_s: float
    to_s: float


def passages(comparisons: Mapping[str, Comparison], clocks: Mapping[str, FilmClock]) -> list[Passage]:
    """List every judged track of every camera, by the time at which it begins; ties by camera and track."""
    listed = []
    for camera_id, comparison in comparisons.items():
        tracks = comparison.found.tracks
        for track in np.unique(tracks[comparison.judged]):
            rows = np.flatnonzero(comparison.judged & (tracks == track))
            listed.append(_passage(camera_id, comparison, rows, clocks[camera_id]))
    return sorted(listed, key=lambda passage: (passage.from_s, passage.camera_id, passage.track))


def _passage(camera_id: str, comparison: Comparison, rows: Rows, clock: FilmClock) -> Passage:
    """Describe the track of some rows, at least one."""
    found = comparison.found
    followed = rows[comparison.on_person[rows]]
    ranked = Counter(comparison.persons[followed].tolist()).most_common()
    on_somebody = len(followed) >= LEAST_SHARE * len(rows)
    first, last = int(found.frames[rows].min()), int(found.frames[rows].max())
    return Passage(
        camera_id,
        int(found.tracks[rows[0]]),
        int(found.ids[rows[0]]),
        ranked[0][0] if on_somebody else None,
        first,
        last,
        ranked[0][1] if on_somebody else len(rows),
        _gone_over(comparison, followed, ranked, clock) if on_somebody else None,
        clock.at(first),
        clock.at(last),
    )


def _gone_over(
    comparison: Comparison, followed: Rows, ranked: list[tuple[int, int]], clock: FilmClock
) -> tuple[int, float] | None:
    """Name the person whom a track followed second most, and since when; None where that was short."""
    if len(ranked) < 2 or ranked[1][1] < LEAST_FRAMES:
        return None
    other = ranked[1][0]
    frames = comparison.found.frames[followed[comparison.persons[followed] == other]]
    return other, clock.at(int(frames.min()))
