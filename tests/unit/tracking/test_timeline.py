"""Frames as points in time, by the clock and by their number."""

from __future__ import annotations

import numpy as np
import pytest

from haven_server.settings import TrackerSettings
from haven_server.tracking import make_tracker
from haven_server.tracking.timeline import Timeline
from haven_server.types import NANOSECONDS, Detections

STEP = NANOSECONDS // 10


def elapsed(times: list[int], in_seconds: bool = True, buffer_s: float = 5) -> list[float]:
    timeline, found = Timeline("hall", buffer_s, in_seconds), []
    for time in times:
        found.append(timeline.elapsed(time))
        timeline.accept(time)
    return found


def test_frames_that_are_missing_have_gone_by_on_the_clock() -> None:
    frames = [0, 1, 2, 3, 6, 7, 9]
    assert elapsed([frame * STEP for frame in frames]) == [1, 1, 1, 1, 3, 1, 2]
    assert elapsed([frame * STEP for frame in frames], in_seconds=False) == [1] * 7


def test_two_frames_of_one_instant_are_no_time_apart() -> None:
    assert elapsed([0, STEP, STEP, 2 * STEP]) == [1, 1, 0, 1]


def test_a_long_silence_counts_as_the_buffer() -> None:
    assert elapsed([0, STEP, 2 * STEP, 10**6 * STEP], buffer_s=2)[-1] == 20


def test_a_camera_that_slows_down_for_good_has_a_new_usual_gap() -> None:
    times = [k * STEP for k in range(20)] + [19 * STEP + 2 * k * STEP for k in range(1, 40)]
    found = elapsed(times)
    assert (found[20], found[-1]) == (2, 1)


def test_by_the_clock_a_step_may_be_a_time_whatever_the_frame_rate() -> None:
    timeline = Timeline("hall", 5, in_seconds=True, step_s=0.05)
    found = []
    for frame in (0, 1, 2, 5):
        found.append(timeline.elapsed(frame * STEP))
        timeline.accept(frame * STEP)
    assert found == [1, 2, 2, 6]


def test_frames_older_than_the_buffer_are_forgotten() -> None:
    timeline = Timeline("hall", 0.3, in_seconds=False)
    oldest = []
    for frame in (0, 1, 2, 3, 4, 9):
        timeline.accept(frame * STEP)
        oldest.append(timeline.oldest)
    assert oldest == [1, 1, 1, 1, 2, 6]


def person(x: float) -> Detections:
    return Detections(np.array([[x, 50, x + 40, 150]], np.float32), np.full(1, 0.9, np.float32))


@pytest.mark.parametrize("kind", ["bytetrack", "botsort"])
@pytest.mark.parametrize(("live", "motion_dt", "found"), [(True, None, [1]), (False, None, []), (True, "frames", [])])
def test_a_walker_is_found_after_lost_frames_where_time_goes_by_the_clock(
    kind: str, live: bool, motion_dt: str | None, found: list[int]
) -> None:
    settings = TrackerSettings.model_validate({"type": kind, "motion_dt": motion_dt})
    tracker = make_tracker("hall", settings, 0.6, live=live)
    for frame in [*range(20), 27]:
        update = tracker.update(person(10 + 8 * frame), frame * STEP // 3)
    assert update.ids.tolist() == found


@pytest.mark.parametrize("kind", ["bytetrack", "botsort"])
def test_where_no_frame_is_missing_both_ways_of_time_agree(kind: str) -> None:
    by_clock, by_frame = (
        make_tracker("hall", TrackerSettings.model_validate({"type": kind, "motion_dt": motion_dt}), 0.6)
        for motion_dt in ("seconds", "frames")
    )
    for frame in range(20):
        found, expected = (one.update(person(10 + 8 * frame), frame * STEP) for one in (by_clock, by_frame))
        np.testing.assert_array_equal(found.boxes, expected.boxes)
