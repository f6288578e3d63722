"""The pacer keeps to its rate, whatever the rhythm of the frames."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from haven_server.sources.pacing import Pacer
from haven_server.types import NANOSECONDS

START = 5 * NANOSECONDS


def taken(times: list[int], limit: float, starts_at: int = START) -> list[int]:
    """The capture times that a pacer lets through."""
    pacer = Pacer(limit, starts_at)
    return [at for at in times if pacer.takes(at)]


@pytest.mark.parametrize(("rate", "limit", "expected"), [(30, 10, 100), (30, 20, 200), (30, 30, 300), (10, 30, 100)])
def test_ten_seconds_hold_as_many_frames_as_the_limit_or_the_source_allow(
    rate: int, limit: float, expected: int
) -> None:
    times = [START + index * NANOSECONDS // rate for index in range(10 * rate)]
    assert len(taken(times, limit)) == expected


def test_jitter_costs_no_frame() -> None:
    jitter = np.random.default_rng(0).integers(-8_000_000, 8_000_000, 300)
    times = [START + index * 40_000_000 + int(jitter[index]) for index in range(300)]
    assert len(taken(times, 25)) >= 298


def test_after_a_gap_the_frames_come_no_faster() -> None:
    times = [START + at * 1_000_000 for at in (0, 5000, 5010, 5020, 5100)]
    assert taken(times, 10) == [times[0], times[1], times[4]]
    assert taken(times[1:], 10, starts_at=0) == [times[1], times[4]]


@given(
    st.lists(st.integers(1, 200_000_000), max_size=60)
    | st.lists(st.sampled_from([16_000_000, 33_000_000, 50_000_000]), max_size=200),
    st.floats(1, 60),
)
def test_what_one_pacer_took_a_second_takes_whole(gaps: list[int], limit: float) -> None:
    times = [START + int(at) for at in np.cumsum(gaps, dtype=np.int64)]
    once = taken(times, limit)
    assert taken(once, limit) == once
