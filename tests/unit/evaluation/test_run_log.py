"""The run's memory, and the report made of it."""

from __future__ import annotations

import numpy as np

from haven_server.evaluation.report import build_report
from haven_server.evaluation.run_log import RunLog
from haven_server.telemetry import StageTimes
from haven_server.types import (
    CameraState,
    CameraStatus,
    Confidence,
    Identification,
    StoreStatistics,
    Track,
    TrackState,
)

SECOND = 1_000_000_000
START = 100 * SECOND


def track(camera_id: str, track_id: int, age: int = 0) -> Track:
    """A person at the picture's corner."""
    return Track(camera_id, track_id, np.array([0, 0, 10, 20], np.float32), 0.9, TrackState.CONFIRMED, age)


def status(camera_id: str, frames: int, state: CameraState = CameraState.ENDED, problem: str = "") -> CameraStatus:
    """How a camera of type video stands."""
    return CameraStatus(camera_id, camera_id, "video", state, True, frames, 0, 0.0, problem)


def run_log() -> RunLog:
    """Two cameras; in the first, one person known and one not, in the second the known one again."""
    log = RunLog()
    log.see("hall", 0, START, (track("hall", 1), track("hall", 2)))
    log.see("hall", 1, START + SECOND, (track("hall", 1, 1),))
    log.see("kitchen", 4, START + 5 * SECOND, (track("kitchen", 1),))
    log.identify(Identification("hall", 1, 7, Confidence.LOW, final=False))
    log.identify(Identification("hall", 1, 7, Confidence.HIGH, final=True))
    log.identify(Identification("hall", 2, None, None, final=True))
    log.identify(Identification("kitchen", 1, 7, Confidence.LOW, final=True))
    return log


def test_a_track_has_the_id_it_was_given_last() -> None:
    first, second = run_log().tracks("hall")
    assert (first.global_id, first.confidence, len(first.sightings)) == (7, Confidence.HIGH, 2)
    assert (second.global_id, second.confidence) == (None, None)


def test_people_are_counted_once_over_all_cameras() -> None:
    log = run_log()
    assert log.people() == (7,)
    assert log.people("kitchen") == (7,)
    assert log.people("attic") == ()


def test_tracks_are_found_by_the_frame_they_are_in() -> None:
    by_frame = run_log().by_frame("hall")
    assert {frame: [record.track_id for record, _ in people] for frame, people in by_frame.items()} == {
        0: [1, 2],
        1: [1],
    }


def test_positions_count_skipped_frames() -> None:
    assert run_log().positions == {"hall": 2, "kitchen": 5}


def test_a_films_clock_counts_from_the_runs_start() -> None:
    clock = run_log().clock("hall", START - 7 * SECOND)
    assert (clock.frame_s, clock.at(1), clock.at(3)) == (1.0, 7.0, 9.0)
    assert run_log().clock("kitchen", START).at(5) == 5.0
    assert run_log().clock("attic", START).at(1) == 0.0


def test_boxes_of_nobody_known_are_not_listed() -> None:
    found = run_log().found("hall")
    assert (found.frames.tolist(), found.tracks.tolist(), found.ids.tolist()) == ([1, 2], [1, 1], [7, 7])


def test_the_last_reason_that_an_event_tells_is_kept() -> None:
    log = run_log()
    log.explain("hall", 1, {"reason": "first"})
    log.explain("hall", 1, {"reason": "second"})
    log.explain("hall", 1, {"score": 0.5})
    log.explain(None, None, {"reason": "disk full"})
    assert [record.reason for record in log.tracks("hall")] == ["second", ""]


def test_the_report_holds_means_over_tracks_and_a_cameras_failure() -> None:
    cameras = [status("hall", 2), status("kitchen", 1, CameraState.FAILED, "no such file")]
    statistics = StoreStatistics(identities=2, observations=5, embeddings=7, events=9, size_bytes=1_500_000)
    report = build_report(run_log(), cameras, StageTimes().summary(), statistics, seconds=2.0)
    assert report["avg_tracklet_length"] == 1.33
    assert report["db_stats"] == {"total_embeddings_stored": 7, "avg_embeddings_per_id": 3.5, "db_size_mb": 1.5}
    assert report["throughput"] == {"frames": 3, "seconds": 2.0, "frames_per_second": 1.5}
    assert report["cameras"]["kitchen"]["problem"] == "no such file"
    assert report["hota"] == {"global": None, "cameras": {"hall": None, "kitchen": None}}


def test_the_report_of_nothing_is_whole() -> None:
    statistics = StoreStatistics(identities=0, observations=0, embeddings=0, events=0, size_bytes=0)
    report = build_report(RunLog(), [], (), statistics, seconds=0.0)
    assert report["avg_tracklet_length"] == report["throughput"]["frames_per_second"] == 0
    assert report["db_stats"]["avg_embeddings_per_id"] == 0
