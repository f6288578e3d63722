"""Small video files, made on the spot."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

WriteVideo = Callable[..., Path]


@pytest.fixture
def write_video(tmp_path: Path) -> WriteVideo:
    """Write a video whose frames grow brighter."""

    def write(name: str = "a.mp4", count: int = 3, rate: float = 10.0) -> Path:
        path = tmp_path / name
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), rate, (64, 48))
        for index in range(count):
            writer.write(np.full((48, 64, 3), index * 5 % 256, np.uint8))
        writer.release()
        return path

    return write
