"""Remember who was where during a run, for the report and the annotated videos: live tracks -> TrackRecord."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from haven_server.types import Confidence, Identification, Track


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
    """

    camera_id: str
    track_id: int
    sightings: list[Sighting] = field(default_factory=list)
    global_id: int | None = None
    confidence: Confidence | None = None


class RunLog:
    """Every track of a run. Grows with the run: meant for files, not for cameras that never end.

    Attributes:
        positions: frames of each camera's source that are behind it, skipped ones included.
    """

    def __init__(self) -> None:
        self._tracks: dict[tuple[str, int], TrackRecord] = {}
        self.positions: dict[str, int] = {}

    def see(self, camera_id: str, frame_index: int, tracks: tuple[Track, ...]) -> None:
        """Note one frame of one camera."""
        self.positions[camera_id] = frame_index + 1
        for track in tracks:
            self._record(camera_id, track.track_id).sightings.append(Sighting(frame_index, track))

    def identify(self, identification: Identification) -> TrackRecord:
        """Note who a track is."""
        record = self._record(identification.camera_id, identification.track_id)
        record.global_id, record.confidence = identification.global_id, identification.confidence
        return record

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

    def _record(self, camera_id: str, track_id: int) -> TrackRecord:
        return self._tracks.setdefault((camera_id, track_id), TrackRecord(camera_id, track_id))
