"""The gait descriptor against its twin, on walks whose answer is known, and on bad input."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from haven_core import reference_gait
from haven_core.gait import DIMENSION, describe

Poses = npt.NDArray[np.float32]
Times = npt.NDArray[np.int64]

SEEN = 0.5
SPECTRA = slice(104, 128)
DEVIATIONS = [*range(16, 32), *range(66, 100), 102, 103]
FREQUENCIES_HZ = 0.4 + 0.2 * np.arange(8)
BODY = np.array(
    [(50, 10), (47, 8), (53, 8), (44, 9), (56, 9), (35, 30), (65, 30), (30, 50), (70, 50), (28, 70), (72, 70),
     (42, 75), (58, 75), (41, 105), (59, 105), (40, 135), (60, 135)],
    np.float32,
)  # fmt: skip
"""Somebody who stands, px; the trunk is 45 long."""
KNEES, ANKLES, WRISTS = [13, 14], [15, 16], [9, 10]


def clock(count: int, hz: float = 12.0) -> Times:
    return 1_700_000_000_000_000_000 + (np.arange(count) * 1e9 / hz).astype(np.int64)


def walk(swing_hz: float = 1.0, speed: float = 20.0, count: int = 15) -> tuple[Poses, Times]:
    """Somebody who glides along at px/s and swings the legs."""
    times = clock(count)
    seconds = (times - times[0])[:, np.newaxis] * 1e-9
    poses = np.concatenate((np.tile(BODY, (count, 1, 1)), np.ones((count, 17, 1), np.float32)), axis=2)
    poses[:, :, 0] += speed * seconds
    for points, width in ((KNEES, 5), (ANKLES, 12), (WRISTS, -6)):
        poses[:, points, 0] += width * np.sin(2 * np.pi * swing_hz * seconds + [0, np.pi])
    return poses, times


@st.composite
def windows(draw: st.DrawFn) -> tuple[Poses, Times, int]:
    """Poses on a coarse grid, so that points coincide and limbs stand still, with keypoints that are missing."""
    count = draw(st.integers(1, 12))
    places = draw(arrays.arrays(np.float32, (count, 17, 2), elements=st.sampled_from([0.0, 1.0, 2.5, 40.0, 900.0])))
    scores = draw(arrays.arrays(np.float32, (count, 17, 1), elements=st.sampled_from([1.0, 1.0, 1.0, 0.5, 0.25])))
    places[(scores < SEEN)[:, :, 0]] = draw(st.sampled_from([np.nan, np.inf, 7.0]))
    steps = draw(arrays.arrays(np.int64, count, elements=st.integers(1, 10**9)))
    return np.concatenate((places, scores), axis=2), steps.cumsum(), draw(st.integers(2, 5))


@settings(deadline=None)
@given(windows())
def test_any_window_is_described_as_the_twin_does(window: tuple[Poses, Times, int]) -> None:
    poses, times, least_poses = window
    values, known = describe(poses, times, SEEN, least_poses)
    wanted, wanted_known = reference_gait.describe(poses, times, SEEN, least_poses)
    assert np.array_equal(known, wanted_known)
    assert values == pytest.approx(wanted, rel=1e-5, abs=1e-5)


def test_a_walk_with_jitter_is_described_as_the_twin_does() -> None:
    poses, times = walk()
    poses[:, :, :2] += np.random.default_rng(1).normal(0, 2, (15, 17, 2))
    values, known = describe(poses, times, SEEN, 5)
    wanted, _ = reference_gait.describe(poses, times, SEEN, 5)
    assert known.all() and values.shape == (DIMENSION,)
    assert values == pytest.approx(wanted, rel=1e-5, abs=1e-6)


def test_place_scale_and_direction_in_the_picture_do_not_matter() -> None:
    poses, times = walk()
    values, _ = describe(poses, times, SEEN, 5)
    other = poses.copy()
    other[:, :, :2] = 3 * other[:, :, :2] * (-1, 1) + (800, 120)
    assert describe(other, times, SEEN, 5)[0] == pytest.approx(values, abs=1e-5)


def test_lengths_are_in_trunks() -> None:
    poses, times = walk(speed=0)
    values, _ = describe(poses, times, SEEN, 5)
    upper_arm, shoulders, hips = values[[0, 8, 9]]
    assert upper_arm == pytest.approx(np.hypot(5, 20) / 45)
    assert (shoulders, hips) == pytest.approx((30 / 45, 16 / 45))


def test_somebody_who_stands_still_has_no_deviation_and_no_cadence() -> None:
    poses, times = walk()
    poses[:] = poses[0]
    values, known = describe(poses, times, SEEN, 5)
    assert values[DEVIATIONS] == pytest.approx(np.zeros(len(DEVIATIONS)), abs=1e-9) and known[DEVIATIONS].all()
    assert not known[SPECTRA].any() and not values[SPECTRA].any()


@pytest.mark.parametrize("speed", [30.0, -30.0])
def test_the_course_is_the_speed_of_the_hips_either_way(speed: float) -> None:
    poses, times = walk(speed=speed)
    values, _ = describe(poses, times, SEEN, 5)
    assert values[100:104] == pytest.approx([30 / 45, 0, 0, 0], abs=1e-5)


@pytest.mark.parametrize("swing_hz", [0.8, 1.0, 1.2])
def test_a_swing_of_the_legs_shows_at_its_frequency(swing_hz: float) -> None:
    poses, times = walk(swing_hz, count=37)
    ankles = describe(poses, times, SEEN, 5)[0][SPECTRA][:8]
    assert FREQUENCIES_HZ[ankles.argmax()] == pytest.approx(swing_hz)
    assert 0.4 < ankles.max() <= 0.5  # the other half of a real swing turns the other way round


def test_what_is_seldom_seen_is_unknown_and_the_rest_is_as_if_it_were_seen() -> None:
    poses, times = walk()
    values, _ = describe(poses, times, SEEN, 5)
    poses[4:, 9] = (np.nan, np.nan, 0.1)
    partly, known = describe(poses, times, SEEN, 5)
    left_forearm, left_wrist, wrists = [2, 18], [50, 51, 84, 85], range(120, 128)
    assert np.flatnonzero(~known).tolist() == sorted([*left_forearm, *left_wrist, *wrists])
    assert not partly[~known].any()
    assert np.array_equal(partly[known], values[known])


def test_a_pose_without_a_whole_trunk_is_passed_over() -> None:
    poses, times = walk()
    poses[3, 11, 2] = 0
    rest = np.delete(np.arange(15), 3)
    assert np.array_equal(
        describe(poses, times, SEEN, 5)[0], describe(np.ascontiguousarray(poses[rest]), times[rest], SEEN, 5)[0]
    )


@pytest.mark.parametrize("fault", ["too few poses", "no trunk"])
def test_nothing_is_known_without_a_scale(fault: str) -> None:
    poses, times = walk()
    if fault == "no trunk":
        poses[:, [5, 6], :2] = poses[:, [11, 12], :2]
    values, known = describe(poses, times, SEEN, 16 if fault == "too few poses" else 5)
    assert not known.any() and not values.any()


def test_times_may_span_all_that_an_int64_can_say() -> None:
    poses, _ = walk(count=2)
    values, _ = describe(poses, np.array([-(2**63), 2**63 - 1]), SEEN, 2)
    assert np.isfinite(values).all()


POSES, TIMES = walk()


def changed(place: tuple[int, ...], value: float) -> Poses:
    poses = POSES.copy()
    poses[place] = value
    return poses


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((None, TIMES, SEEN, 5), r"poses: wanted \(T, 17, 3\) float32, contiguous, got NoneType"),
        ((POSES.astype(np.float64), TIMES, SEEN, 5), r"poses: wanted .*, got \(15, 17, 3\) float64"),
        ((POSES[:, :16], TIMES, SEEN, 5), r"poses: wanted .*, got \(15, 16, 3\) float32, not contiguous"),
        ((POSES[:0], TIMES[:0], SEEN, 5), r"poses: wanted .*, got \(0, 17, 3\) float32"),
        ((changed((2, 3, 0), np.nan), TIMES, SEEN, 5), "poses: wanted .*nan.* as keypoint 3 of pose 2"),
        ((changed((2, 3, 1), 1e10), TIMES, SEEN, 5), "poses: wanted .*within 1e.09 px.* as keypoint 3 of pose 2"),
        ((changed((2, 3, 2), np.nan), TIMES, SEEN, 5), "poses: wanted scores that are numbers .* keypoint 3 of pose 2"),
        ((POSES, TIMES[:-1], SEEN, 5), r"times: wanted \(15,\) int64, contiguous, got \(14,\) int64"),
        ((POSES, TIMES.astype(float), SEEN, 5), r"times: wanted \(15,\) int64, contiguous, got \(15,\) float64"),
        ((POSES, TIMES[::-1].copy(), SEEN, 5), "times: wanted ascending ns, got 17"),
        ((POSES, np.repeat(TIMES[0], 15), SEEN, 5), "times: wanted ascending ns, got 17"),
        ((POSES, TIMES, np.nan, 5), r"least_score: wanted a number in \[0, 1\], got nan"),
        ((POSES, TIMES, 1.5, 5), r"least_score: wanted a number in \[0, 1\], got 1.5"),
        ((POSES, TIMES, SEEN, 1), "least_poses: wanted at least 2, got 1"),
    ],
)
def test_a_bad_window_is_refused_by_name(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        describe(*arguments)
