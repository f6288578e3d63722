"""Snapshots: the best view of a track, once."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from haven_server.pipeline.snapshots import Snapshots
from haven_server.types import Sample, Tracklet


def tracklet(*qualities: float, track_id: int = 1) -> Tracklet:
    """A tracklet whose views are as bright as they are good."""
    samples = tuple(
        Sample(
            frame_index=index,
            captured_at=index,
            crop=np.full((80, 40, 3), round(250 * quality), np.uint8),
            box=np.array([0, 0, 40, 80], np.float32),
            keypoints=None,
            score=0.9,
            sharpness=100.0,
            quality=quality,
        )
        for index, quality in enumerate(qualities)
    )
    return Tracklet("cam1", track_id, 0, 9, 10, samples, 0.5, ended=False)


async def test_the_best_view_is_kept_under_the_persons_number(tmp_path: Path) -> None:
    path = await Snapshots(tmp_path).keep(tracklet(0.2, 0.8, 0.5), 7)
    assert path == str(tmp_path / "7" / "cam1_1_1.jpg")
    picture = cv2.imread(path)
    assert picture is not None and abs(int(picture.mean()) - 200) <= 2


async def test_a_track_has_one_picture_until_it_ends(tmp_path: Path) -> None:
    snapshots = Snapshots(tmp_path)
    assert await snapshots.keep(tracklet(0.5), 7) is not None
    assert await snapshots.keep(tracklet(0.9), 7) is None
    assert await snapshots.keep(tracklet(0.5, track_id=2), 7) is not None
    snapshots.forget(tracklet(0.5))
    assert await snapshots.keep(tracklet(0.9), 7) is not None


async def test_a_track_without_a_usable_view_has_none(tmp_path: Path) -> None:
    assert await Snapshots(tmp_path).keep(tracklet(), 7) is None


async def test_a_disk_that_refuses_costs_the_picture_alone(tmp_path: Path) -> None:
    (tmp_path / "7").touch()
    assert await Snapshots(tmp_path).keep(tracklet(0.5), 7) is None
