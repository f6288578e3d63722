"""Views spread over a track's life."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from haven_server.reid.samples import FIRST_SPAN_S, SpreadSamples
from haven_server.types import NANOSECONDS, Sample


def sample(at: int) -> Sample:
    box = np.array([0, 0, 1, 1], np.float32)
    return Sample(0, at, np.zeros((1, 1, 3), np.uint8), box, None, 1.0, 100.0, 1.0)


def offered(count: int, views: list[tuple[float, float]]) -> list[float]:
    """Offer (second, rank) pairs; return the seconds of those picked."""
    samples = SpreadSamples(count, 0)
    for second, rank in views:
        samples.offer(sample(round(second * NANOSECONDS)), rank)
    return [one.captured_at / NANOSECONDS for one in samples.pick()]


def test_the_better_of_two_stretches_that_become_one_stays() -> None:
    assert offered(1, [(0.1, 0.9), (1.1, 0.5), (FIRST_SPAN_S, 0.6)]) == [0.1]
    assert offered(1, [(0.1, 0.5), (1.1, 0.9), (FIRST_SPAN_S, 0.6)]) == [1.1]


def test_a_later_view_of_the_same_rank_replaces_nothing() -> None:
    assert offered(1, [(0.1, 0.5), (0.2, 0.5)]) == [0.1]


def test_early_on_all_views_of_different_stretches_are_picked() -> None:
    assert offered(5, [(0.0, 0.5), (0.2, 0.9), (0.4, 0.1), (0.6, 0.3)]) == [0.0, 0.2, 0.4, 0.6]


def test_a_good_minute_does_not_crowd_out_the_rest_of_the_life() -> None:
    seconds = offered(4, [(float(second), 0.9 if second < 20 else 0.5) for second in range(128)])
    assert len([second for second in seconds if second >= 32]) == 3


@given(st.integers(1, 6), st.lists(st.tuples(st.integers(0, 500), st.floats(0, 1)), max_size=60))
def test_picks_are_bounded_in_time_order_and_hold_the_best_of_all(count: int, views: list[tuple[int, float]]) -> None:
    ordered = sorted(views, key=lambda view: view[0])
    samples = SpreadSamples(count, 0)
    ranks: dict[int, float] = {}
    for second, rank in ordered:
        at = second * NANOSECONDS
        samples.offer(sample(at), rank)
        ranks[at] = max(rank, ranks.get(at, 0.0))
    picked = [one.captured_at for one in samples.pick()]
    assert len(picked) <= count and picked == sorted(set(picked))
    if views:
        assert max(ranks.values()) in [ranks[at] for at in picked]
