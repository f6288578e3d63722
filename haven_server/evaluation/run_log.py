"""Remember who was where during a run, for the report and the annotated videos: live tracks -> TrackRecord."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from haven_server.evaluation.motchallenge import FoundBoxes
from haven_server.evaluation.passages import FilmClock
from haven_server.types import NANOSECONDS, Confidence, Identification, Track

Instant: TypeAlias = tuple[int, int]
"""Index of a frame, and when it was captured, ns since the Unix epoch."""


@dataclass(frozen=True, slots=True, eq=False)
class Sighting:
    """One track in one frame."""

    frame_index: int
    track: Track


@dataclass(slots=True, eq=False)
class TrackRecord:
    """One track from its first frame to its last.

    Attributes:
        global_id: final once the track has ended; None for a track nobody could recognise.
        reason: of the last decision on it, in words; empty where none is known.
    """

    camera_id: str
    track_id: int
    sightings: list[Sighting] = field(default_factory=list)
    global_id: int | None = None
    confidence: Confidence | None = None
    reason: str = ""


class RunLog:
    """Every track of a run. Grows with the run: meant for files, not for cameras that never end.

    Attributes:
        positions: frames of each camera's source that are behind it, skipped ones included.
    """

    def __init__(self) -> None:
        self._tracks: dict[tuple[str, int], TrackRecord] = {}
        self.positions: dict[str, int] = {}
        self._spans: dict[str, tuple[Instant, Instant]] = {}

    def see(self, camera_id: str, frame_index: int, captured_at: int, tracks: tuple[Track, ...]) -> None:
        """Note one frame of one camera."""
        self.positions[camera_id] = frame_index + 1
        instant = (frame_index, captured_at)
        self._spans[camera_id] = (self._spans.get(camera_id, (instant, instant))[0], instant)
        for track in tracks:
            self.record(camera_id, track.track_id).sightings.append(Sighting(frame_index, track))

    def identify(self, identification: Identification) -> TrackRecord:
        """Note who a track is."""
        record = self.record(identification.camera_id, identification.track_id)
        record.global_id, record.confidence = identification.global_id, identification.confidence
        return record

    def explain(self, camera_id: str | None, track_id: int | None, detail: Mapping[str, Any]) -> None:
        """Note why a track got its id, if that is what an event's detail tells; of several the last counts."""
        if camera_id is not None and track_id is not None and "reason" in detail:
            self.record(camera_id, track_id).reason = str(detail["reason"])

    def clock(self, camera_id: str, run_start: int) -> FilmClock:
        """Say when a camera's frames were taken, evenly between its first and its last.

        Args:
            run_start: ns since the Unix epoch, from which seconds count.
        """
        origin = (0, run_start)
        (first, first_at), (last, last_at) = self._spans.get(camera_id, (origin, origin))
        frame_s = (last_at - first_at) / max(last - first, 1) / NANOSECONDS
        return FilmClock((first_at - run_start) / NANOSECONDS - first * frame_s, frame_s)

    def found(self, camera_id: str) -> FoundBoxes:
        """List the boxes of one camera's tracks that have an id, as a MOT file does."""
        return FoundBoxes.of(
            (sighting.frame_index + 1, record.track_id, record.global_id, sighting.track.box)
            for record in self.tracks(camera_id)
            if record.global_id is not None
            for sighting in record.sightings
        )

    def tracks(self, camera_id: str | None = None) -> list[TrackRecord]:
        """All tracks, or one camera's, by camera and track id."""
        records = (self._tracks[key] for key in sorted(self._tracks))
        return [record for record in records if camera_id in (None, record.camera_id)]

    def people(self, camera_id: str | None = None) -> tuple[int, ...]:
        """Global ids seen, ascending."""
        return tuple(sorted({r.global_id for r in self.tracks(camera_id) if r.global_id is not None}))

    def by_frame(self, camera_id: str) -> dict[int, list[tuple[TrackRecord, Track]]]:
        """One camera's tracks by frame index, for drawing."""
        frames: dict[int, list[tuple[TrackRecord, Track]]] = defaultdict(list)
        for record in self.tracks(camera_id):
            for sighting in record.sightings:
                frames[sighting.frame_index].append((record, sighting.track))
        return frames

    def record(self, camera_id: str, track_id: int) -> TrackRecord:
        """Return one track's record; a new one where it has not been seen yet."""
        return self._tracks.setdefault((camera_id, track_id), TrackRecord(camera_id, track_id))
