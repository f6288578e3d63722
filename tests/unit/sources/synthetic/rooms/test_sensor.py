"""A sensor does to a picture what its settings say, and the same to the same frame."""

from __future__ import annotations

import numpy as np
import pytest

from haven_server.errors import InvalidInputError
from haven_server.sources.synthetic.rooms.sensor import Exposure, expose
from haven_server.sources.synthetic.scene import Sensor
from haven_server.types import BGRImage

PLAIN = Sensor(gain=(1, 1, 1), gamma=1, noise=0, blur_px=0, vignette=0, jpeg_quality=None)


def grey(level: int = 120) -> BGRImage:
    return np.full((90, 160, 3), level, np.uint8)


def taken(sensor: Sensor, picture: BGRImage, number: int = 0, seed: int = 1) -> BGRImage:
    return Exposure(sensor, 160, 90, seed).frame(picture, number)


def test_a_perfect_sensor_leaves_a_picture_as_it_is() -> None:
    picture = np.random.default_rng(0).integers(0, 200, (90, 160, 3), np.uint8)
    assert np.array_equal(taken(PLAIN, picture), picture)


def test_the_same_frame_has_the_same_noise_and_the_next_another() -> None:
    first, again = (Exposure(Sensor(), 160, 90, 5) for _ in range(2))
    assert np.array_equal(first.frame(grey(), 7), again.frame(grey(), 7))
    assert np.array_equal(first.frame(grey(), 7), first.frame(grey(), 7))
    assert not np.array_equal(first.frame(grey(), 7), first.frame(grey(), 8))
    assert not np.array_equal(first.frame(grey(), 7), taken(Sensor(), grey(), 7, seed=6))


def test_noise_is_as_strong_as_asked_for_and_does_not_brighten() -> None:
    noisy = taken(Sensor((1, 1, 1), 1, 6.0, 0, 0, None), grey()).astype(float)
    assert noisy.std() == pytest.approx(6, rel=0.06)
    assert noisy.mean() == pytest.approx(120, abs=0.5)


def test_gain_tints_and_gamma_lifts_the_shadows() -> None:
    warm = taken(Sensor((0.8, 1.0, 1.2), 1, 0, 0, 0, None), grey())
    assert warm[0, 0] == pytest.approx([96, 120, 144], abs=1)
    lifted = taken(Sensor((1, 1, 1), 1.4, 0, 0, 0, None), grey(40))
    assert lifted.mean() > 55


def test_a_vignette_darkens_the_corners_alone() -> None:
    dim = taken(Sensor((1, 1, 1), 1, 0, 0, 0.4, None), grey())
    assert dim[45, 80, 0] >= 119
    assert dim[0, 0, 0] == pytest.approx(120 * 0.6, abs=2)


def test_blur_softens_an_edge() -> None:
    edge = grey(0)
    edge[:, 80:] = 200
    soft = taken(Sensor((1, 1, 1), 1, 0, 1.0, 0, None), edge)
    assert 20 < soft[45, 79, 0] < 100 < soft[45, 80, 0] < 180


def test_compression_loses_something_but_not_the_picture() -> None:
    picture = np.random.default_rng(0).integers(0, 255, (90, 160, 3), np.uint8)
    packed = taken(Sensor((1, 1, 1), 1, 0, 0, 0, 60), picture)
    assert packed.shape == picture.shape
    assert 0 < np.abs(packed.astype(int) - picture).mean() < 60


def test_the_picture_that_is_given_stays_as_it_was() -> None:
    picture = grey()
    taken(Sensor(), picture)
    assert np.array_equal(picture, grey())


def test_a_picture_of_another_size_is_refused() -> None:
    with pytest.raises(InvalidInputError, match=r"\(90, 160, 3\)"):
        taken(Sensor(), np.zeros((80, 160, 3), np.uint8))


def test_a_single_picture_depends_on_its_generator_alone() -> None:
    pictures = [expose(grey(), Sensor(), np.random.default_rng(seed)) for seed in (1, 1, 2)]
    assert np.array_equal(pictures[0], pictures[1])
    assert not np.array_equal(pictures[0], pictures[2])
