"""Assignment against its twin, against SciPy, by hand, and on bad input."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.optimize import linear_sum_assignment

from haven_core import reference
from haven_core.assignment import assign

SHAPES = arrays.array_shapes(min_dims=2, max_dims=2, min_side=0, max_side=9)
COSTS = arrays.arrays(np.float32, SHAPES, elements=st.floats(-1, 1, width=32))
TIED_COSTS = arrays.arrays(np.float32, SHAPES, elements=st.sampled_from([0.0, 0.25, 0.5, 0.75]))


def gain(cost: npt.NDArray[np.float32], limit: float, rows: Any, columns: Any) -> float:
    """How far below the limit the pairs are, in sum."""
    return float((limit - cost[rows, columns].astype(np.float64)).sum())


def best_gain(cost: npt.NDArray[np.float32], limit: float) -> float:
    """The greatest gain there is, by SciPy."""
    gains = np.maximum(limit - cost.astype(np.float64), 0)
    return float(gains[linear_sum_assignment(gains, maximize=True)].sum())


@given(COSTS | TIED_COSTS, st.sampled_from([-0.5, 0.0, 0.3, 0.5, 0.8, 2.0]))
def test_no_assignment_is_cheaper(cost: npt.NDArray[np.float32], limit: float) -> None:
    rows, columns, lone_rows, lone_columns = assign(cost, limit)
    assert gain(cost, limit, rows, columns) == pytest.approx(best_gain(cost, limit), abs=1e-9)
    twin_rows, twin_columns, _, _ = reference.assign(cost, limit)
    assert gain(cost, limit, rows, columns) == pytest.approx(gain(cost, limit, twin_rows, twin_columns), abs=1e-9)
    assert (cost[rows, columns] < limit).all()
    assert sorted([*rows, *lone_rows]) == list(range(cost.shape[0]))
    assert sorted([*columns, *lone_columns]) == list(range(cost.shape[1]))
    for ascending in (rows, lone_rows, lone_columns):
        assert (np.diff(ascending) > 0).all()


@given(st.integers(0, 2**32 - 1), st.integers(0, 25), st.integers(0, 25))
def test_where_the_best_is_unique_the_twin_finds_the_same_pairs(seed: int, row_count: int, column_count: int) -> None:
    order = np.random.default_rng(seed).permutation(row_count * column_count) + 1
    cost = (np.sqrt(order) / 25).astype(np.float32).reshape(row_count, column_count)
    for found, expected in zip(assign(cost, 0.8), reference.assign(cost, 0.8), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_two_fair_pairs_beat_one_excellent_pair() -> None:
    cost = np.array([[0.1, 0.2], [0.2, 0.9]], np.float32)
    rows, columns, _, _ = assign(cost, 0.8)
    assert rows.tolist() == [0, 1] and columns.tolist() == [1, 0]


def test_a_row_stays_alone_when_that_is_cheaper_in_sum() -> None:
    cost = np.array([[0.1, 0.9], [0.2, 0.75]], np.float32)
    rows, columns, lone_rows, lone_columns = assign(cost, 0.3)
    assert (rows.tolist(), columns.tolist()) == ([0], [0])
    assert (lone_rows.tolist(), lone_columns.tolist()) == ([1], [1])


def test_a_row_gives_way_and_stays_alone_for_a_better_one() -> None:
    rows, columns, lone_rows, _ = assign(np.array([[0.5], [0.2]], np.float32), 0.8)
    assert (rows.tolist(), columns.tolist(), lone_rows.tolist()) == ([1], [0], [0])


def test_a_pair_at_the_limit_is_not_made() -> None:
    assert assign(np.array([[0.5]], np.float32), 0.5)[0].tolist() == []


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0)])
def test_nobody_to_pair_leaves_everybody_over(shape: tuple[int, int]) -> None:
    rows, columns, lone_rows, lone_columns = assign(np.empty(shape, np.float32), 0.8)
    assert len(rows) == len(columns) == 0
    assert (len(lone_rows), len(lone_columns)) == shape


def test_five_hundred_by_five_hundred_is_solved_exactly() -> None:
    cost = np.random.default_rng(1).random((500, 500), np.float32)
    rows, columns, _, _ = assign(cost, 0.8)
    assert gain(cost, 0.8, rows, columns) == pytest.approx(best_gain(cost, 0.8), abs=1e-6)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (None, "got NoneType"),
        ([[1.0]], "got list"),
        (np.zeros((2, 2)), r"got \(2, 2\) float64"),
        (np.zeros(2, np.float32), r"got \(2,\) float32"),
        (np.zeros((4, 4), np.float32)[::2, ::2], "not contiguous"),
        (np.array([[0, 1], [np.inf, 0]], np.float32), "got inf in row 1, column 0"),
        (np.array([[np.nan]], np.float32), "got nan in row 0, column 0"),
    ],
)
def test_bad_costs_are_refused_by_name(bad: Any, message: str) -> None:
    with pytest.raises(ValueError, match=f"^cost: wanted .*{message}"):
        assign(bad, 0.8)


@pytest.mark.parametrize("limit", [np.nan, np.inf])
def test_a_limit_that_is_no_number_is_refused(limit: float) -> None:
    with pytest.raises(ValueError, match=r"^limit: wanted a finite number"):
        assign(np.zeros((1, 1), np.float32), limit)
