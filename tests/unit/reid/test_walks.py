"""Poses of a track, cut into windows."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest

from haven_server.reid.walks import KEPT_WINDOWS, Walks, judge_window
from haven_server.settings import GaitSettings
from haven_server.types import NANOSECONDS, Keypoints

STILL = 0.0
STRIDE_PX = 20.0


def pose(second: float, stride_px: float = STRIDE_PX, score: float = 0.9) -> Keypoints:
    """Somebody whose points all go by ``stride_px`` in a tenth of a second."""
    points = np.full((17, 3), score, np.float32)
    points[:, 0] = np.arange(17) + 10 * stride_px * second
    return points


def gathered(seconds: Iterable[float], stride_px: float = STRIDE_PX, length: int = 5) -> list[list[float]]:
    """Offer poses at these seconds; return the seconds of every window kept."""
    walks = Walks(GaitSettings(sequence_length=length))
    for second in seconds:
        walks.offer(round(second * NANOSECONDS), pose(second, stride_px))
    return [(window.times / NANOSECONDS).round(3).tolist() for window in walks.pick()]


def rate(hz: float, seconds: float) -> list[float]:
    return [number / hz for number in range(round(hz * seconds))]


@pytest.mark.parametrize("hz", [10.0, 25.0, 30.0, 60.0, 240.0])
def test_poses_are_about_a_tenth_of_a_second_apart_whatever_the_cameras_rate(hz: float) -> None:
    first = gathered(rate(hz, 1.2))[0]
    assert np.diff(first) == pytest.approx(np.full(4, 0.1), abs=0.021)


def test_windows_do_not_overlap() -> None:
    assert gathered(rate(10, 1.4)) == [[0.0, 0.1, 0.2, 0.3, 0.4], [0.5, 0.6, 0.7, 0.8, 0.9]]


def test_a_long_gap_begins_a_window_anew_and_a_short_one_does_not() -> None:
    assert gathered([0.0, 0.1, 0.2, 1.0, 1.1, 1.2, 1.3, 1.4]) == [[1.0, 1.1, 1.2, 1.3, 1.4]]
    assert gathered([0.0, 0.1, 0.4, 0.5, 0.6]) == [[0.0, 0.1, 0.4, 0.5, 0.6]]


def test_who_stands_still_has_no_walk() -> None:
    assert gathered(rate(10, 2), STILL) == []


def test_however_long_the_track_memory_is_bounded_and_the_best_windows_stay() -> None:
    walks = Walks(GaitSettings(sequence_length=5))
    for number, second in enumerate(rate(10, 30)):
        strides = (4.0, 6.0)[number // 5 in (7, 31)]
        walks.offer(round(second * NANOSECONDS), pose(second, strides))
    kept = walks.pick()
    assert len(kept) == KEPT_WINDOWS
    assert {3.5, 15.5} <= {float(window.times[0]) / NANOSECONDS for window in kept}
    assert [int(window.times[0]) for window in kept] == sorted(int(window.times[0]) for window in kept)


def judged(stride_px: float, score: float = 0.9) -> float:
    times = np.arange(5, dtype=np.int64) * NANOSECONDS // 10
    return judge_window(np.stack([pose(at / 10, stride_px, score) for at in range(5)]), times, min_motion=10.0).quality


def test_quality_falls_with_movement_and_with_what_is_not_seen() -> None:
    assert judged(100.0) == 1.0
    assert judged(10.0) == pytest.approx(np.sqrt(2) * 10 / 20)
    assert judged(5.0) == 0.0
    assert judged(100.0, score=0.1) == 0.0
