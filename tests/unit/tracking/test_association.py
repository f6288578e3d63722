"""Pairs of tracks and boxes."""

from __future__ import annotations

import numpy as np
import pytest

from haven_server.tracking.association import associate

NOBODY = np.empty((0, 4), np.float32)
ROW_OF_PEOPLE = np.array([[0, 0, 40, 100], [100, 0, 140, 100], [200, 0, 240, 100]], np.float32)


def test_each_track_gets_the_box_it_overlaps() -> None:
    pairs = associate(ROW_OF_PEOPLE, ROW_OF_PEOPLE[[2, 0]] + np.float32(3), 0.8)
    assert (pairs.tracks.tolist(), pairs.boxes.tolist()) == ([0, 2], [1, 0])
    assert (pairs.missed.tolist(), pairs.left.tolist()) == ([1], [])


def test_a_low_score_makes_a_near_box_distant() -> None:
    scores = np.array([0.9, 0.1, 0.9], np.float32)
    assert associate(ROW_OF_PEOPLE, ROW_OF_PEOPLE, 0.8, scores).missed.tolist() == [1]


@pytest.mark.parametrize("track_count", [0, 3])
@pytest.mark.parametrize("box_count", [0, 3])
def test_where_one_side_is_empty_the_other_is_left_over(track_count: int, box_count: int) -> None:
    pairs = associate(ROW_OF_PEOPLE[:track_count], ROW_OF_PEOPLE[:box_count], 0.8)
    expected = min(track_count, box_count)
    assert len(pairs.tracks) == len(pairs.boxes) == expected
    assert (len(pairs.missed), len(pairs.left)) == (track_count - expected, box_count - expected)
