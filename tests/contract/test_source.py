"""What every source of frames keeps to, whatever the frames come from."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from haven_server.ports import Source
from haven_server.sources.pushed import PushedSource
from haven_server.sources.video import VideoSource
from haven_server.types import Frame, Watermark

START = 1_000_000_000_000_000_000
FRAMES = 30


def write_video(path: Path) -> None:
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"MJPG"), 10.0, (64, 48))
    for index in range(FRAMES):
        writer.write(np.full((48, 64, 3), 8 * index, np.uint8))
    writer.release()


async def send(source: PushedSource) -> None:
    for index in range(FRAMES):
        at = START + index * 100_000_000
        if index % 3 == 0:
            source.promise(at)
        await source.push(Frame("door", index, at, np.full((48, 64, 3), 8 * index, np.uint8)))
    source.finish()


@pytest.fixture(params=["video", "pushed"])
async def source(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Source]:
    """A lossless source of FRAMES frames, 10 a second."""
    if request.param == "video":
        write_video(tmp_path / "clip.avi")
        yield VideoSource("door", tmp_path / "clip.avi", START, 0.0, 30.0)
    else:
        pushed = PushedSource("door", START, lossless=True, fps_limit=1000, depth=4)
        sender = asyncio.create_task(send(pushed))
        yield pushed
        sender.cancel()
        await asyncio.gather(sender, return_exceptions=True)


async def test_it_names_its_camera_and_its_start(source: Source) -> None:
    assert (source.camera_id, source.starts_at, source.lossless) == ("door", START, True)
    assert source.expected_frames in (FRAMES, None)
    await source.close()


async def test_frames_carry_the_camera_ascend_in_time_and_none_comes_before_the_start(source: Source) -> None:
    frames = [item async for item in source.frames() if isinstance(item, Frame)]
    times = [frame.captured_at for frame in frames]
    assert {frame.camera_id for frame in frames} == {"door"}
    assert times[0] >= source.starts_at
    assert all(earlier < later for earlier, later in itertools.pairwise(times))


async def test_every_promise_is_kept(source: Source) -> None:
    promised = source.starts_at
    async for item in source.frames():
        assert item.captured_at >= promised
        if isinstance(item, Watermark):
            assert item.camera_id == "door"
            promised = item.captured_at


async def test_a_slow_reader_of_a_lossless_source_misses_nothing(source: Source) -> None:
    seen = []
    async for item in source.frames():
        for _ in range(20):
            await asyncio.sleep(0)
        if isinstance(item, Frame):
            seen.append((item.index, round(float(item.image.mean()) / 8)))
    assert seen == [(index, index) for index in range(FRAMES)]


async def test_pictures_stay_as_they_were_while_later_ones_are_read(source: Source) -> None:
    frames = [item async for item in source.frames() if isinstance(item, Frame)]
    assert [round(float(frame.image.mean()) / 8) for frame in frames] == list(range(FRAMES))


async def test_closing_in_the_middle_ends_the_frames(source: Source) -> None:
    seen = 0
    async for _ in source.frames():
        seen += 1
        if seen == 3:
            await source.close()
    assert seen == 3


async def test_closing_twice_is_safe_before_during_and_after(source: Source) -> None:
    await source.close()
    await source.close()
    assert [item async for item in source.frames()] == []
    await source.close()


async def test_closing_wakes_a_reader_that_waits_for_a_frame() -> None:
    source = PushedSource("door", START, lossless=True, fps_limit=1000)
    reader = asyncio.create_task(anext(source.frames(), None))
    await asyncio.sleep(0)
    await source.close()
    assert await reader is None
