"""Pictures of a room in which only little moves are exposed as whole pictures are, byte by byte."""

from __future__ import annotations

import numpy as np
import pytest

from haven_server.sources.synthetic.canvas import Window
from haven_server.sources.synthetic.rooms.sensor import GRAINS, Exposure
from haven_server.sources.synthetic.rooms.still_view import StillView, joined
from haven_server.sources.synthetic.scene import Sensor
from haven_server.types import BGRImage

WIDTH, HEIGHT = 300, 170  # no multiples of a square of JPEG's


def still() -> BGRImage:
    """A room of bright and dark colours."""
    coarse = np.random.default_rng(1).integers(0, 255, (HEIGHT // 10, WIDTH // 10, 3), np.uint8)
    return coarse.repeat(10, axis=0).repeat(10, axis=1)


def changed(window: Window) -> BGRImage:
    """The same room with something else in a window of it."""
    picture = still()
    left, top, right, bottom = window
    picture[top:bottom, left:right] = np.random.default_rng(2).integers(0, 255, (bottom - top, right - left, 3))
    return picture


@pytest.mark.parametrize(
    "window",
    [
        pytest.param((100, 60, 141, 103), id="in the middle"),
        pytest.param((96, 64, 112, 80), id="just one square"),
        pytest.param((0, 0, 33, 20), id="in the first corner"),
        pytest.param((270, 150, WIDTH, HEIGHT), id="in the last corner"),
        pytest.param((0, 0, WIDTH, HEIGHT), id="everywhere"),
    ],
)
@pytest.mark.parametrize(
    "sensor", [Sensor(), Sensor(noise=4, blur_px=1.3, vignette=0.3, jpeg_quality=60), Sensor(jpeg_quality=None)]
)
def test_what_changed_is_exposed_as_in_a_whole_picture(sensor: Sensor, window: Window) -> None:
    exposure, picture = Exposure(sensor, WIDTH, HEIGHT, 3), changed(window)
    taken = StillView(exposure, still()).frame(picture, [window], 5)
    np.testing.assert_array_equal(taken, exposure.frame(picture, 5))


def test_an_unchanged_picture_has_the_noise_of_its_own_number() -> None:
    exposure = Exposure(Sensor(), WIDTH, HEIGHT, 3)
    view = StillView(exposure, still())
    for number in (0, 1, GRAINS + 1):
        np.testing.assert_array_equal(view.frame(still(), [], number), exposure.frame(still(), number))
    assert not np.array_equal(view.frame(still(), [], 0), view.frame(still(), [], 1))


def test_a_frame_is_the_takers_own() -> None:
    view = StillView(Exposure(Sensor(), WIDTH, HEIGHT, 3), still())
    view.frame(still(), [], 0)[:] = 0
    assert view.frame(still(), [], 0).any()


def test_windows_that_lie_close_become_one_and_others_stay_apart() -> None:
    assert joined([(0, 0, 16, 16), (16, 0, 32, 16)]) == [(0, 0, 32, 16)]
    assert joined([(0, 0, 16, 16), (64, 64, 80, 80)]) == [(0, 0, 16, 16), (64, 64, 80, 80)]
    assert joined([(0, 0, 16, 16), (32, 0, 48, 16), (16, 0, 32, 16)]) == [(0, 0, 48, 16)]
    assert joined([]) == []
