"""Instants as text: exact, in order, readable."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from haven_server.storage.instants import from_text, to_text
from haven_server.types import NANOSECONDS

instants = st.integers(min_value=0, max_value=4_000_000_000 * NANOSECONDS)


@given(instants)
def test_every_nanosecond_comes_back(instant: int) -> None:
    assert from_text(to_text(instant)) == instant


@given(instants, instants)
def test_text_sorts_as_time_does(one: int, other: int) -> None:
    assert (to_text(one) < to_text(other)) == (one < other)


def test_the_text_is_utc_with_nine_digits() -> None:
    assert to_text(0) == "1970-01-01 00:00:00.000000000"
    assert to_text(1_767_256_200 * NANOSECONDS + 5) == "2026-01-01 08:30:00.000000005"


def test_before_1970_there_was_time_too() -> None:
    assert to_text(-1) == "1969-12-31 23:59:59.999999999"
    assert from_text("1969-12-31 23:59:59.999999999") == -1


def test_text_without_a_fraction_or_with_a_short_one_is_read() -> None:
    assert from_text("1970-01-01 00:00:01") == NANOSECONDS
    assert from_text("1970-01-01 00:00:01.5") == 1_500_000_000
