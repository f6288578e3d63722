from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haven_server.sources.movie_length import movie_length_s

WriteVideo = Callable[..., Path]


def box(kind: bytes, content: bytes, size: int | None = None) -> bytes:
    return struct.pack(">I", len(content) + 8 if size is None else size) + kind + content


HEADER = box(b"mvhd", struct.pack(">IIIII", 0, 0, 0, 1000, 2500))
LONG_HEADER = box(b"mvhd", struct.pack(">IQQIQ", 1 << 24, 0, 0, 1000, 2500))
HUGE = struct.pack(">I4sQ", 1, b"mdat", 16 + 5) + b"\0" * 5


def test_the_length_of_a_written_mp4_is_read(write_video: WriteVideo) -> None:
    path = write_video("clip.mp4", frames=20, rate=10, codec="mp4v")
    assert movie_length_s(path) == pytest.approx(2.0, abs=0.01)


def test_a_file_of_another_kind_has_none(write_video: WriteVideo) -> None:
    assert movie_length_s(write_video("clip.avi")) is None


@pytest.mark.parametrize(
    ("content", "length_s"),
    [
        (box(b"ftyp", b"isom") + box(b"moov", box(b"free", b"") + HEADER), 2.5),
        (box(b"moov", LONG_HEADER), 2.5),
        (HUGE + box(b"moov", HEADER), 2.5),
        (box(b"moov", HEADER, size=0), 2.5),
        (box(b"moov", box(b"trak", b"")), None),
        (box(b"moov", HEADER[:-6]), None),
        (box(b"moov", box(b"mvhd", struct.pack(">IIIII", 0, 0, 0, 0, 2500))), None),
        (box(b"free", b"", size=4) + box(b"moov", HEADER), None),
        (b"", None),
    ],
)
def test_boxes_are_followed_as_the_standard_says(tmp_path: Path, content: bytes, length_s: float | None) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(content)
    assert movie_length_s(path) == length_s


@given(st.binary(max_size=64))
def test_any_bytes_are_read_without_error(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.mp4"
    path.write_bytes(box(b"moov", content) + content)
    movie_length_s(path)
