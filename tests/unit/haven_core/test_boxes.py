"""Overlap of boxes against its twin, by hand, and on bad input."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from haven_core import boxes as kernel
from haven_core import reference

GOOD = np.array([[0, 0, 10, 10]], np.float32)


@st.composite
def some_boxes(draw: st.DrawFn) -> npt.NDArray[np.float32]:
    """Draw (N, 4) boxes near enough to one another to overlap often, some without area."""
    corner, side = st.floats(-500, 500, width=32), st.floats(0, 400, width=32)
    rows = draw(st.lists(st.tuples(corner, corner, side, side), max_size=12))
    boxes = np.array(rows, np.float32).reshape(-1, 4)
    boxes[:, 2:] += boxes[:, :2]
    return boxes


@given(some_boxes(), some_boxes(), st.randoms(use_true_random=False))
def test_distances_equal_those_of_the_twin(
    tracks: npt.NDArray[np.float32], boxes: npt.NDArray[np.float32], random: Any
) -> None:
    scores = np.array([random.random() for _ in boxes], np.float32)
    np.testing.assert_allclose(
        kernel.iou_distance(tracks, boxes), reference.iou_distance(tracks, boxes), rtol=0, atol=1e-6
    )
    np.testing.assert_allclose(
        kernel.iou_distance(tracks, boxes, scores), reference.iou_distance(tracks, boxes, scores), rtol=0, atol=1e-6
    )


@given(some_boxes())
def test_boxes_with_an_area_are_those_the_twin_names(boxes: npt.NDArray[np.float32]) -> None:
    np.testing.assert_array_equal(kernel.have_area(boxes), reference.have_area(boxes))


def test_distance_is_one_less_the_shared_part_weighed_by_the_score() -> None:
    half = np.array([[5, 0, 15, 10], [20, 0, 30, 10]], np.float32)
    np.testing.assert_allclose(kernel.iou_distance(GOOD, half), [[2 / 3, 1]], atol=1e-6)
    weighed = kernel.iou_distance(GOOD, half, np.array([0.5, 0.9], np.float32))
    np.testing.assert_allclose(weighed, [[5 / 6, 1]], atol=1e-6)


def test_a_track_that_is_inside_out_touches_nothing() -> None:
    assert kernel.iou_distance(np.array([[10, 10, 0, 0]], np.float32), GOOD).tolist() == [[1.0]]


def test_an_area_that_overflows_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^tracks: wanted corners and area to be finite, .* in row 0"):
        kernel.iou_distance(np.array([[-3e30, -3e30, 3e30, 3e30]], np.float32), GOOD)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (None, "got NoneType"),
        ([[0, 0, 1, 1]], "got list"),
        (GOOD.astype(np.float64), r"\(N, 4\) float32, contiguous, got \(1, 4\) float64"),
        (GOOD[0], r"got \(4,\) float32"),
        (np.zeros((2, 5), np.float32), r"got \(2, 5\) float32"),
        (np.zeros((2, 8), np.float32)[:, ::2], "not contiguous"),
        (np.array([[0, 0, 1, np.nan]], np.float32), r"got \[0.0, 0.0, 1.0, nan\] in row 0"),
        (np.array([[0, 0, 1, 1], [-np.inf, 0, 1, 1]], np.float32), "in row 1"),
    ],
)
def test_bad_boxes_are_refused_by_name(bad: Any, message: str) -> None:
    for call, name in (
        (lambda: kernel.have_area(bad), "boxes"),
        (lambda: kernel.iou_distance(bad, GOOD), "tracks"),
        (lambda: kernel.iou_distance(GOOD, bad), "boxes"),
    ):
        with pytest.raises(ValueError, match=f"^{name}: .*{message}"):
            call()


@pytest.mark.parametrize("box", [[0, 0, -1, 5], [0, 5, 5, 4], [0, 0, 2e9, 5]])
def test_a_box_that_is_inside_out_or_too_far_out_is_no_box(box: list[float]) -> None:
    with pytest.raises(ValueError, match=r"^boxes: wanted x1 <= x2 and y1 <= y2 within 1e\+09 px"):
        kernel.have_area(np.array([box], np.float32))


@pytest.mark.parametrize(
    "scores", [np.ones(2, np.float32), np.ones(1), np.array([np.nan], np.float32), [1.0], np.ones((1, 1), np.float32)]
)
def test_bad_scores_are_refused_by_name(scores: Any) -> None:
    with pytest.raises(ValueError, match=r"^scores: wanted "):
        kernel.iou_distance(GOOD, GOOD, scores)
