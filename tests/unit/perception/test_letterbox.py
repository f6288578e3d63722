from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from haven_server.perception.letterbox import PAD_GREY, Letterbox

SIDES = st.integers(16, 2000)


def test_a_wide_picture_is_centred_with_grey_above_and_below() -> None:
    place = Letterbox.fit((360, 640, 3), 320, 320)
    assert (place.content_height, place.content_width, place.top, place.left) == (180, 320, 70, 0)
    canvas = np.zeros((320, 320, 3), np.uint8)
    place.draw(np.full((360, 640, 3), 200, np.uint8), canvas)
    assert (canvas[:70] == PAD_GREY).all()
    assert (canvas[70:250] == 200).all()
    assert (canvas[250:] == PAD_GREY).all()


@pytest.mark.parametrize(
    ("size", "greatest_width", "content"),
    [
        ((360, 640), 400, (225, 400)),
        ((360, 640), 4000, (360, 640)),
        ((100, 50), 320, (640, 320)),
        ((100, 50), 32, (64, 32)),
    ],
)
def test_the_picture_is_as_large_as_input_and_greatest_width_allow(
    size: tuple[int, int], greatest_width: int, content: tuple[int, int]
) -> None:
    place = Letterbox.fit(size, 640, 640, greatest_width)
    assert (place.content_height, place.content_width) == content


@given(SIDES, SIDES, st.sampled_from([(320, 320), (640, 640), (256, 128), (288, 512)]), SIDES)
def test_points_come_back_to_where_they_were(
    height: int, width: int, size: tuple[int, int], greatest_width: int
) -> None:
    place = Letterbox.fit((height, width), *size, greatest_width)
    content = np.array([[0, 0], [place.content_width, place.content_height]], np.float32)
    corners = place.points_to_source(content + np.array([place.left, place.top], np.float32))
    np.testing.assert_allclose(corners, [[0, 0], [width, height]], rtol=1e-5, atol=1e-3)


@given(SIDES, SIDES, st.lists(st.floats(-1000, 1000, width=32), min_size=4, max_size=4))
def test_boxes_are_clipped_to_the_picture(height: int, width: int, corners: list[float]) -> None:
    boxes = Letterbox.fit((height, width), 320, 320).boxes_to_source(np.array([corners], np.float32))
    assert boxes.shape == (1, 4)
    assert boxes.dtype == np.float32
    assert (boxes >= 0).all()
    assert (boxes <= [width, height, width, height]).all()


def test_a_picture_one_pixel_high_still_has_a_place() -> None:
    place = Letterbox.fit((1, 2000), 320, 320)
    place.draw(np.zeros((1, 2000, 3), np.uint8), canvas := np.ones((320, 320, 3), np.uint8))
    assert place.content_height == 1
    assert not canvas[place.top].any()
