"""Which tracks an order is about, and who they are: TrackName -> Subject. Tracks live, or have ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from haven_server.errors import NotFoundError
from haven_server.ports import Ledger
from haven_server.reid.gallery import Gallery
from haven_server.reid.live_tracks import Deferred, LiveTrack, LiveTracks
from haven_server.types import Identification, TrackName, TrackSpan


@dataclass(frozen=True, slots=True)
class Subject:
    """A track that an order names: whom it was decided for, and itself while it lives."""

    span: TrackSpan
    decided_id: int | None
    track: LiveTrack | None


class Subjects:
    """Finds tracks, and tells who they are taken for. The store is up to date.

    Args:
        tracks: the resolver's.
    """

    def __init__(self, gallery: Gallery, tracks: LiveTracks, ledger: Ledger) -> None:
        self._gallery = gallery
        self._tracks = tracks
        self._ledger = ledger

    def find(self, name: TrackName) -> Subject:
        """Find a track.

        Raises:
            NotFoundError: there is none, or nobody could tell who it is.
        """
        live = self._find_live(name)
        if live is not None:
            return Subject(TrackSpan(name.camera_id, name.track_id, live.since), live.global_id, live)
        ended = self._ledger.ended_track(name)
        if ended is None:
            raise NotFoundError(f"{name}: no such track was recognised; see its camera's events for those that were")
        span = TrackSpan(name.camera_id, name.track_id, ended.first_seen, ended.last_seen)
        return Subject(span, ended.decided_id or ended.global_id, None)

    def deferred(self, name: TrackName) -> Deferred | None:
        """Say why a live track waits to be decided; None for any other track.

        Raises:
            NotFoundError: the track was not looked at yet.
        """
        live = self._find_live(name)
        if live is None or live.global_id is not None:
            return None
        if live.deferred is None:
            raise NotFoundError(f"{name}: nothing was decided on it yet; ask again when it has been in view for longer")
        return live.deferred

    def namesakes(self, name: TrackName, global_id: int) -> str:
        """Say how to name what an identity has of a track's number, which earlier servers gave as well."""
        rows = self._ledger.tracks_of(global_id)
        ends = [row.last_seen for row in rows if (row.camera_id, row.track_id) == (name.camera_id, name.track_id)]
        if not ends:
            return "list its events to see which are"
        choice = " or ".join(f"{name.camera_id}:{name.track_id}@{_write(end)}" for end in ends)
        return f"its own of that number was followed at another time, name it {choice}"

    def who(self, subject: Subject) -> int | None:
        """Say who a track is taken for; None while undecided."""
        return None if subject.decided_id is None else self._gallery.root(subject.decided_id)

    def who_is_who(self) -> dict[tuple[str, int], int]:
        """Say who every live track is taken for, where that is decided."""
        return {
            (camera_id, track_id): self._gallery.root(track.global_id)
            for camera_id, track_id, track in self._tracks.each()
            if track.global_id is not None
        }

    def identify(self, before: dict[tuple[str, int], int]) -> tuple[Identification, ...]:
        """Say of live tracks that are somebody else than ``before`` who that is."""
        changed = {key: who for key, who in self.who_is_who().items() if before.get(key, who) != who}
        return tuple(
            Identification(*key, who, self._tracks.get(*key).confidence, final=False) for key, who in changed.items()
        )

    def count_tracks(self, global_id: int) -> int:
        """Count the tracks of a person, live and ended."""
        live = sum(who == global_id for who in self.who_is_who().values())
        return live + len(self._ledger.tracks_of(global_id))

    def _find_live(self, name: TrackName) -> LiveTrack | None:
        live = self._tracks.find(name.camera_id, name.track_id)
        return None if live is None or (name.at is not None and name.at < live.since) else live


def _write(instant: int) -> str:
    """Write a time as people type it, to the microsecond before it."""
    return (datetime.fromtimestamp(0, UTC) + timedelta(microseconds=instant // 1000)).isoformat()
