"""Whitening against its twin, by hand, on strangers, and on bad input."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from haven_core import reference_gait
from haven_core.whitening import whiten

VALUES = np.arange(4, dtype=np.float32)
KNOWN = np.ones(4, np.bool_)
MEAN = np.ones(4, np.float32)
MATRIX = np.eye(3, 4, dtype=np.float32)
NUMBERS = st.sampled_from([-3.0, -1.0, 0.0, 0.5, 2.0, 1e30])


@st.composite
def descriptors(draw: st.DrawFn) -> tuple[npt.NDArray[Any], ...]:
    count, length = draw(st.integers(1, 6)), draw(st.integers(1, 5))
    known = draw(arrays.arrays(np.bool_, count))
    values, mean = (draw(arrays.arrays(np.float32, count, elements=NUMBERS)) for _ in range(2))
    values[~known] = np.nan
    return values, known, mean, draw(arrays.arrays(np.float32, (length, count), elements=NUMBERS))


@given(descriptors())
def test_any_descriptor_is_whitened_as_the_twin_does(given: tuple[npt.NDArray[Any], ...]) -> None:
    kernel, twin = whiten(*given), reference_gait.whiten(*given)
    if kernel is None or twin is None:
        assert kernel is None and twin is None
    else:
        assert kernel == pytest.approx(twin, abs=1e-6)
        assert float(np.linalg.norm(kernel)) == pytest.approx(1, abs=1e-6)


def test_a_descriptor_is_whitened_by_hand() -> None:
    # Centred it is -1 0 1 2, of which the matrix keeps the first three.
    answer = whiten(VALUES, KNOWN, MEAN, MATRIX)
    assert answer == pytest.approx(np.array([-1, 0, 1]) / np.sqrt(2))


def test_what_is_unknown_says_nothing() -> None:
    answer = whiten(np.array([np.nan, 5, 1, 1], np.float32), np.array([False, True, True, True]), MEAN, MATRIX)
    assert answer == pytest.approx(np.array([0, 1, 0]))


def test_a_number_of_what_is_unknown_is_not_blamed() -> None:
    known, matrix = np.array([False, True, True, True]), MATRIX.copy()
    matrix[:, 0] = np.nan
    with pytest.raises(ValueError, match=r"^mean: wanted finite numbers"):
        whiten(VALUES, known, MEAN * np.float32(np.inf), matrix)


def test_what_has_no_direction_gives_none() -> None:
    assert whiten(VALUES, np.zeros(4, np.bool_), MEAN, MATRIX) is None
    assert whiten(MEAN, KNOWN, MEAN, MATRIX) is None


def test_strangers_are_unlike_although_their_descriptors_are_all_alike() -> None:
    random = np.random.default_rng(0)
    spreads = np.geomspace(0.01, 1, 8)
    people = (10 + random.normal(size=(400, 8)) * spreads).astype(np.float32)
    raw = people / np.linalg.norm(people, axis=1, keepdims=True)
    matrix = np.diag(1 / spreads).astype(np.float32)
    turned = [whiten(person, np.ones(8, np.bool_), people.mean(axis=0), matrix) for person in people]
    strangers = np.triu_indices(400, 1)
    assert (raw @ raw.T)[strangers].min() > 0.95
    whitened = np.array(turned)
    assert (whitened @ whitened.T)[strangers].mean() == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize(
    ("place", "bad", "message"),
    [
        (0, None, r"values: wanted \(V,\) float32, contiguous, got NoneType"),
        (0, VALUES.astype(float), r"values: wanted \(V,\) float32, contiguous, got \(4,\) float64"),
        (0, VALUES * np.float32(np.nan), "values: wanted finite numbers, got NaN or Inf"),
        (1, KNOWN[:3], r"known: wanted \(4,\) bool, contiguous, got \(3,\) bool"),
        (1, KNOWN.astype(np.uint8), r"known: wanted \(4,\) bool, contiguous, got \(4,\) uint8"),
        (2, MEAN[:3], r"mean: wanted \(4,\) float32, contiguous, got \(3,\) float32"),
        (2, MEAN * np.float32(np.inf), "mean: wanted finite numbers, got NaN or Inf"),
        (3, MATRIX.T, r"matrix: wanted \(D, 4\) float32, contiguous, got \(4, 3\) float32, not contiguous"),
        (3, MATRIX[:0], r"matrix: wanted \(D, 4\) float32, contiguous, got \(0, 4\) float32"),
        (3, MATRIX * np.float32(np.nan), "matrix: wanted finite numbers, got NaN or Inf"),
    ],
)
def test_bad_input_is_refused_by_name(place: int, bad: Any, message: str) -> None:
    arguments: list[Any] = [VALUES, KNOWN, MEAN, MATRIX]
    arguments[place] = bad
    with pytest.raises(ValueError, match=f"^{message}"):
        whiten(*arguments)
