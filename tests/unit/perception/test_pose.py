from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from haven_server.perception.pose import PoseEstimator, best_pairs
from haven_server.ports import Engine
from haven_server.types import BGRImage, Frame, ModelRole, Track, TrackState

MakePicture = Callable[..., BGRImage]
LEFT, RIGHT = (40, 60, 120, 260), (400, 100, 460, 200)


def track(track_id: int, box: tuple[int, ...]) -> Track:
    return Track("door", track_id, np.array(box, np.float32), 0.9, TrackState.CONFIRMED, 0)


def frame(image: BGRImage) -> Frame:
    return Frame("door", 0, 0, image)


async def test_each_track_gets_its_own_pose_in_source_pixels(engine: Engine, make_picture: MakePicture) -> None:
    estimator = PoseEstimator(engine, 640, 0.3)
    picture = make_picture((LEFT, "red"), (RIGHT, "red"))
    poses = await estimator.estimate(frame(picture), [track(7, RIGHT), track(3, LEFT)])
    assert set(poses) == {3, 7}
    np.testing.assert_allclose(poses[3].keypoints[:, :2], np.tile([80, 160], (17, 1)), atol=2)
    np.testing.assert_allclose(poses[7].keypoints[:, :2], np.tile([430, 150], (17, 1)), atol=2)
    np.testing.assert_allclose(poses[7].keypoints[:, 2], 0.8)
    assert (poses[3].score, poses[7].score) == pytest.approx((0.9, 0.7))


async def test_without_tracks_no_network_runs(
    engine: Engine, calls: dict[ModelRole, list[int]], make_picture: MakePicture
) -> None:
    assert await PoseEstimator(engine, 640, 0.3).estimate(frame(make_picture((LEFT, "red"))), []) == {}
    assert calls[ModelRole.POSE_ESTIMATOR] == []


async def test_a_track_without_a_pose_is_missing(engine: Engine, make_picture: MakePicture) -> None:
    estimator = PoseEstimator(engine, 640, 0.3)
    assert await estimator.estimate(frame(make_picture()), [track(1, LEFT)]) == {}
    poses = await estimator.estimate(frame(make_picture((RIGHT, "red"))), [track(1, LEFT), track(2, RIGHT)])
    assert set(poses) == {2}


async def test_poses_under_the_threshold_are_left_out(engine: Engine, make_picture: MakePicture) -> None:
    picture = make_picture((LEFT, "red"), (RIGHT, "red"))
    poses = await PoseEstimator(engine, 640, 0.8).estimate(frame(picture), [track(1, LEFT), track(2, RIGHT)])
    assert set(poses) == {1}


def test_pairs_are_one_to_one_and_the_greatest_overlap_comes_first() -> None:
    overlaps = np.array([[0.8, 0.9], [0.7, 0.85]], np.float32)
    assert best_pairs(overlaps, 0.3) == [(0, 1), (1, 0)]


def test_too_little_overlap_is_no_pair() -> None:
    assert best_pairs(np.array([[0.29, 0.1]], np.float32), 0.3) == []


def test_equal_overlaps_go_to_the_lowest_row_then_column() -> None:
    assert best_pairs(np.full((2, 3), 0.5, np.float32), 0.3) == [(0, 0), (1, 1)]


@pytest.mark.parametrize("shape", [(0, 0), (3, 0), (0, 3)])
def test_no_boxes_make_no_pairs(shape: tuple[int, int]) -> None:
    assert best_pairs(np.zeros(shape, np.float32), 0.3) == []
