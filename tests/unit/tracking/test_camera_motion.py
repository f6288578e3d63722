"""The camera's own movement, measured on pictures whose movement is known."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from haven_server.tracking.camera_motion import STILL, CameraMotion
from haven_server.types import BGRImage

NOBODY = np.empty((0, 4), np.float32)


def scenery(width: int = 640) -> BGRImage:
    """Blurred blocks, with corners all over."""
    random = np.random.default_rng(0)
    blocks = random.integers(0, 255, (18, 32, 3), np.uint8)
    picture = cv2.resize(blocks, (width, width * 9 // 16), interpolation=cv2.INTER_NEAREST)
    return np.asarray(cv2.GaussianBlur(picture, (5, 5), 0), np.uint8)


def moved(picture: BGRImage, motion: npt.NDArray[np.float64]) -> BGRImage:
    """The picture after the camera has moved."""
    size = (picture.shape[1], picture.shape[0])
    return np.asarray(cv2.warpAffine(picture, motion, size, borderMode=cv2.BORDER_REFLECT), np.uint8)


def turned(degrees: float, zoom: float, right: float, down: float) -> npt.NDArray[np.float64]:
    motion = np.asarray(cv2.getRotationMatrix2D((320, 180), degrees, zoom), np.float64)
    motion[:, 2] += right, down
    return motion


@pytest.mark.parametrize(
    "motion", [turned(0, 1, 14, -6), turned(0, 1, 0.5, 0), turned(2, 1, 3, 3), turned(0, 1.04, -8, 0)]
)
def test_a_movement_of_the_camera_is_found(motion: npt.NDArray[np.float64]) -> None:
    camera, picture = CameraMotion(), scenery()
    assert camera.measure(picture, NOBODY) is STILL
    found = camera.measure(moved(picture, motion), NOBODY)
    corners = np.array([[50, 50, 1], [600, 60, 1], [320, 300, 1]])
    np.testing.assert_allclose(corners @ found.T, corners @ motion.T, atol=1)


def test_people_who_walk_do_not_move_the_camera() -> None:
    camera, picture = CameraMotion(), scenery()
    person = scenery()[:200, :300, ::-1]
    for left in (100, 112, 124):
        view = picture.copy()
        view[100:300, left : left + 300] = person
        found = camera.measure(view, np.array([[left, 100, left + 300, 300]], np.float32))
        np.testing.assert_allclose(found, STILL, atol=0.25)


def test_the_same_pictures_give_the_same_maps() -> None:
    pictures = [moved(scenery(), turned(0.3 * k, 1, 5 * k, 2 * k)) for k in range(4)]
    maps = [[camera.measure(picture, NOBODY) for picture in pictures] for camera in (CameraMotion(), CameraMotion())]
    np.testing.assert_array_equal(maps[0], maps[1])


@pytest.mark.parametrize(
    "after",
    [
        np.zeros((360, 640, 3), np.uint8),
        scenery(320),
        np.random.default_rng(1).integers(0, 255, (360, 640, 3), np.uint8),
    ],
)
def test_where_nothing_can_be_compared_the_camera_stood_still(after: BGRImage) -> None:
    camera = CameraMotion()
    camera.measure(scenery(), NOBODY)
    assert camera.measure(after, NOBODY) is STILL


def test_a_cleared_memory_knows_no_picture_before() -> None:
    camera = CameraMotion()
    camera.measure(scenery(), NOBODY)
    camera.clear()
    assert camera.measure(moved(scenery(), turned(0, 1, 10, 0)), NOBODY) is STILL
