from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from haven_server.perception.alignment import TEMPLATE, Landmarks, align_face, similarity_transform


def transform(angle: float, scale: float, x: float, y: float) -> npt.NDArray[np.float64]:
    cosine, sine = scale * np.cos(angle), scale * np.sin(angle)
    return np.array([[cosine, -sine, x], [sine, cosine, y]])


def carry(matrix: npt.NDArray[np.float64], points: Landmarks) -> Landmarks:
    return (points @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32)


@given(st.floats(-3.1, 3.1), st.floats(0.1, 10), st.floats(-500, 500), st.floats(-500, 500))
def test_a_known_transform_is_recovered(angle: float, scale: float, x: float, y: float) -> None:
    known = transform(angle, scale, x, y)
    np.testing.assert_allclose(similarity_transform(TEMPLATE, carry(known, TEMPLATE)), known, rtol=1e-3, atol=1e-2)


def test_noisy_points_give_the_least_squared_error() -> None:
    target = TEMPLATE + np.random.default_rng(0).normal(0, 3, TEMPLATE.shape).astype(np.float32)
    best = similarity_transform(TEMPLATE, target)
    error = np.sum((carry(best, TEMPLATE) - target) ** 2)
    for nudge in transform(0.01, 1, 0, 0), transform(0, 1.01, 0, 0), transform(0, 1, 0.2, 0), transform(0, 1, 0, -0.2):
        other = nudge[:, :2] @ best
        other[:, 2] += nudge[:, 2]
        assert np.sum((carry(other, TEMPLATE) - target) ** 2) > error


def test_mirrored_points_are_not_mirrored_back() -> None:
    matrix = similarity_transform(TEMPLATE, (TEMPLATE * [-1, 1]).astype(np.float32))
    assert np.linalg.det(matrix[:, :2]) > 0


def test_points_in_one_place_are_refused() -> None:
    with pytest.raises(ValueError, match="one place"):
        similarity_transform(np.ones((5, 2), np.float32), TEMPLATE)


def test_an_aligned_face_has_its_landmarks_on_the_template() -> None:
    landmarks = carry(transform(0.4, 2.5, 130, 20), TEMPLATE)
    picture = np.zeros((480, 640, 3), np.uint8)
    for x, y in landmarks:
        cv2.circle(picture, (round(float(x)), round(float(y))), 6, (255, 255, 255), -1)
    aligned = align_face(picture, landmarks)
    assert aligned.shape == (112, 112, 3)
    assert all(aligned[round(float(y)), round(float(x))].min() > 200 for x, y in TEMPLATE)
    assert aligned[:40].max() == 0
