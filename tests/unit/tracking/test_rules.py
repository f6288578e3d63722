"""HAVEN's own rules beside the reference's, in both trackers."""

from __future__ import annotations

import numpy as np
import pytest

from haven_server.settings import TrackerSettings
from haven_server.tracking import Tracker, make_tracker
from haven_server.types import NANOSECONDS, Detections

BOTH = pytest.mark.parametrize("kind", ["bytetrack", "botsort"])
RULES = pytest.mark.parametrize(("rules", "is_found"), [("haven", True), ("reference", False)])


def tracker(kind: str, rules: str | None, live: bool = False, motion_dt: str | None = None) -> Tracker:
    settings = TrackerSettings.model_validate({"type": kind, "rules": rules, "motion_dt": motion_dt})
    return make_tracker("hall", settings, 0.6, live)


def person(x: float, score: float = 0.9, width: float = 40) -> Detections:
    """Somebody 100 px high, by the left edge."""
    return Detections(np.array([[x, 50, x + width, 150]], np.float32), np.array([score], np.float32))


NOBODY = Detections(np.empty((0, 4), np.float32), np.empty(0, np.float32))


def show(tracker: Tracker, frames: list[Detections], rate: int = 30) -> list[int]:
    """Hand on frames; return the ids that are visible in the last one."""
    for number, detections in enumerate(frames):
        update = tracker.update(detections, number * NANOSECONDS // rate)
    return [int(number) for number in update.ids]


@BOTH
@RULES
def test_a_doubtful_box_finds_somebody_lost_by_own_rules(kind: str, rules: str, is_found: bool) -> None:
    frames = [*[person(10)] * 3, NOBODY, NOBODY, person(10, score=0.3)]
    assert show(tracker(kind, rules), frames) == ([1] if is_found else [])


@BOTH
def test_by_own_rules_a_track_lags_less_behind_a_walker_the_fewer_frames_there_are(kind: str) -> None:
    def lag(rules: str, rate: int) -> float:
        follower = tracker(kind, rules, motion_dt="seconds")
        show(follower, [*[person(10)] * 10, *[person(10 + 20 * step) for step in range(1, 4)]], rate)
        (track,) = follower.remembered()
        return 70 - float(track.box[0])

    assert 0 < lag("haven", 5) < lag("haven", 10) < lag("haven", 20)
    assert lag("reference", 5) == lag("reference", 10) == lag("reference", 20)


@RULES
def test_bytetrack_follows_a_width_that_changes_by_own_rules(rules: str, is_found: bool) -> None:
    follower = tracker("bytetrack", rules)
    show(follower, [*[person(100)] * 5, person(80, width=80)])
    (track,) = follower.remembered()
    assert (track.box[2] - track.box[0] > 60) == is_found


@BOTH
@pytest.mark.parametrize(("live", "told"), [(True, [1]), (False, [])])
def test_own_rules_are_for_live_cameras_unless_the_settings_say_otherwise(
    kind: str, live: bool, told: list[int]
) -> None:
    frames = [*[person(10)] * 3, NOBODY, NOBODY, person(10, score=0.3)]
    assert show(tracker(kind, None, live), frames) == told
    assert show(tracker(kind, "reference", live), frames) == []


@BOTH
def test_a_camera_that_comes_back_as_a_file_is_followed_as_files_are_and_its_ids_go_on(kind: str) -> None:
    frames = [*[person(10)] * 3, NOBODY, NOBODY, person(10, score=0.3)]
    follower = tracker(kind, None, live=True)
    assert show(follower, frames) == [1]
    assert follower.reconnect(live=False) == (1,)
    assert show(follower, frames) == []
    follower.reconnect(live=True)
    assert show(follower, frames) == [3]
