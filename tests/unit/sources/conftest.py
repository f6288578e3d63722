"""Small video files and frames, made on the spot."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from haven_server.types import Frame

START = 1_000_000_000_000_000_000
"""Where these tests' time begins, ns since the Unix epoch."""

WriteVideo = Callable[..., Path]
MakeFrame = Callable[..., Frame]


@pytest.fixture
def write_video(tmp_path: Path) -> WriteVideo:
    """Write a video whose frame ``i`` is grey of level ``8 * i``, with a little noise."""

    def write(name: str = "clip.avi", frames: int = 20, rate: float = 10.0, codec: str = "MJPG") -> Path:
        path = tmp_path / name
        writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*codec), rate, (160, 120))
        noise = np.random.default_rng(0)
        for index in range(frames):
            writer.write(noise.integers(8 * index, 8 * index + 9, (120, 160, 3)).astype(np.uint8))
        writer.release()
        return path

    return write


@pytest.fixture
def make_frame() -> MakeFrame:
    """Make a frame captured some seconds after ``START``."""

    def make(index: int, seconds: float, camera_id: str = "door") -> Frame:
        return Frame(camera_id, index, START + round(seconds * 1e9), np.full((12, 16, 3), index, np.uint8))

    return make
