"""Tracks as people type them, and times as they read them."""

from __future__ import annotations

import pytest
from haven_client import InvalidRequestError, TrackName

from haven_server.terminal.names import read_track, write_time

MOMENT = 1767256200_500_000_000
"""2026-01-01 08:30:00.5 UTC."""


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("hall:12", TrackName("hall", 12)),
        ("rtsp:7:12", TrackName("rtsp:7", 12)),
        ("me@home:3", TrackName("me@home", 3)),
        ("hall:12@2026-01-01T08:30:00.5Z", TrackName("hall", 12, MOMENT)),
        ("hall:12@2026-01-01 08:30:00.5", TrackName("hall", 12, MOMENT)),
        ("hall:12@2026-01-01T09:30:00.5+01:00", TrackName("hall", 12, MOMENT)),
        ("rtsp:7:12@2026-01-01T08:30:00.5Z", TrackName("rtsp:7", 12, MOMENT)),
    ],
)
def test_a_track_is_named_by_camera_and_number_and_by_a_time_where_that_is_needed(text: str, name: TrackName) -> None:
    assert read_track(text) == name


@pytest.mark.parametrize("at", [MOMENT, MOMENT + 1, 0, 999_999_999])
def test_a_time_that_was_told_can_be_typed(at: int) -> None:
    assert read_track(f"hall:1@{write_time(at)}").at == at


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("hall", "'hall': wanted CAMERA:TRACK"),
        (":3", "':3': wanted CAMERA:TRACK"),
        ("hall:x", "'hall:x': wanted CAMERA:TRACK"),
        ("hall:9999999999999999999", "wanted CAMERA:TRACK"),
        ("hall:3@noon", "'noon': wanted a time as 2026"),
        ("hall:3@2026-13-01T08:30:00Z", "wanted a time as 2026"),
        ("hall:3@", "'': wanted a time as 2026"),
    ],
)
def test_anything_else_is_refused_with_an_example(text: str, message: str) -> None:
    with pytest.raises(InvalidRequestError, match=message):
        read_track(text)
