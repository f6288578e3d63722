"""Instants as the database keeps them: UTC text, ``2026-01-01 08:30:00.123456789``.

One representation serves everybody: it is exact to the nanosecond (a restart must not change a decision), sorts as text
in time order, reads well, and is what SQLite's own date functions take.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

from haven_server.types import NANOSECONDS

_SECONDS_DIGITS = len("2026-01-01 08:30:00")


def to_text(instant: int) -> str:
    """Write ns since the Unix epoch as UTC text with nine digits after the point."""
    seconds, nanoseconds = divmod(instant, NANOSECONDS)
    return f"{_write_seconds(seconds)}.{nanoseconds:09d}"


def from_text(text: str) -> int:
    """Read such text, or text without a fraction (SQL's CURRENT_TIMESTAMP), as ns since the Unix epoch."""
    fraction = text[_SECONDS_DIGITS + 1 :]
    return _read_seconds(text[:_SECONDS_DIGITS]) * NANOSECONDS + int(fraction.ljust(9, "0"))


@lru_cache(maxsize=4096)  # rows come in time order, many to a second
def _write_seconds(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(sep=" ", timespec="seconds")[:_SECONDS_DIGITS]


@lru_cache(maxsize=4096)
def _read_seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())
