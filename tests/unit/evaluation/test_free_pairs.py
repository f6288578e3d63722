"""Tracks that one picture showed are two people; the views of one track are one person's."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from haven_server.evaluation.free_pairs import free_likenesses
from haven_server.types import Modality, PrototypeRow, TrackletRow


def track(number: int, who: int, first: int, last: int, *beside: int, camera: str = "hall") -> TrackletRow:
    return TrackletRow(who, camera, number, first, last, 5000.0, 200.0, 30, beside)


def view(number: int, at: int, *vector: float, who: int = 1, camera: str = "hall") -> PrototypeRow:
    return PrototypeRow(at, who, Modality.FACE, at, np.array(vector, np.float32), 0.9, camera, "model", number)


def strangers(views: Sequence[PrototypeRow], tracks: Sequence[TrackletRow]) -> list[float]:
    found = free_likenesses(views, tracks).get(Modality.FACE)
    return [] if found is None else found.strangers.tolist()


def test_two_tracks_of_one_picture_are_two_people() -> None:
    tracks = [track(1, 1, 0, 10, 2), track(2, 2, 5, 20)]
    assert strangers([view(1, 3, 1, 0), view(2, 7, 0.6, 0.8)], tracks) == pytest.approx([0.6])


def test_tracks_that_were_never_seen_together_are_not_compared() -> None:
    tracks = [track(1, 1, 0, 10), track(2, 2, 5, 20), track(2, 3, 0, 10, camera="door")]
    views = [view(1, 3, 1, 0), view(2, 7, 0.6, 0.8), view(2, 7, 1, 0, camera="door")]
    assert strangers(views, tracks) == []


def test_a_number_that_was_given_again_after_a_restart_is_another_track() -> None:
    tracks = [track(1, 1, 0, 10, 2), track(2, 2, 5, 20), track(2, 3, 100, 120)]
    views = [view(1, 3, 1, 0), view(2, 7, 0.6, 0.8), view(2, 110, 1, 0)]
    assert strangers(views, tracks) == pytest.approx([0.6])


def test_the_same_two_people_count_once_by_their_most_similar_views() -> None:
    tracks = [track(1, 1, 0, 10, 2), track(2, 2, 5, 20), track(3, 2, 30, 50, 4), track(4, 1, 30, 50)]
    views = [view(1, 3, 1, 0), view(2, 7, 0.6, 0.8), view(3, 40, 0.8, 0.6), view(4, 40, 1, 0)]
    assert strangers(views, tracks) == pytest.approx([0.8])


def test_a_tracks_own_views_are_one_persons() -> None:
    tracks = [track(1, 1, 0, 10, 2), track(2, 2, 5, 20)]
    views = [view(1, 3, 1, 0), view(1, 4, 0.8, 0.6), view(2, 7, 0, 1)]
    found = free_likenesses(views, tracks)[Modality.FACE]
    assert found.selves == pytest.approx([0.8])
