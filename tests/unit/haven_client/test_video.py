"""The client reads a file as the server does."""

from __future__ import annotations

import asyncio
import itertools
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from haven_client import VideoError
from haven_client.video import VideoFrame, VideoReader
from hypothesis import given
from hypothesis import strategies as st

from haven_server.errors import SourceError
from haven_server.sources.pushed import PushedSource
from haven_server.sources.video import VideoSource
from haven_server.sources.video_file import VideoFile
from haven_server.types import Frame

RUN_START = 1_767_225_600 * 1_000_000_000
PICTURE = np.zeros((1, 1, 3), np.uint8)


class FakeCapture:
    """Stands in for cv2.VideoCapture over a file whose frames stand at given times, in ms."""

    def __init__(self, times: list[int], path: str, backend: int) -> None:
        self._times = iter(times)
        self._at = 0

    def isOpened(self) -> bool:  # noqa: N802
        return True

    def grab(self) -> bool:
        self._at = next(self._times, -1)
        return self._at >= 0

    def get(self, fact: int) -> float:
        return float(self._at) if fact == cv2.CAP_PROP_POS_MSEC else 30.0 if fact == cv2.CAP_PROP_FPS else 0.0

    def retrieve(self) -> tuple[bool, npt.NDArray[np.uint8]]:
        return True, PICTURE

    def release(self) -> None:
        pass


def write_video(path: Path, count: int, rate: float) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), rate, (64, 48))
    for index in range(count):
        writer.write(np.full((48, 64, 3), index * 5 % 256, np.uint8))
    writer.release()
    return path


async def server_frames(path: Path, offset_s: float, fps_limit: float) -> list[Frame]:
    source = VideoSource("cam1", path, RUN_START, offset_s, fps_limit)
    return [item async for item in source.frames() if isinstance(item, Frame)]


def client_frames(path: Path, offset_s: float, fps_limit: float) -> list[VideoFrame]:
    return list(VideoReader(path, RUN_START + round(offset_s * 1e9), fps_limit).frames())


async def assert_same(path: Path, offset_s: float, fps_limit: float) -> None:
    ours, theirs = client_frames(path, offset_s, fps_limit), await server_frames(path, offset_s, fps_limit)
    assert [(f.index, f.captured_at) for f in ours] == [(f.index, f.captured_at) for f in theirs]
    assert all(np.array_equal(a.image, b.image) for a, b in zip(ours, theirs, strict=True))


@pytest.mark.parametrize("fps_limit", [240.0, 30.0, 12.5, 7.0, 1.0])
@pytest.mark.parametrize("rate", [10.0, 25.0, 29.97, 60.0])
async def test_both_take_the_same_frames_at_the_same_times(tmp_path: Path, rate: float, fps_limit: float) -> None:
    await assert_same(write_video(tmp_path / "a.mp4", 61, rate), 5.1, fps_limit)


@given(st.lists(st.sampled_from([16, 33, 50]), min_size=1, max_size=120), st.floats(1, 60))
def test_the_server_takes_every_frame_that_is_sent_of_a_file_of_varying_rate(steps: list[int], limit: float) -> None:
    path, times = Path(__file__), list(itertools.accumulate(steps))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cv2, "VideoCapture", partial(FakeCapture, times))
        file = VideoFile("cam1", path, RUN_START, limit)
        read_by_server = [(frame.index, frame.captured_at) for frame in iter(file.read, None)]
        sent = list(VideoReader(path, RUN_START, limit).frames())
    assert asyncio.run(pushed(sent, limit)) == [(frame.index, frame.captured_at) for frame in sent] == read_by_server


async def pushed(sent: list[VideoFrame], limit: float) -> list[tuple[int, int]]:
    source = PushedSource("cam1", RUN_START, lossless=True, fps_limit=limit, depth=len(sent))
    for frame in sent:
        await source.push(Frame("cam1", frame.index, frame.captured_at, frame.image))
    source.finish()
    return [(item.index, item.captured_at) async for item in source.frames() if isinstance(item, Frame)]


@pytest.mark.parametrize("fps_limit", [30.0, 8.0])
@pytest.mark.parametrize(
    "name", ["people-detection_768x432.264", "twocam_room_cam2.mp4", "fall_urfd_12.mp4", "face_short_hamilton_clip.mp4"]
)
async def test_both_take_the_same_frames_of_real_files(test_data: Path, name: str, fps_limit: float) -> None:
    path = test_data / "videos" / name
    theirs = VideoSource("cam1", path, RUN_START, 0.0, fps_limit).frames()
    for _, ours in zip(range(60), VideoReader(path, RUN_START, fps_limit).frames(), strict=False):
        frame = await anext(theirs)
        assert isinstance(frame, Frame)
        assert (ours.index, ours.captured_at) == (frame.index, frame.captured_at)
        assert np.array_equal(ours.image, frame.image)
    await theirs.aclose()  # type: ignore[attr-defined]


async def test_both_break_off_where_a_file_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "cut.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25.0, (64, 48))
    for _ in range(50):
        writer.write(np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8))
    writer.release()
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    seen = []
    with pytest.raises(VideoError, match=r"cut\.avi: ends after \d+ of \d+ frames"):
        for frame in VideoReader(path, RUN_START, 30.0).frames():
            seen.append(frame.index)
    theirs = []
    with pytest.raises(SourceError, match="ends after"):
        async for item in VideoSource("cam1", path, RUN_START, 0.0, 30.0).frames():
            theirs.append(item)
    assert len(seen) == len(theirs) > 0


@pytest.mark.parametrize("content", [None, b"", b"not a video"])
def test_a_file_that_is_no_video_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "bad.mp4"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(VideoError, match=r"bad\.mp4: "):
        VideoReader(path, RUN_START, 30.0)
