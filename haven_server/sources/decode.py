"""Turn compressed pictures that came from outside into pixels: JPEG bytes -> BGRImage."""

from __future__ import annotations

import struct

import cv2
import numpy as np

from haven_server.errors import InvalidInputError
from haven_server.types import BGRImage

MAX_PIXELS = 64_000_000
"""Greatest picture that is decoded: a few kB of JPEG can claim four thousand million pixels."""

_START_OF_IMAGE = b"\xff\xd8"
_END_OF_IMAGE = b"\xff\xd9"
_START_OF_SCAN = 0xDA
_FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Markers of the segment that states the size (ITU-T T.81, table B.1)."""


def decode_jpeg(data: bytes, max_pixels: int = MAX_PIXELS) -> BGRImage:
    """Decode one JPEG picture. Blocking: run it off the event loop.

    Returns:
        (H, W, 3) uint8 BGR, turned as its EXIF orientation says.
    Raises:
        InvalidInputError: the bytes are no whole JPEG, or hold more than ``max_pixels``.
    """
    width, height = _jpeg_size(data)
    if width * height > max_pixels:
        raise InvalidInputError(f"JPEG of {width}x{height} px: at most {max_pixels} pixels are taken; send it smaller")
    try:
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise _corrupt(f"OpenCV says {error.err}") from error
    if picture is None:
        raise _corrupt("its pixels cannot be decoded")
    return np.asarray(picture, np.uint8)


def _jpeg_size(data: bytes) -> tuple[int, int]:
    """Read width and height from a JPEG's header, and check that its last byte arrived.

    libjpeg paints the missing part of a cut picture grey and reports success, so the end is looked for here.
    """
    if not data.startswith(_START_OF_IMAGE):
        raise _corrupt(f"its {len(data)} bytes do not begin as JPEG does")
    position, size = len(_START_OF_IMAGE), None
    while position + 4 <= len(data) and data[position] == 0xFF:
        marker, length = data[position + 1], struct.unpack_from(">H", data, position + 2)[0]
        if marker == 0xFF:
            position += 1
            continue
        if marker in _FRAME_HEADERS and position + 9 <= len(data):
            height, width = struct.unpack_from(">HH", data, position + 5)
            size = (width, height)
        if marker == _START_OF_SCAN:
            break
        position += 2 + length
    if size is None or 0 in size or data.find(_END_OF_IMAGE, position) < 0:
        raise _corrupt(f"it is cut off or damaged within its {len(data)} bytes")
    return size


def _corrupt(problem: str) -> InvalidInputError:
    return InvalidInputError(f"not a whole JPEG picture: {problem}; send it again")
