"""The scores of the demo networks, on cases worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from triton_models.training.scoring import (
    Picture,
    accepted_at,
    average_precision,
    correct_points,
    face_points_told,
    first_rank,
)


def picture(boxes: list[list[float]], scores: list[float], points: list[list[list[float]]] | None = None) -> Picture:
    places = np.zeros((len(boxes), 0, 3)) if points is None else np.array(points)
    return Picture(np.array(boxes, np.float32).reshape(-1, 4), np.array(scores, np.float32), places.astype(np.float32))


LEFT, RIGHT = [0.0, 0.0, 10.0, 20.0], [50.0, 0.0, 60.0, 20.0]
NOWHERE = [100.0, 100.0, 110.0, 120.0]


def test_average_precision_is_one_where_everybody_is_found_and_nobody_else() -> None:
    assert average_precision([picture([RIGHT, LEFT], [0.9, 0.8])], [picture([LEFT, RIGHT], [1, 1])]) == 1


def test_average_precision_is_the_area_under_precision_over_recall() -> None:
    found = picture([LEFT, NOWHERE, RIGHT], [0.9, 0.8, 0.7])  # precision 1 up to recall 1/2, then 2/3
    assert average_precision([found], [picture([LEFT, RIGHT], [1, 1])]) == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)


def test_a_second_box_on_the_same_person_is_wrong() -> None:
    found = picture([LEFT, LEFT, RIGHT], [0.9, 0.8, 0.7])
    assert average_precision([found], [picture([LEFT, RIGHT], [1, 1])]) == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)


def test_somebody_who_is_not_asked_for_is_neither_missed_nor_wrong() -> None:
    truth = picture([LEFT, RIGHT], [1, 0])
    assert average_precision([picture([LEFT, RIGHT], [0.8, 0.9])], [truth]) == 1
    assert average_precision([picture([LEFT], [0.8])], [truth]) == 1


def test_a_point_is_correct_within_a_tenth_of_the_longer_side() -> None:
    truth = picture([LEFT], [1], [[[5, 5, 1], [5, 15, 1]]])  # the longer side is 20 px, so 2 px are allowed
    found = picture([LEFT], [0.9], [[[5, 6.9, 1], [5, 17.1, 1]]])
    assert correct_points([found], [truth], least_score=0.3) == 0.5


def test_points_of_somebody_who_is_not_found_surely_enough_do_not_count() -> None:
    truth = picture([LEFT, RIGHT], [1, 1], [[[5, 5, 1]], [[55, 5, 1]]])
    found = picture([LEFT, RIGHT], [0.9, 0.2], [[[5, 5, 1]], [[90, 5, 1]]])
    assert correct_points([found], [truth], least_score=0.3) == 1


@pytest.mark.parametrize("hidden", [0, 0.5])
def test_points_that_are_not_to_be_seen_do_not_count(hidden: float) -> None:
    truth = picture([LEFT], [1], [[[5, 5, 1], [5, 15, hidden]]])
    assert correct_points([picture([LEFT], [0.9], [[[5, 5, 1], [0, 0, 1]]])], [truth], least_score=0.3) == 1


def test_a_face_is_told_by_nose_and_both_eyes() -> None:
    seen, away = [[5.0, 5.0, 1.0]] * 3, [[5.0, 5.0, 0.0]] * 3
    truth = picture([LEFT, RIGHT], [1, 1], [seen, away])
    found = picture([LEFT, RIGHT], [0.9, 0.8], [[[5, 5, 0.9]] * 3, [[5, 5, 0.9], [5, 5, 0.9], [5, 5, 0.4]]])
    assert face_points_told([found], [truth], least_score=0.3) == (1.0, 0.0)


def test_the_threshold_lets_only_the_named_share_of_strangers_through() -> None:
    different = (np.arange(1000) / 1000).astype(np.float32)
    rate, threshold = accepted_at(np.array([0.5, 0.9985, 0.9995], np.float32), different, false_rate=0.001)
    assert (different > threshold).sum() == 1
    assert rate == pytest.approx(2 / 3)


def test_first_rank_counts_vectors_whose_nearest_by_another_camera_is_the_same_person() -> None:
    vectors = np.array([[1, 0], [0.9, 0.1], [1, 0], [0, 1]], np.float32)
    people, cameras = np.array([1, 1, 2, 3]), np.array([1, 2, 1, 2])
    # Person 1 is found both ways, in spite of a stranger's equal vector by the same camera; others are seen once.
    assert first_rank(vectors, people, cameras) == 1
    assert first_rank(vectors, people, np.array([1, 2, 2, 2])) == 0.5
