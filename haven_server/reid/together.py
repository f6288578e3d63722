"""Whether two people were ever seen in one picture: ended tracks, live tracks -> where and as which tracks."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from haven_server.reid.live_tracks import LiveTracks
from haven_server.types import TrackletRow


def find_together(
    firsts: Iterable[TrackletRow], seconds: Iterable[TrackletRow]
) -> tuple[TrackletRow, TrackletRow] | None:
    """Find two ended tracks, one of each person, that one picture showed; None: there are none.

    Of two tracks that were seen together, whichever ended first has the other among its companions.
    """
    others: dict[tuple[str, int], list[TrackletRow]] = {}
    companions: dict[tuple[str, int], list[TrackletRow]] = {}
    for row in seconds:
        others.setdefault((row.camera_id, row.track_id), []).append(row)
        for companion in row.companions:
            companions.setdefault((row.camera_id, companion), []).append(row)
    for first in firsts:
        beside = [row for companion in first.companions for row in others.get((first.camera_id, companion), ())]
        for second in (*beside, *companions.get((first.camera_id, first.track_id), ())):
            # Numbers begin anew with the server: the same ones may have been other tracks once.
            if first.first_seen <= second.last_seen and second.first_seen <= first.last_seen:
                return first, second
    return None


def find_together_now(tracks: LiveTracks, first: int, second: int, root: Callable[[int], int]) -> str | None:
    """Return the camera in which a live track of one person was seen beside the other; None without."""
    pair = {first, second}
    for camera_id, track_id, track in tracks.each():
        who = None if track.global_id is None else root(track.global_id)
        if who in pair and pair - {who} & {root(one) for one in tracks.barred(camera_id, track_id)}:
            return camera_id
    return None
