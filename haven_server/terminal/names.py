"""Tracks and times as people type and read them: `CAM:TRACK[@TIME]` -> TrackName, ns -> text."""

from __future__ import annotations

import re
from datetime import datetime

from haven_client import InvalidRequestError, TrackName

from haven_server.storage.instants import to_text
from haven_server.types import NANOSECONDS

_NAME = re.compile(r"(?P<camera>.+?):(?P<track>[0-9]{1,18})(?:@(?P<time>.*))?", re.DOTALL)
_TIME = re.compile(
    r"(?P<seconds>[0-9-]{10}[T ][0-9:]{8})(?:\.(?P<fraction>[0-9]{1,9}))?(?P<zone>Z|[+-][0-9]{2}:[0-9]{2})?"
)
WANTED_TIME = "2026-01-01T08:30:00.5Z"
"""How a time is typed; without a zone it is UTC."""


def read_track(text: str) -> TrackName:
    """Read `CAM:TRACK`, or `CAM:TRACK@TIME` with a time at which it was followed; a camera's id may have colons itself.

    Raises:
        InvalidRequestError: it is neither.
    """
    found = _NAME.fullmatch(text)
    if found is None:
        raise InvalidRequestError(f"{text!r}: wanted CAMERA:TRACK or CAMERA:TRACK@TIME, for instance hall:12")
    time = found["time"]
    return TrackName(found["camera"], int(found["track"]), None if time is None else _read_time(time))


def write_time(at: int) -> str:
    """Write ns since the Unix epoch as UTC, to the nanosecond, as ``read_track`` reads it."""
    return to_text(at).replace(" ", "T") + "Z"


def _read_time(text: str) -> int:
    found = _TIME.fullmatch(text)
    try:
        if found is None:
            raise ValueError
        seconds = datetime.fromisoformat(found["seconds"] + (found["zone"] or "Z")).timestamp()
    except ValueError:
        raise InvalidRequestError(f"{text!r}: wanted a time as {WANTED_TIME}") from None
    return int(seconds) * NANOSECONDS + int((found["fraction"] or "0").ljust(9, "0"))
