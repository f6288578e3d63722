"""The track table against its twin, on bad input, and at its limits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from haven_core.reference_tracks import ReferenceTable
from haven_core.tracks import TrackTable

Seen = tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]
NOBODY = np.empty((0, 4), np.float32), np.empty(0, np.float32)


def standing(count: int, left: float = 0, score: float = 0.9) -> Seen:
    """Boxes and scores of people who stand side by side."""
    x = left + 50 * np.arange(count, dtype=np.float32)
    boxes = np.stack((x, np.zeros(count), x + 40, np.full(count, 100)), axis=1).astype(np.float32)
    return boxes, np.full(count, score, np.float32)


def take_in(
    table: TrackTable | ReferenceTable, seen: Seen, remembered: int = 5, removals: int = 1000, find_lost: bool = False
) -> tuple[int, ...]:
    """Take in one frame as ByteTrack does; return the ids that ended."""
    table.advance(*seen, 0.1, 0.5)
    table.associate_confident(0.8, True)
    table.associate_doubtful(0.5, find_lost)
    table.associate_tentative(0.7, True)
    table.begin(0.6)
    return table.settle(table.frame - remembered, 0.15, removals)


def crowd(random: np.random.Generator, people: int, frames: int) -> Iterator[Seen]:
    """Let people wander, hide one another, come and go."""
    place, height = random.uniform(0, 250, (people, 2)), random.uniform(40, 120, people)
    for _ in range(frames):
        place += random.normal(0, 5, place.shape)
        seen = random.random(people) < random.choice([0, 0.6, 0.95], p=[0.1, 0.4, 0.5])
        sides = np.stack((0.4 * height, height), axis=1)[seen]
        corners = place[seen] + random.normal(0, 1, (seen.sum(), 2))
        yield np.hstack((corners, corners + sides)).astype(np.float32), random.beta(4, 2, seen.sum()).astype(np.float32)


@pytest.mark.parametrize("by_width", [False, True])
@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 15), st.integers(0, 6), st.sampled_from([3, 1000]), st.booleans())
def test_any_crowd_is_followed_as_the_twin_follows_it(
    by_width: bool, seed: int, people: int, remembered: int, removals: int, find_lost: bool
) -> None:
    table, twin = TrackTable(by_width), ReferenceTable(by_width)
    for seen in crowd(np.random.default_rng(seed), people, 30):
        assert take_in(table, seen, remembered, removals, find_lost) == take_in(
            twin, seen, remembered, removals, find_lost
        )
        (ids, boxes, scores, ages), expected = table.visible(), twin.visible()
        np.testing.assert_array_equal([ids, ages], [expected[0], expected[3]])
        np.testing.assert_array_equal(scores, expected[2])
        np.testing.assert_allclose(boxes, expected[1], rtol=0, atol=0.01)
    assert table.clear() == twin.clear()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 12), st.booleans())
def test_any_crowd_is_followed_by_looks_and_motion_as_the_twin_follows_it(
    seed: int, people: int, all_looks: bool
) -> None:
    random = np.random.default_rng(seed)
    table = TrackTable(True, near=0.5, alike=0.6, kept=0.9)
    twin = ReferenceTable(True, near=0.5, alike=0.6, kept=0.9)
    for boxes, scores in crowd(random, people, 30):
        turn = random.normal(0, 0.02)
        motion = np.array([[np.cos(turn), -np.sin(turn), 3], [np.sin(turn), np.cos(turn), -2]])
        vectors = np.abs(random.normal(size=(len(boxes), 6)))
        vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
        results = []
        for one in (table, twin):
            one.advance(boxes, scores, 0.1, 0.5)
            one.warp(motion)
            places = one.in_doubt(0.8, one.frame - 5)
            described = np.arange(len(boxes)) if all_looks else places
            one.describe(described, vectors[described])
            one.associate_confident(0.8, True)
            one.associate_doubtful(0.5)
            one.associate_tentative(0.7, True)
            one.relink(0.7, 0.3, 0.02)
            one.begin(0.6)
            results.append((places.tolist(), one.settle(one.frame - 8, 0.15, 1000)))
        assert results[0] == results[1]
        assert table.visible()[0].tolist() == twin.visible()[0].tolist()
        np.testing.assert_allclose(table.visible()[1], twin.visible()[1], rtol=0, atol=0.01)


def test_growing_keeps_the_tracks_that_are_there() -> None:
    table = TrackTable()
    take_in(table, standing(3))
    boxes, scores = (np.concatenate(pair) for pair in zip(standing(3), standing(1000, left=1000), strict=True))
    for _ in range(2):
        take_in(table, (boxes, scores))
    ids, found, _, ages = table.visible()
    assert ids.tolist() == list(range(1, 1004))
    assert ages[:4].tolist() == [2, 2, 2, 1]
    np.testing.assert_allclose(found, boxes, atol=1e-3)


def test_a_box_begins_one_track_however_often_tracks_are_begun() -> None:
    table = TrackTable()
    table.advance(*standing(3), 0.1, 0.5)
    for _ in range(100):
        table.begin(0.6)
    table.settle(0, 0.15, 1000)
    assert table.visible()[0].tolist() == [1, 2, 3]


def test_people_on_one_spot_are_paired_as_well_as_people_apart() -> None:
    table = TrackTable()
    boxes = np.tile(np.array([[100, 100, 140, 200]], np.float32), (70, 1))
    for _ in range(2):
        take_in(table, (boxes, np.full(70, 0.9, np.float32)))
    assert table.visible()[0].tolist() == list(range(1, 71))


def test_a_box_as_wide_as_all_others_together_finds_its_track() -> None:
    table = TrackTable()
    boxes, scores = standing(30)
    wide = np.array([[-1e6, 0, 1e6, 90]], np.float32)
    for _ in range(2):
        take_in(table, (np.vstack((boxes, wide)), np.append(scores, np.float32(0.9))))
    assert table.visible()[0].tolist() == list(range(1, 32))


def revived() -> TrackTable:
    """A table with one track that was taken up in the frame after its removal."""
    table = TrackTable()
    for seen in (standing(1), NOBODY, NOBODY, standing(1)):
        assert take_in(table, seen, remembered=1) == ()
        table.visible()
    return table


def test_a_removed_track_taken_up_again_is_dropped_when_lost() -> None:
    assert take_in(revived(), NOBODY, remembered=1) == (1,)


def test_many_removals_later_a_removed_track_counts_as_any_other() -> None:
    table = revived()
    boxes, scores = (np.concatenate(pair) for pair in zip(standing(1), standing(3, left=1000), strict=True))
    assert take_in(table, (boxes, scores), remembered=1, removals=3) == ()
    assert take_in(table, standing(1), remembered=1, removals=3) == ()
    assert take_in(table, NOBODY, remembered=1, removals=3) == ()


GOOD = standing(2)


@pytest.mark.parametrize(
    ("boxes", "scores", "elapsed", "message"),
    [
        (None, GOOD[1], 1, "boxes: wanted .*got NoneType"),
        (GOOD[0].astype(np.float64), GOOD[1], 1, "boxes: wanted .*float64"),
        (GOOD[0][:, :3].copy(), GOOD[1], 1, r"boxes: wanted .*\(2, 3\)"),
        (GOOD[0] * np.float32(np.nan), GOOD[1], 1, "boxes: wanted x1 <= x2 .*nan.* in row 0"),
        (GOOD[0][:, [2, 1, 0, 3]].copy(), GOOD[1], 1, "boxes: wanted x1 <= x2"),
        (GOOD[0], GOOD[1][:1], 1, r"scores: wanted \(2,\) float32"),
        (GOOD[0][:0], None, 1, r"scores: wanted \(0,\) float32, .*got NoneType"),
        (GOOD[0], np.array([0.5, -0.1], np.float32), 1, r"scores: wanted numbers in \[0, 1\], got -0.1.* in row 1"),
        (*GOOD, np.nan, "elapsed: wanted a finite number"),
        (*GOOD, -1, "elapsed: wanted a finite number"),
    ],
)
def test_a_bad_frame_is_refused_and_does_not_count(boxes: Any, scores: Any, elapsed: float, message: str) -> None:
    table = TrackTable()
    take_in(table, GOOD)
    before = table.visible()
    with pytest.raises(ValueError, match=f"^{message}"):
        table.advance(boxes, scores, 0.1, 0.5, elapsed)
    assert table.frame == 1
    np.testing.assert_array_equal(table.visible()[0], before[0])
    np.testing.assert_array_equal(table.visible()[1], before[1])


@pytest.mark.parametrize(
    ("motion", "by_width"),
    [
        (None, True),
        (np.eye(3), True),
        (np.eye(2, 3, dtype=np.float32), True),
        (np.full((2, 3), np.nan), True),
        (np.eye(2, 3), False),
    ],
)
def test_a_motion_that_is_no_affine_map_is_refused(motion: Any, by_width: bool) -> None:
    with pytest.raises(ValueError, match=r"^motion: wanted "):
        TrackTable(by_width).warp(motion)


@pytest.mark.parametrize(
    ("places", "vectors", "message"),
    [
        (np.zeros(1, np.intp), None, "vectors: wanted .*NoneType"),
        (np.zeros(1, np.intp), np.eye(1, 4), "vectors: wanted .*float64"),
        (np.zeros(1, np.intp), 2 * np.eye(1, 4, dtype=np.float32), "vectors: wanted unit norm, got 2 in row 0"),
        (np.zeros(1, np.intp), np.full((1, 4), np.nan, np.float32), "vectors: wanted unit norm, got nan"),
        (np.zeros(2, np.intp), np.eye(1, 4, dtype=np.float32), "places: wanted 1 places"),
        (np.full(1, 2), np.eye(1, 4, dtype=np.float32), r"places: wanted 1 places in \[0, 2\), got \[2\]"),
    ],
)
def test_looks_that_are_none_are_refused(places: Any, vectors: Any, message: str) -> None:
    table = TrackTable(True)
    table.advance(*GOOD, 0.1, 0.5)
    with pytest.raises(ValueError, match=f"^{message}"):
        table.describe(places, vectors)


def test_looks_that_are_refused_do_not_say_how_long_looks_are() -> None:
    table = TrackTable(True)
    table.advance(*GOOD, 0.1, 0.5)
    with pytest.raises(ValueError, match=r"^vectors: wanted unit norm"):
        table.describe(np.zeros(1, np.intp), 2 * np.eye(1, 5, dtype=np.float32))
    table.describe(np.zeros(1, np.intp), np.eye(1, 4, dtype=np.float32))


def test_of_looks_told_twice_in_a_frame_the_second_ones_count() -> None:
    table, looks = TrackTable(True), np.eye(2, 4, dtype=np.float32)
    table.advance(*GOOD, 0.1, 0.5)
    table.describe(np.array([0, 1]), looks)
    table.describe(np.array([0]), looks[:1])
    table.begin(0.6)
    table.settle(0, 0.15, 1000)
    table.advance(*GOOD, 0.1, 0.5)
    assert table.in_doubt(0.8, 1).tolist() == [1]


@pytest.mark.parametrize("limit", [-0.1, 1.1, np.nan])
def test_a_limit_that_is_no_distance_is_refused(limit: float) -> None:
    table = TrackTable()
    table.advance(*GOOD, 0.1, 0.5)
    with pytest.raises(ValueError, match=r"^limit: wanted a distance in \[0, 1\]"):
        table.associate_doubtful(limit)
    with pytest.raises(ValueError, match=r"^duplicate_distance: wanted a distance in \[0, 1\]"):
        table.settle(0, limit, 1000)
