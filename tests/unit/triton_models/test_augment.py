"""Pictures and points that are changed together must go on fitting together."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from haven_server.types import BGRImage
from triton_models.training import augment


def marked(x: int, y: int) -> BGRImage:
    picture = np.zeros((40, 60, 3), np.uint8)
    picture[y, x] = 255
    return picture


def brightest(picture: BGRImage) -> tuple[float, float]:
    """Middle of the light, pixel centres at whole numbers plus 0.5."""
    weights = picture[..., 0].astype(float)
    rows, columns = np.mgrid[0:40, 0:60] + 0.5
    return float((weights * columns).sum() / weights.sum()), float((weights * rows).sum() / weights.sum())


@pytest.mark.parametrize("mirrors", [False, True])
def test_a_point_goes_where_its_pixel_goes(mirrors: bool) -> None:
    matrix = augment.drift(np.random.default_rng(3), (40, 60, 3), zoom=0.2, shift=0.1)
    if mirrors:
        matrix = augment.mirrored(matrix, 60)
    blob = np.asarray(cv2.GaussianBlur(marked(30, 18), (0, 0), 3) * 10, np.uint8)
    points = np.array([[[*brightest(blob), 1.0]]], np.float32)
    _, moved_points = augment.carried(np.zeros((1, 4), np.float32), points, matrix, (40, 60))
    black = augment.moved(blob, matrix, cv2.BORDER_REPLICATE)
    assert brightest(black) == pytest.approx(tuple(moved_points[0, 0, :2]), abs=0.15)


def test_a_mirrored_box_still_has_its_left_side_on_the_left() -> None:
    mirror = augment.mirrored(np.eye(2, 3, dtype=np.float32), 60)
    boxes, _ = augment.carried(
        np.array([[10, 5, 20, 15]], np.float32), np.zeros((1, 0, 3), np.float32), mirror, (40, 60)
    )
    assert boxes.tolist() == [[40, 5, 50, 15]]


def test_points_that_leave_the_picture_are_no_longer_seen() -> None:
    shifted = np.array([[1, 0, 35], [0, 1, 0]], np.float32)
    points = np.array([[[10, 10, 1], [30, 10, 1]]], np.float32)
    _, carried = augment.carried(np.zeros((1, 4), np.float32), points, shifted, (40, 60))
    assert carried[0, :, 2].tolist() == [1, 0]


def test_mirrored_rows_of_points_swap_left_and_right() -> None:
    for rows in (augment.MIRRORED_BODY, augment.MIRRORED_FACE):
        assert [rows[row] for row in rows] == list(range(len(rows)))


def test_tables_without_strength_change_nothing() -> None:
    tables = augment.tones(np.random.default_rng(0), count=2, strength=0.0)
    assert (tables == np.arange(256)[None, :, None]).all()


def test_a_hidden_rectangle_is_at_most_as_large_as_asked() -> None:
    picture = np.full((40, 60, 3), 77, np.uint8)
    augment.erase(np.random.default_rng(1), picture, share=0.5)
    changed = (picture != 77).any(axis=2)
    assert 0 < changed.any(axis=1).sum() <= 20
    assert 0 < changed.any(axis=0).sum() <= 30
