"""Boxes -> tracks, within one camera."""

from haven_server.settings import TrackerSettings
from haven_server.tracking.botsort import BotSort
from haven_server.tracking.bytetrack import ByteTrack
from haven_server.tracking.tracker import Places, Tracker

__all__ = ["Places", "Tracker", "make_tracker"]

TRACKERS = {"bytetrack": ByteTrack, "botsort": BotSort}


def make_tracker(camera_id: str, settings: TrackerSettings, new_track_thresh: float, live: bool = False) -> Tracker:
    """Make the tracker that the settings name, without tracks.

    Args:
        new_track_thresh: least score that may start a track, [0, 1].
        live: frames may be missing; what the settings leave open is then set for that, see `Tracker`.
    """
    kind = TRACKERS[settings.type]
    return kind(camera_id, settings, new_track_thresh, live)
