"""The tracklet builder: which views are kept, and when a tracklet is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from haven_server.reid.tracklets import TrackletBuilder
from haven_server.settings import GaitSettings, QualitySettings
from haven_server.types import NANOSECONDS, BGRImage, Frame, Pose, Tracklet, TrackState, TrackUpdate
from haven_server.types import Track as TrackType

STEP = NANOSECONDS // 10
NOISE = np.random.default_rng(0).integers(0, 255, (300, 400, 3), np.uint8)
FLAT: BGRImage = np.full((300, 400, 3), 128, np.uint8)


def track(track_id: int = 1, box: Sequence[float] = (100, 50, 180, 250), score: float = 0.9) -> TrackType:
    return TrackType("cam1", track_id, np.array(box, np.float32), score, TrackState.CONFIRMED, 1)


def builder(samples: int = 5, refresh_s: float = 2.0, min_sharpness: float = 100.0) -> TrackletBuilder:
    return TrackletBuilder("cam1", QualitySettings(min_sharpness=min_sharpness), samples, refresh_s)


def see(
    tracklets: TrackletBuilder,
    index: int,
    *visible: TrackType,
    ended: tuple[int, ...] = (),
    image: BGRImage = NOISE,
    poses: Mapping[int, Pose] | None = None,
) -> tuple[Tracklet, ...]:
    boxes = np.array([one.box for one in visible], np.float32).reshape(-1, 4)
    scores = np.array([one.score for one in visible], np.float32)
    ids, ages = np.array([(one.track_id, one.age) for one in visible], np.int64).reshape(-1, 2).T
    update = TrackUpdate("cam1", ids, boxes, scores, ages, ended)
    return tracklets.update(Frame("cam1", index, index * STEP, image), update, poses or {})


def pose(score: float) -> Pose:
    return Pose(np.full((17, 3), score, np.float32), score)


def test_a_track_is_told_once_it_has_the_least_number_of_frames() -> None:
    tracklets = builder()
    assert [len(see(tracklets, index, track())) for index in range(6)] == [0, 0, 0, 0, 1, 0]


def test_a_live_track_is_told_again_after_the_refresh_time_only_if_its_views_changed() -> None:
    tracklets = builder(samples=1, refresh_s=1.0)
    told = [index for index in range(40) if see(tracklets, index, track(score=0.95 if index == 17 else 0.9))]
    assert told == [4, 17]


def test_what_may_have_gone_unheard_is_told_again_at_once() -> None:
    tracklets = builder()
    told = []
    for index in range(12):
        if index == 7:
            tracklets.retell()
        told += [index] * len(see(tracklets, index, track()))
    assert told == [4, 7]


def test_a_view_says_that_nobody_could_look_for_its_pose() -> None:
    tracklets = builder()
    frame = Frame("cam1", 0, 0, NOISE)
    one = track()
    update = TrackUpdate("cam1", np.array([1]), one.box[None], np.array([0.9], np.float32), np.array([1]), ())
    tracklets.update(frame, update, None)
    (tracklet,) = tracklets.finish()
    assert [(sample.unposed, sample.keypoints) for sample in tracklet.samples] == [(True, None)]


def test_samples_are_at_most_k_in_time_order_and_span_the_whole_life() -> None:
    tracklets = builder(samples=5)
    for index in range(600):
        see(tracklets, index, track(score=0.5 + (index % 7) / 20))
    (last,) = tracklets.finish()
    times = [sample.captured_at for sample in last.samples]
    assert len(times) == 5 and times == sorted(times)
    assert times[0] < 150 * STEP and times[-1] > 450 * STEP
    assert (last.first_seen, last.last_seen, last.frame_count) == (0, 599 * STEP, 600)


def test_the_best_view_of_a_stretch_of_time_is_the_one_kept() -> None:
    tracklets = builder(samples=1)
    for index, score in enumerate([0.5, 0.9, 0.7, 0.8, 0.6]):
        told = see(tracklets, index, track(score=score))
    assert told[0].samples[0].frame_index == 1
    assert told[0].quality == told[0].samples[0].quality == pytest.approx(0.3 * 0.9 + 0.3 + 0.4)


def test_a_view_that_shows_the_face_is_preferred() -> None:
    tracklets = builder(samples=1)
    for index in range(5):
        told = see(
            tracklets, index, track(score=0.8 if index == 3 else 0.9), poses={1: pose(0.9 if index == 3 else 0.1)}
        )
    assert told[0].samples[0].frame_index == 3 and told[0].samples[0].keypoints is not None
    assert told[0].samples[0].quality <= 1.0


@pytest.mark.parametrize(
    ("box", "image"),
    [
        ((100, 50, 180, 120), NOISE),
        ((100, -200, 180, 60), NOISE),
        ((500, 0, 580, 200), NOISE),
        ((100, 50, 180, 250), FLAT),
    ],
    ids=["too small", "mostly out of the picture", "out of the picture", "blurred"],
)
def test_an_unusable_view_is_no_sample_but_the_track_is_told_at_its_end(box: Sequence[float], image: BGRImage) -> None:
    tracklets = builder()
    for index in range(10):
        assert see(tracklets, index, track(box=box), image=image) == ()
    (last,) = see(tracklets, 10, ended=(1,), image=image)
    assert last.ended and last.samples == () and last.quality == 0.0 and last.frame_count == 10


def test_a_crop_is_cut_by_the_box_clipped_to_the_picture_and_is_a_copy() -> None:
    tracklets = builder()
    image = NOISE.copy()
    for index in range(5):
        told = see(tracklets, index, track(box=(-20.5, 99.5, 60.2, 310.0)), image=image)
    image[:] = 0
    sample = told[0].samples[0]
    assert np.array_equal(sample.crop, NOISE[99:300, 0:61])
    assert sample.box.tolist() == pytest.approx([-20.5, 99.5, 60.2, 310.0])


def test_tracklets_come_by_ascending_track_id_whether_live_or_ended() -> None:
    tracklets = builder()
    for index in range(4):
        see(tracklets, index, track(1), track(2), track(3))
    told = see(tracklets, 4, track(1), track(3), ended=(2, 9))
    assert [(tracklet.track_id, tracklet.ended) for tracklet in told] == [(1, False), (2, True), (3, False)]


def test_an_ended_track_is_forgotten_so_that_its_number_may_be_used_again() -> None:
    tracklets = builder()
    for index in range(4):
        see(tracklets, index, track())
    assert [tracklet.frame_count for tracklet in tracklets.finish()] == [4]
    assert tracklets.finish() == ()
    see(tracklets, 10, track())
    assert [tracklet.frame_count for tracklet in tracklets.finish()] == [1]


def walking(index: int) -> Pose:
    """A pose that goes on by 20 px a frame."""
    points = np.full((17, 3), 0.9, np.float32)
    points[:, 0] = 20 * index + np.arange(17)
    return Pose(points, 0.9)


def test_a_tracklet_brings_the_windows_in_which_its_track_moves() -> None:
    tracklets = TrackletBuilder("cam1", QualitySettings(), 5, 2.0, GaitSettings(sequence_length=6))
    told = [tracklet for index in range(20) for tracklet in see(tracklets, index, track(), poses={1: walking(index)})]
    (last,) = tracklets.finish()
    assert [len(tracklet.walks) for tracklet in (*told, last)] == [0, 3]
    assert last.walks[1].times.tolist() == [index * STEP for index in range(6, 12)]


def test_a_first_walk_is_news_even_where_the_views_did_not_change() -> None:
    tracklets = TrackletBuilder("cam1", QualitySettings(), 1, 0.1, GaitSettings(sequence_length=10))
    told = [index for index in range(40) if see(tracklets, index, track(), poses={1: walking(index)})]
    assert told == [4, 9]


def test_without_gait_poses_are_not_kept() -> None:
    tracklets = builder()
    for index in range(40):
        see(tracklets, index, track(), poses={1: walking(index)})
    assert tracklets.finish()[0].walks == ()
