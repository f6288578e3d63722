"""ByteTrack by hand-worked scenes, on bad input, and on real detections."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from haven_server.settings import TrackerSettings
from haven_server.tracking.bytetrack import ByteTrack
from haven_server.types import NANOSECONDS, Detections, TrackState, TrackUpdate

BUFFER = 5
"""Frames a lost track is remembered, in the trackers made here."""


def tracker(camera_id: str = "hall", persist: bool = True) -> ByteTrack:
    """A tracker at ten frames per second with a short memory."""
    return ByteTrack(camera_id, TrackerSettings(track_buffer_s=BUFFER / 10, persist=persist), 0.6)


def people(*seen: tuple[float, float], width: float = 40) -> Detections:
    """People 100 px high, each given by the left edge and the score."""
    boxes = np.array([[x, 50, x + width, 150] for x, _ in seen], np.float32).reshape(-1, 4)
    return Detections(boxes, np.array([score for _, score in seen], np.float32))


NOBODY = people()


def run(track: ByteTrack, frames: Sequence[Detections], start: int = 0, rate: int = 10) -> list[TrackUpdate]:
    """Hand on frames, by default a tenth of a second apart."""
    return [track.update(detections, (start + k) * NANOSECONDS // rate) for k, detections in enumerate(frames)]


def ids(update: TrackUpdate) -> list[int]:
    """The ids that are visible."""
    return [track.track_id for track in update.visible]


def test_people_of_the_first_frame_are_shown_at_once_and_numbered_as_detected() -> None:
    (update,) = run(tracker(), [people((300, 0.9), (10, 0.8))])
    assert ids(update) == [1, 2]
    assert [float(track.box[0]) for track in update.visible] == [300, 10]
    first = update.visible[0]
    assert (first.camera_id, first.state, first.age) == ("hall", TrackState.CONFIRMED, 0)
    assert first.score == pytest.approx(0.9)


def test_who_comes_later_is_shown_when_seen_a_second_time() -> None:
    updates = run(tracker(), [people((10, 0.9)), *[people((10, 0.9), (300, 0.9))] * 2])
    assert [ids(update) for update in updates] == [[1], [1], [1, 2]]
    assert [track.age for track in updates[-1].visible] == [2, 1]


def test_who_is_seen_once_only_is_never_told_of() -> None:
    updates = run(tracker(), [NOBODY, people((300, 0.9)), *[NOBODY] * 20])
    assert all((ids(update), update.ended) == ([], ()) for update in updates)


def test_a_weak_box_keeps_a_half_hidden_person_and_starts_nobody() -> None:
    updates = run(tracker(), [people((10, 0.9)), *[people((10, 0.2), (300, 0.4))] * 4])
    assert [ids(update) for update in updates] == [[1]] * 5
    assert updates[-1].visible[0].score == pytest.approx(0.2)


def test_everybody_remembered_is_tentative_confirmed_or_lost() -> None:
    track = tracker()
    run(track, [people((10, 0.9), (300, 0.8)), people((10, 0.9), (600, 0.7))])
    remembered = [(one.track_id, one.state, one.age) for one in track.remembered()]
    assert remembered == [(1, TrackState.CONFIRMED, 1), (2, TrackState.LOST, 1), (3, TrackState.TENTATIVE, 0)]
    assert track.remembered()[1].box.tolist() == [300, 50, 340, 150]
    track.finish()
    assert track.remembered() == ()


def test_a_box_below_the_low_threshold_does_not_count() -> None:
    updates = run(tracker(), [people((10, 0.9)), people((10, 0.05))])
    assert ids(updates[1]) == []


def test_a_box_between_the_thresholds_goes_on_with_a_track_and_starts_none() -> None:
    updates = run(tracker(), [people((10, 0.9), (300, 0.55))] * 3)
    assert [ids(update) for update in updates] == [[1]] * 3


def test_the_confident_box_is_given_out_before_the_weak_one_that_fits_better() -> None:
    updates = run(tracker(), [people((10, 0.9)), people((14, 0.9), (10, 0.4))])
    assert updates[1].visible[0].score == pytest.approx(0.9)


def test_a_lost_person_is_found_again_within_the_buffer() -> None:
    updates = run(tracker(), [*[people((10, 0.9))] * 3, *[NOBODY] * BUFFER, people((10, 0.9))])
    assert [ids(update) for update in updates] == [[1]] * 3 + [[]] * BUFFER + [[1]]
    assert all(update.ended == () for update in updates)


def test_who_walks_on_while_hidden_is_found_where_the_walk_leads() -> None:
    walk = [people((10 + 6 * k, 0.9)) for k in range(20)]
    walk[12:16] = [NOBODY] * 4
    updates = run(tracker(), walk)
    assert ids(updates[-1]) == [1]


def test_a_person_lost_for_longer_ends_and_comes_back_as_another() -> None:
    updates = run(tracker(), [*[people((10, 0.9))] * 3, *[NOBODY] * (BUFFER + 2), *[people((10, 0.9))] * 2])
    assert [update.ended for update in updates] == [()] * (BUFFER + 4) + [(1,), (), ()]
    assert ids(updates[-1]) == [2]


def test_a_track_taken_up_in_the_frame_after_its_removal_ends_when_lost_again() -> None:
    updates = run(tracker(), [people((10, 0.9)), *[NOBODY] * (BUFFER + 1), people((10, 0.9)), NOBODY, NOBODY])
    assert ids(updates[BUFFER + 2]) == [1]
    assert [update.ended for update in updates[-2:]] == [(1,), ()]


def test_of_two_tracks_in_one_place_the_one_that_is_lost_ends() -> None:
    updates = run(tracker(), [people((10, 0.9), (12, 0.8)), people((12, 0.8))])
    assert (ids(updates[1]), updates[1].ended) == ([2], (1,))


def test_of_two_tracks_in_one_place_the_younger_ends() -> None:
    frames = [*[people((10, 0.9))] * 3, *[people((10, 0.9), (12, 0.9))] * 2, *[people((12, 0.9))] * 2]
    updates = run(tracker(), frames)
    assert [ids(update) for update in updates[3:]] == [[1], [1, 2], [], [1]]
    assert [update.ended for update in updates[3:]] == [(), (), (2,), ()]


def test_every_box_is_where_the_filter_has_it() -> None:
    updates = run(tracker(), [people((10, 0.9)), people((20, 0.9))])
    left = float(updates[1].visible[0].box[0])
    assert 10 < left < 20
    assert updates[1].visible[0].box.dtype == np.float32


def test_ids_belong_to_the_instance() -> None:
    hall, yard = tracker("hall"), tracker("yard")
    frames = [people((10, 0.9)), people((10, 0.9), (300, 0.9)), people((10, 0.9), (300, 0.9))]
    for k, frame in enumerate(frames):
        assert ids(hall.update(frame, k)) == ids(yard.update(frame, k))


def test_a_camera_without_people_stays_quiet() -> None:
    assert [(ids(update), update.ended) for update in run(tracker(), [NOBODY] * 50)] == [([], ())] * 50


def test_five_hundred_people_are_followed_at_once() -> None:
    crowd = people(*[(50.0 * k, 0.9) for k in range(500)])
    updates = run(tracker(), [crowd, crowd, NOBODY, crowd])
    assert ids(updates[0]) == ids(updates[3]) == list(range(1, 501))


def test_a_box_without_area_is_passed_over() -> None:
    updates = run(tracker(), [people((10, 0.9), width=0), people((10, 0.9))])
    assert [ids(update) for update in updates] == [[], []]


@pytest.mark.parametrize(
    ("boxes", "scores", "message"),
    [
        (np.zeros((2, 4), np.float32), np.zeros(1, np.float32), r"scores: wanted \(2,\) float32, got \(1,\)"),
        (np.zeros((2, 3), np.float32), np.zeros(2, np.float32), r"boxes: wanted \(2, 4\) float32, got \(2, 3\)"),
        (np.zeros((1, 4), np.float32), np.array(0.9, np.float32), r"scores: wanted \(1,\) float32, got \(\)"),
        (np.array(0, np.float32), np.zeros(1, np.float32), r"boxes: wanted .* got \(\) float32"),
        (np.zeros((1, 4)), np.zeros(1, np.float32), r"boxes: wanted \(1, 4\) float32, got \(1, 4\) float64"),
    ],
)
def test_detections_whose_arrays_do_not_fit_are_refused(
    boxes: npt.NDArray[np.float32], scores: npt.NDArray[np.float32], message: str
) -> None:
    with pytest.raises(ValueError, match=f"^Detections.{message}"):
        Detections(boxes, scores)


def bad(box: list[float], score: float = 0.9) -> Detections:
    """One good and one bad detection."""
    return Detections(np.array([[10, 50, 50, 150], box], np.float32), np.array([0.9, score], np.float32))


@pytest.mark.parametrize(
    ("detections", "message"),
    [
        (bad([np.nan, 0, 10, 10]), r"boxes: .*got \[nan, 0.0, 10.0, 10.0\] in row 1"),
        (bad([0, 0, np.inf, 10]), "boxes: .*inf"),
        (bad([10, 0, 0, 10]), "boxes: wanted x1 <= x2"),
        (bad([0, 0, 10, 10], 1.5), "scores: wanted numbers in"),
        (bad([0, 0, 10, 10], np.nan), "scores: wanted finite numbers"),
    ],
)
def test_a_bad_detection_is_refused_and_harms_no_track(detections: Detections, message: str) -> None:
    disturbed, quiet = tracker(), tracker()
    frames = [people((10 + 3 * k, 0.9), (300, 0.7)) for k in range(6)]
    run(disturbed, frames[:3])
    with pytest.raises(ValueError, match=message):
        disturbed.update(detections, 300_000_000)
    told = run(disturbed, frames[3:], start=3)
    expected = run(quiet, frames)[3:]
    assert [ids(update) for update in told] == [ids(update) for update in expected]
    for track, other in zip(told[-1].visible, expected[-1].visible, strict=True):
        np.testing.assert_array_equal(track.box, other.box)


def test_time_that_runs_backwards_is_refused_and_harms_no_track() -> None:
    track = tracker()
    run(track, [people((10, 0.9))] * 2)
    with pytest.raises(ValueError, match=r"'hall': frame captured at 0 ns after one at 100000000 ns"):
        track.update(NOBODY, 0)
    assert ids(track.update(people((10, 0.9)), 100_000_000)) == [1]


@pytest.mark.parametrize(("persist", "next_ids"), [(True, [3]), (False, [1])])
def test_reconnecting_ends_all_tracks_and_persist_says_whether_ids_go_on(persist: bool, next_ids: list[int]) -> None:
    track = tracker(persist=persist)
    run(track, [people((10, 0.9), (300, 0.9)), people((10, 0.9))])
    assert track.reconnect() == (1, 2)
    (update,) = run(track, [people((10, 0.9))])
    assert (ids(update), update.ended) == (next_ids, ())


def test_finishing_ends_whom_others_were_told_of() -> None:
    track = tracker()
    run(track, [people((10, 0.9)), people((10, 0.9), (300, 0.9))])
    assert track.finish() == (1,)
    assert track.finish() == ()


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1))
def test_every_id_shown_ends_once_and_never_returns(seed: int) -> None:
    random = np.random.default_rng(seed)
    track = tracker()
    places = random.uniform(0, 400, 8)
    shown: set[int] = set()
    ended: list[int] = []
    for frame in range(60):
        places += random.normal(0, 4, len(places))
        seen = places[random.random(len(places)) < random.choice([0, 0.5, 0.95])]
        update = track.update(people(*zip(seen, random.beta(4, 2, len(seen)), strict=True)), frame)
        ended += update.ended
        assert ids(update) == sorted(ids(update)) and not set(ids(update)) & set(ended)
        shown |= set(ids(update))
    ended += track.finish()
    assert sorted(ended) == sorted(shown)


def detections_of(path: Path) -> list[Detections]:
    """Read a MOTChallenge detection file, one entry per frame from 1 on."""
    rows = np.loadtxt(path, delimiter=",", ndmin=2)
    frames: npt.NDArray[np.int64] = rows[:, 0].astype(np.int64)
    boxes = np.hstack((rows[:, 2:4], rows[:, 2:4] + rows[:, 4:6])).astype(np.float32)
    scores = rows[:, 6].clip(0, 1).astype(np.float32)
    return [Detections(boxes[frames == k], scores[frames == k]) for k in range(1, frames.max() + 1)]


@pytest.mark.parametrize(
    ("name", "least", "most"),
    # As many people as there are, and room for those who are hidden too long or leave and come back: in PETS many do.
    [("PETS09-S2L1", 19, 60), ("TUD-Stadtmitte", 10, 20), ("TUD-Campus", 8, 16)],
)
def test_real_people_keep_their_ids_for_long(test_data: Path, name: str, least: int, most: int) -> None:
    frames = detections_of(test_data / "tracking" / f"{name}_det.txt")
    updates = run(ByteTrack("hall", TrackerSettings(), 0.6), frames, rate=25)
    lengths = Counter(number for update in updates for number in ids(update))
    assert least <= len(lengths) <= most
    assert lengths.total() > 0.85 * sum(len(frame.scores) for frame in frames)
    # Most of what is seen belongs to tracks over one second long.
    assert sum(length for length in lengths.values() if length > 25) > 0.8 * lengths.total()


@pytest.mark.parametrize("rate", [4, 10, 50])
def test_the_buffer_is_a_time_whatever_the_frame_rate(rate: int) -> None:
    """A gap a little shorter than half a second, and one a little longer."""
    seen, gap = [people((10, 0.9))] * 2, round(0.5 * rate)
    kept = run(tracker(), [*seen, *[NOBODY] * (gap - 1), *seen], rate=rate)
    forgotten = run(tracker(), [*seen, *[NOBODY] * (gap + 3), *seen], rate=rate)
    assert ids(kept[-1]) == [1]
    assert ids(forgotten[-1]) == [2]
