"""Files on one clock, and a thread that is never left behind."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import aclosing
from pathlib import Path

import numpy as np
import pytest
from haven_client import film as film_module
from haven_client.film import Film
from haven_client.messages import CameraEnd, Frame
from haven_client.video import VideoFrame

WriteVideo = Callable[..., Path]
SECOND = 1_000_000_000


class FakeReader:
    """Stands in for a file whose second frame takes long to decode: until ``released`` is set."""

    expected = None

    def __init__(self, path: Path, starts_at: int, fps_limit: float) -> None:
        self.decoding = threading.Event()
        self.released = threading.Event()
        self.closed_by: list[str] = []

    def frames(self) -> Iterator[VideoFrame]:
        try:
            yield VideoFrame(0, 0, np.zeros((1, 1, 3), np.uint8))
            self.decoding.set()
            self.released.wait()
            yield VideoFrame(1, 1, np.zeros((1, 1, 3), np.uint8))
        finally:
            self.closed_by.append(threading.current_thread().name)


async def test_frames_and_ends_come_in_capture_order_over_all_files(write_video: WriteVideo) -> None:
    videos = {"cam1": write_video("a.mp4", 2), "cam2": write_video("b.mp4", 1)}
    film = Film(videos, {"cam1": 0, "cam2": SECOND // 20}, 30.0, raw=True, paced=False)
    items = [(type(item), item.camera_id) async for item in film.items()]
    assert items == [
        (Frame, "cam1"), (Frame, "cam2"), (CameraEnd, "cam2"), (Frame, "cam1"), (CameraEnd, "cam1")
    ]  # fmt: skip
    assert film.sent == {"cam1": 2, "cam2": 1}
    assert film.finished == {"cam1", "cam2"}


async def test_cancelling_while_a_frame_is_decoded_waits_for_the_thread_and_releases_the_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reader = FakeReader(Path(), 0, 30.0)
    monkeypatch.setattr(film_module, "VideoReader", lambda *_: reader)
    film = Film({"cam1": Path()}, {"cam1": 0}, 30.0, raw=True, paced=False)

    async def take() -> None:
        async with aclosing(film.items()) as items:
            async for _ in items:
                pass

    taking = asyncio.create_task(take())
    await asyncio.to_thread(reader.decoding.wait)
    taking.cancel()
    for _ in range(20):
        await asyncio.sleep(0)
    assert not taking.done() and not reader.closed_by
    reader.released.set()
    with pytest.raises(asyncio.CancelledError):
        await taking
    assert [name.partition("_")[0] for name in reader.closed_by] == ["film"]
    assert film.finished == set()
