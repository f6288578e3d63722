"""Sharpness, frontality, movement and completeness against their twins, by hand, and on bad input."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from haven_core import reference, reference_gait
from haven_core.quality import completeness, laplacian_variance, movement, nose_offset

SIDES = st.integers(1, 12)
IMAGES = arrays.arrays(np.uint8, st.tuples(SIDES, SIDES, st.just(3)))
LANDMARKS = arrays.arrays(np.float32, (5, 2), elements=st.sampled_from([0.0, 1.0, 2.5, 40.0, 900.0]))
FACE = np.array([(30, 40), (50, 40), (40, 55), (34, 70), (46, 70)], np.float32)
"""Level and frontal: eyes 20 px apart, the mouth 30 px below them, the nose half way down."""
SEEN = 0.5


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


@pytest.mark.parametrize("width", [2047, 2048, 2049, 4100])
def test_the_sharpest_picture_there_is_overflows_nothing(width: int) -> None:
    board = (np.indices((3, width)).sum(axis=0) % 2 * 255).astype(np.uint8)
    image = np.repeat(board[:, :, np.newaxis], 3, axis=2)
    assert laplacian_variance(image) == pytest.approx(by_opencv(image), rel=1e-12)


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


@given(LANDMARKS)
def test_the_nose_lies_where_the_twin_has_it(landmarks: npt.NDArray[np.float32]) -> None:
    kernel, twin = nose_offset(landmarks), reference.nose_offset(landmarks)
    assert kernel == (None if twin is None else pytest.approx(twin))


def test_the_nose_of_a_frontal_face_lies_half_way_down_and_not_aside() -> None:
    assert nose_offset(FACE) == (0, 0.5)


@pytest.mark.parametrize("aside", [-5, 5])
def test_a_nose_aside_is_measured_in_distances_of_the_eyes(aside: float) -> None:
    face = FACE.copy()
    face[2, 0] += aside
    assert nose_offset(face) == (0.25, 0.5)


@pytest.mark.parametrize("rows", [[0, 1], [0, 1, 3, 4]])
def test_landmarks_in_one_place_have_no_nose_between_them(rows: list[int]) -> None:
    face = FACE.copy()
    face[rows] = face[0]
    assert nose_offset(face) is None


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (FACE.astype(float), r"wanted \(5, 2\) float32, contiguous, got \(5, 2\) float64"),
        (FACE[:4], r"wanted \(5, 2\) float32, contiguous, got \(4, 2\) float32"),
        (FACE * np.float32(np.nan), "wanted finite numbers, got"),
    ],
)
def test_bad_landmarks_are_refused_by_name(bad: Any, message: str) -> None:
    with pytest.raises(ValueError, match=f"^landmarks: {message}"):
        nose_offset(bad)


@st.composite
def windows(draw: st.DrawFn) -> npt.NDArray[np.float32]:
    """Poses whose missing keypoints lie anywhere."""
    count = draw(st.integers(1, 6))
    poses = draw(arrays.arrays(np.float32, (count, 17, 3), elements=st.sampled_from([0.0, 0.25, 0.5, 1.0, 40.0])))
    poses[poses[:, :, 2] < SEEN, :2] = np.nan
    return poses


@given(windows())
def test_movement_and_completeness_equal_the_twin(poses: npt.NDArray[np.float32]) -> None:
    assert movement(poses, SEEN) == pytest.approx(reference_gait.movement(poses, SEEN))
    assert completeness(poses, SEEN) == reference_gait.completeness(poses, SEEN)


def test_movement_is_the_mean_distance_from_where_a_point_is_on_the_average() -> None:
    poses = np.ones((2, 17, 3), np.float32)
    poses[1, :, :2] += (6, 8)
    assert movement(poses, SEEN) == 5
    poses[0, :, 2] = 0
    assert movement(poses, SEEN) == 0


def test_the_face_does_not_count_in_completeness() -> None:
    poses = np.ones((4, 17, 3), np.float32)
    poses[:, :5, 2] = 0
    assert completeness(poses, SEEN) == 1
    poses[0, 5:, 2] = 0
    assert completeness(poses, SEEN) == 0.75


@pytest.mark.parametrize("measure", [movement, completeness])
def test_bad_poses_are_refused_by_name(measure: Any) -> None:
    poses = np.ones((2, 17, 3), np.float32)
    with pytest.raises(ValueError, match=r"^poses: wanted \(T, 17, 3\) float32, contiguous, got \(2, 17, 2\) float32"):
        measure(poses[:, :, :2], SEEN)
    with pytest.raises(ValueError, match=r"^least_score: wanted a number in \[0, 1\], got -1"):
        measure(poses, -1)
    poses[1, 7, 0] = np.inf
    with pytest.raises(ValueError, match=r"^poses: wanted .* got \[inf, 1.0, 1.0\] as keypoint 7 of pose 1"):
        measure(poses, SEEN)
