"""Sharpness against its twin, against OpenCV, by hand, and on bad input."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from haven_core import reference
from haven_core.quality import laplacian_variance

SIDES = st.integers(1, 12)
IMAGES = arrays.arrays(np.uint8, st.tuples(SIDES, SIDES, st.just(3)))


def by_opencv(image: npt.NDArray[np.uint8]) -> float:
    """Sharpness as the field computes it."""
    return float(cv2.Laplacian(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.CV_64F).var())


@given(IMAGES)
def test_sharpness_equals_the_twin_and_opencv(image: npt.NDArray[np.uint8]) -> None:
    expected = by_opencv(image)
    assert laplacian_variance(image) == pytest.approx(expected, rel=1e-9, abs=1e-6)
    assert reference.laplacian_variance(image) == pytest.approx(expected, rel=1e-9, abs=1e-6)


def test_a_crop_is_read_in_place() -> None:
    picture = np.random.default_rng(2).integers(0, 256, (90, 120, 3), np.uint8)
    crop = picture[10:70, 20:110]
    assert laplacian_variance(crop) == laplacian_variance(crop.copy())
    assert laplacian_variance(crop) == pytest.approx(by_opencv(crop.copy()))


def test_a_single_bright_pixel_is_worked_out_by_hand() -> None:
    image = np.zeros((5, 5, 3), np.uint8)
    image[2, 2] = 10
    # One -40, four +10, twenty 0: the mean is 0, the mean square (1600 + 4 * 100) / 25.
    assert laplacian_variance(image) == pytest.approx(80)


def test_blur_lowers_sharpness() -> None:
    image = np.random.default_rng(3).integers(0, 256, (64, 64, 3), np.uint8)
    blurred = np.asarray(cv2.GaussianBlur(image, (5, 5), 2), np.uint8)
    assert laplacian_variance(blurred) < laplacian_variance(image) / 10


def test_an_even_picture_has_no_sharpness() -> None:
    assert laplacian_variance(np.full((480, 640, 3), 201, np.uint8)) == 0


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (None, "got NoneType"),
        ([[[1, 2, 3]]], "got list"),
        (np.zeros((2, 2, 3), np.float32), r"got \(2, 2, 3\) float32"),
        (np.zeros((2, 2), np.uint8), r"got \(2, 2\) uint8"),
        (np.zeros((2, 2, 4), np.uint8), r"got \(2, 2, 4\) uint8"),
        (np.zeros((0, 2, 3), np.uint8), r"got \(0, 2, 3\) uint8"),
        (np.zeros((2, 0, 3), np.uint8), r"got \(2, 0, 3\) uint8"),
    ],
)
def test_a_bad_picture_is_refused_by_name(bad: Any, message: str) -> None:
    with pytest.raises(ValueError, match=f"^image: wanted .*{message}"):
        laplacian_variance(bad)
