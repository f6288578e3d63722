"""The diary writes a track's start, its end, and once an interval between; never a person nobody knows."""

import numpy as np

from haven_server.pipeline.diary import PENDING_LIMIT, Diary
from haven_server.types import NANOSECONDS, FrameOutcome, Observation, Track, TrackState


def outcome(at_s: float, *track_ids: int) -> FrameOutcome:
    tracks = tuple(
        Track("cam1", track_id, np.array([at_s, 0, at_s + 10, 20], np.float32), 0.9, TrackState.CONFIRMED, 0)
        for track_id in track_ids
    )
    return FrameOutcome("cam1", 0, round(at_s * NANOSECONDS), tracks, ())


def times(observations: tuple[Observation, ...]) -> list[float]:
    return [observation.captured_at / NANOSECONDS for observation in observations]


def test_nothing_is_written_until_the_person_is_known_and_then_all_of_it() -> None:
    diary = Diary(interval_s=1.0, root=lambda one: one)
    for at_s in (0.0, 0.5, 1.0, 1.5, 2.0):
        assert diary.note(outcome(at_s, 1)) == ()
    written = diary.identify("cam1", 1, 7, "picture.jpg")
    assert times(written) == [0.0, 1.0, 2.0]
    assert {observation.global_id for observation in written} == {7}
    assert [observation.snapshot_path for observation in written] == ["picture.jpg", None, None]


def test_a_known_person_is_written_once_an_interval_and_at_the_end() -> None:
    diary = Diary(interval_s=1.0, root=lambda one: one)
    diary.note(outcome(0.0, 1))
    diary.identify("cam1", 1, 7, None)
    assert [times(diary.note(outcome(at_s, 1))) for at_s in (0.5, 1.0, 1.5)] == [[], [1.0], []]
    last = diary.end("cam1", 1)
    assert times(last) == [1.5]
    assert last[0].box[0] == 1.5


def test_an_end_that_was_just_written_is_not_written_twice() -> None:
    diary = Diary(interval_s=1.0, root=lambda one: one)
    diary.note(outcome(0.0, 1))
    diary.identify("cam1", 1, 7, None)
    assert diary.end("cam1", 1) == ()


def test_a_track_nobody_recognised_leaves_no_row() -> None:
    diary = Diary(interval_s=1.0, root=lambda one: one)
    diary.note(outcome(0.0, 1))
    assert diary.end("cam1", 1) == ()
    assert diary.end("cam1", 99) == ()


def test_what_waits_for_a_name_is_bounded() -> None:
    diary = Diary(interval_s=1.0, root=lambda one: one)
    for second in range(PENDING_LIMIT + 100):
        diary.note(outcome(float(second), 1))
    assert len(diary.identify("cam1", 1, 7, None)) == PENDING_LIMIT
