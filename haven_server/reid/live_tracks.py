"""Which tracks are alive, who they are and whom they were seen with: FrameOutcome -> identities they cannot be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from haven_server.types import BoxXYXY, Confidence, FrameOutcome, TrackSpan


@dataclass(frozen=True, slots=True)
class Deferred:
    """Why nobody could tell who a track is when it was looked at last.

    Attributes:
        at: when that was, ns.
        detail: the decision to wait, as the ledger keeps decisions.
    """

    at: int
    detail: Mapping[str, Any]


@dataclass(slots=True)
class LiveTrack:
    """One track until its end.

    Attributes:
        global_id: whom it was decided for, None while undecided; changes by a correction only. A merge changes nothing
            here: who that identity is taken for, the gallery tells.
        confidence: of that; may rise. Once it is high, by a face or an operator's word, no face corrects it.
        founded: True when the identity was made for this track.
        taught: ids of the embeddings by which its identity remembers it; some may have been forgotten since.
        companions: track ids seen in the same picture as this one, still alive.
        barred: identities of companions that have ended, by their track ids.
        rejected: identities that an operator said it is not, with the number of the correction that says so.
        since: when it was first seen, ns.
        deferred: the newest decision to wait; None before there was one, and once the track is decided.
        began: where, (4,) xyxy, source pixels; None: nobody said.
    """

    global_id: int | None = None
    confidence: Confidence | None = None
    founded: bool = False
    taught: set[int] = field(default_factory=set)
    companions: set[int] = field(default_factory=set)
    barred: dict[int, int] = field(default_factory=dict)
    rejected: dict[int, int] = field(default_factory=dict)
    since: int = 0
    deferred: Deferred | None = None
    began: BoxXYXY | None = None

    def become(self, global_id: int, confidence: Confidence | None, founded: bool) -> None:
        """Give the track an identity, its first or another one, which it has not taught anything yet."""
        self.global_id, self.confidence, self.founded = global_id, confidence, founded
        self.taught = set()
        self.deferred = None


class LiveTracks:
    """The live tracks of all cameras. Two tracks once seen in the same picture are never one person."""

    def __init__(self) -> None:
        self._cameras: dict[str, dict[int, LiveTrack]] = {}

    def observe(self, outcome: FrameOutcome) -> list[tuple[int, BoxXYXY]]:
        """Note who is in one picture.

        Returns:
            The identities among them that are known, ascending, each with its place.
        """
        tracks = self._cameras.setdefault(outcome.camera_id, {})
        boxes = {track.track_id: track.box for track in outcome.tracks}
        for track_id, box in boxes.items():
            track = tracks.setdefault(track_id, LiveTrack(since=outcome.captured_at, began=box))
            track.companions |= boxes.keys()
            track.companions.discard(track_id)
        known = ((tracks[one].global_id, box) for one, box in boxes.items())
        return sorted(((who, box) for who, box in known if who is not None), key=lambda one: one[0])

    def find(self, camera_id: str, track_id: int) -> LiveTrack | None:
        """Return a track; None: it does not live."""
        return self._cameras.get(camera_id, {}).get(track_id)

    def each(self) -> Iterator[tuple[str, int, LiveTrack]]:
        """Give out all of them with camera and track id."""
        for camera_id, tracks in self._cameras.items():
            for track_id, track in tracks.items():
                yield camera_id, track_id, track

    def get(self, camera_id: str, track_id: int) -> LiveTrack:
        """Return a track, a blank one if it was never observed."""
        return self._cameras.setdefault(camera_id, {}).setdefault(track_id, LiveTrack())

    def barred(self, camera_id: str, track_id: int) -> frozenset[int]:
        """Return identities a track cannot be, because they were seen beside it."""
        tracks = self._cameras[camera_id]
        track = tracks[track_id]
        beside = (tracks[companion].global_id for companion in track.companions)
        known = (global_id for global_id in beside if global_id is not None)
        return frozenset(track.rejected.keys()).union(known, track.barred.values())

    def held(self, camera_id: str, track_id: int) -> frozenset[int]:
        """Return identities of a camera's other live tracks."""
        others = (track for other, track in self._cameras[camera_id].items() if other != track_id)
        return frozenset(track.global_id for track in others if track.global_id is not None)

    def end(self, camera_id: str, track_id: int) -> tuple[int, ...]:
        """Forget a track; its companions remember who it was.

        Returns:
            Those companions, ascending.
        """
        tracks = self._cameras[camera_id]
        ended = tracks.pop(track_id)
        for companion in ended.companions:
            tracks[companion].companions.discard(track_id)
            if ended.global_id is not None:
                tracks[companion].barred[track_id] = ended.global_id
        if not tracks:
            del self._cameras[camera_id]
        return tuple(sorted(ended.companions))

    def hand_on(self, ended: TrackSpan, global_id: int) -> None:
        """Have the companions of an ended track remember that it was somebody else."""
        for track in self._cameras.get(ended.camera_id, {}).values():
            # Numbers begin anew with the server: before its companion began, the same one was another track.
            if ended.track_id in track.barred and ended.last_seen is not None and ended.last_seen >= track.since:
                track.barred[ended.track_id] = global_id
