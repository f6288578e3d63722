"""The motion filter against the textbook's eight by eight one, by hand, and on bad input."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from haven_core import kalman, reference

BOX = np.array([[100, 100, 140, 200]], np.float32)
ROW = np.zeros(1, np.intp)


def blank(count: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Make the arrays of so many tracks, filled with a number no filter leaves behind."""
    return np.full((count, 8), 7e7), np.full((count, 4, 3), 7e7)


def drifting_boxes(random: np.random.Generator, count: int) -> npt.NDArray[np.float32]:
    """Draw (N, 4) boxes of 5 to 300 px."""
    corners, sides = random.uniform(-100, 1000, (count, 2)), random.uniform(5, 300, (count, 2))
    return np.hstack((corners, corners + sides)).astype(np.float32)


@pytest.mark.parametrize("by_width", [False, True])
@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1), st.integers(0, 6), st.lists(st.tuples(st.booleans(), st.floats(0, 5)), max_size=20))
def test_any_life_of_a_track_equals_the_eight_by_eight_filter(
    by_width: bool, seed: int, count: int, steps: list[tuple[bool, float]]
) -> None:
    random = np.random.default_rng(seed)
    mean, covariance = blank(count + 2)
    expected_mean, expected_covariance = blank(count + 2)
    rows = random.permutation(count + 2)[:count].astype(np.intp)
    boxes = drifting_boxes(random, count)
    kalman.initiate(mean, covariance, rows, boxes, by_width)
    reference.initiate(expected_mean, expected_covariance, rows, boxes, by_width)
    for visible, elapsed in steps:
        kalman.predict(mean, covariance, rows, elapsed, by_width)
        reference.predict(expected_mean, expected_covariance, rows, elapsed, by_width)
        if visible:
            boxes = boxes + random.normal(0, 1, (count, 4)).astype(np.float32)
            kalman.correct(mean, covariance, rows, boxes, by_width)
            reference.correct(expected_mean, expected_covariance, rows, boxes, by_width)
    np.testing.assert_allclose(mean, expected_mean, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(covariance, expected_covariance, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(
        kalman.to_boxes(mean, rows, by_width), reference.to_boxes(expected_mean, rows, by_width), rtol=1e-5, atol=1e-3
    )


def test_three_frames_at_once_are_three_frames_one_by_one() -> None:
    mean, covariance = blank(2)
    rows = np.arange(2)
    kalman.initiate(mean, covariance, rows, np.vstack((BOX, BOX)))
    mean[:, 4] = 5
    kalman.predict(mean, covariance, ROW, 3)
    for _ in range(3):
        kalman.predict(mean, covariance, ROW + 1)
    np.testing.assert_allclose(mean[0], mean[1])
    np.testing.assert_allclose(covariance[0], covariance[1])


@pytest.mark.parametrize("elapsed", [-1, np.nan, np.inf])
def test_a_time_that_is_none_is_refused(elapsed: float) -> None:
    mean, covariance = blank(1)
    with pytest.raises(ValueError, match=r"^elapsed: wanted a finite number of steps, 0 or more"):
        kalman.predict(mean, covariance, ROW, elapsed)
    assert (mean == 7e7).all()


def test_a_new_track_rests_on_its_box() -> None:
    mean, covariance = blank(1)
    kalman.initiate(mean, covariance, ROW, BOX)
    assert mean.tolist() == [[120, 150, 0.4, 100, 0, 0, 0, 0]]
    np.testing.assert_array_equal(kalman.to_boxes(mean, ROW), BOX)
    kalman.predict(mean, covariance, ROW)
    np.testing.assert_array_equal(kalman.to_boxes(mean, ROW), BOX)


def test_a_steady_walk_is_foretold_to_a_tenth_of_a_pixel() -> None:
    mean, covariance = blank(1)
    kalman.initiate(mean, covariance, ROW, BOX)
    step = np.array([4, 1, 4, 1], np.float32)
    for frame in range(1, 40):
        kalman.predict(mean, covariance, ROW)
        kalman.correct(mean, covariance, ROW, BOX + frame * step)
    kalman.predict(mean, covariance, ROW)
    np.testing.assert_allclose(kalman.to_boxes(mean, ROW), BOX + 40 * step, atol=0.1)


def calls(mean: Any, covariance: Any, rows: Any, boxes: Any) -> list[Callable[[], Any]]:
    """Every kernel that takes boxes, then those that take none."""
    return [
        lambda: kalman.initiate(mean, covariance, rows, boxes),
        lambda: kalman.correct(mean, covariance, rows, boxes),
        lambda: kalman.predict(mean, covariance, rows),
    ]


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("mean", np.zeros((1, 7))),
        ("mean", np.zeros((1, 8), np.float32)),
        ("mean", None),
        ("covariance", np.zeros((2, 4, 3))),
        ("covariance", np.zeros((1, 12))),
        ("rows", np.zeros(1, np.int32)),
        ("rows", np.ones(1, np.intp)),
        ("rows", -np.ones(1, np.intp)),
        ("rows", [0]),
    ],
)
def test_a_bad_argument_is_refused_by_name_and_changes_nothing(name: str, bad: Any) -> None:
    mean, covariance = blank(1)
    given = {"mean": mean, "covariance": covariance, "rows": ROW, "boxes": BOX} | {name: bad}
    for call in calls(**given):
        with pytest.raises(ValueError, match=f"^{name}: wanted "):
            call()
    assert (mean == 7e7).all() and (covariance == 7e7).all()


@pytest.mark.parametrize(
    "bad", [BOX[:0], BOX.astype(np.float64), BOX * np.float32(np.nan), BOX[:, [2, 1, 0, 3]].copy(), BOX * np.float32(0)]
)
def test_a_bad_box_is_refused_and_changes_nothing(bad: Any) -> None:
    mean, covariance = blank(1)
    for call in calls(mean, covariance, ROW, bad)[:2]:
        with pytest.raises(ValueError, match=r"^boxes: wanted "):
            call()
    assert (mean == 7e7).all() and (covariance == 7e7).all()


def test_a_read_only_state_is_refused() -> None:
    mean, covariance = blank(1)
    mean.flags.writeable = False
    with pytest.raises(ValueError, match=r"^mean: .*read-only"):
        kalman.predict(mean, covariance, ROW)


def test_a_poisoned_state_is_refused() -> None:
    mean, covariance = blank(1)
    covariance[0, 2, 1] = np.inf
    with pytest.raises(ValueError, match=r"^covariance: wanted finite numbers"):
        kalman.predict(mean, covariance, ROW)
    mean[0, 3] = np.nan
    with pytest.raises(ValueError, match=r"^mean: wanted finite numbers"):
        kalman.to_boxes(mean, ROW)
