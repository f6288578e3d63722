from __future__ import annotations

import contextlib
import struct

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from haven_server.errors import InvalidInputError
from haven_server.sources.decode import decode_jpeg


def gradient() -> npt.NDArray[np.uint8]:
    rows, columns = np.mgrid[0:48, 0:64]
    return np.stack([rows * 4, columns * 3, rows + columns], axis=-1).astype(np.uint8)


def encode(extension: str = ".jpg", *parameters: int) -> bytes:
    return cv2.imencode(extension, gradient(), parameters)[1].tobytes()


@pytest.mark.parametrize("parameters", [(), (cv2.IMWRITE_JPEG_PROGRESSIVE, 1), (cv2.IMWRITE_JPEG_RST_INTERVAL, 2)])
def test_a_jpeg_comes_back_as_bgr(parameters: tuple[int, ...]) -> None:
    picture = decode_jpeg(encode(".jpg", *parameters))
    assert picture.shape == (48, 64, 3)
    assert picture.dtype == np.uint8
    assert np.abs(picture.astype(int) - gradient()).mean() < 3


def test_a_grey_jpeg_comes_back_as_bgr() -> None:
    assert decode_jpeg(cv2.imencode(".jpg", gradient()[..., 0])[1].tobytes()).shape == (48, 64, 3)


@pytest.mark.parametrize("keep", [0, 1, 2, 10, 200, -10, -2])
def test_a_jpeg_that_is_cut_off_is_refused(keep: int) -> None:
    with pytest.raises(InvalidInputError, match="not a whole JPEG"):
        decode_jpeg(encode()[:keep])


@pytest.mark.parametrize("data", [b"", b"hello", encode(".png"), b"\xff\xd8\xff\xd9", b"\xff\xd8" + b"\xff" * 40])
def test_what_is_no_jpeg_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidInputError, match="not a whole JPEG"):
        decode_jpeg(data)


def test_a_small_file_that_claims_a_huge_picture_is_refused_before_it_is_decoded() -> None:
    data = bytearray(encode())
    header = data.index(b"\xff\xc0")
    data[header + 5 : header + 9] = struct.pack(">HH", 60000, 65000)
    with pytest.raises(InvalidInputError, match="65000x60000 px"):
        decode_jpeg(bytes(data))


def test_the_bound_on_pixels_is_the_callers() -> None:
    decode_jpeg(encode(), max_pixels=48 * 64)
    with pytest.raises(InvalidInputError, match="at most 3071 pixels"):
        decode_jpeg(encode(), max_pixels=48 * 64 - 1)


def test_random_damage_never_raises_anything_else() -> None:
    random = np.random.default_rng(0)
    whole = encode()
    for _ in range(300):
        data = bytearray(whole)
        for place in random.integers(2, len(data), 4):
            data[place] = random.integers(256)
        with contextlib.suppress(InvalidInputError):
            assert decode_jpeg(bytes(data)).ndim == 3
