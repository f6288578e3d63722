"""What a replay's balance says, and that nothing missing goes unsaid."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from haven_client.film import Film
from haven_client.ledger import Ledger
from haven_client.messages import CameraEnded, FrameTracks, Track, TrackEnded

WriteVideo = Callable[..., Path]


@pytest.fixture
def film(write_video: WriteVideo) -> Film:
    """A film of three frames."""
    return Film({"cam1": write_video(count=3)}, {"cam1": 0}, 30.0, raw=True, paced=False)


async def send(film: Film, count: int | None = None) -> None:
    """Hand out some items of a film, None: all."""
    items = film.items()
    sent = 0
    while sent != count and await anext(items, None) is not None:
        sent += 1
    await items.aclose()


def answer(ledger: Ledger, *frames: int) -> None:
    track = Track(1, (0, 0, 1, 1), 0.9, "confirmed", 1, 7, "high")
    for index in frames:
        ledger.note(FrameTracks("cam1", index, index, 64, 48, (track,)))


async def test_a_camera_followed_to_its_end_has_no_problem(film: Film) -> None:
    await send(film)
    ledger = Ledger(film, may_drop=False)
    answer(ledger, 0, 1, 2)
    ledger.note(TrackEnded("cam1", 1, 8, "high"))
    ledger.note(CameraEnded("cam1"))
    ledger.settle()
    camera = ledger.cameras["cam1"]
    assert (camera.sent, camera.answered, camera.dropped, camera.position) == (3, 3, 0, 3)
    assert (camera.tracks, camera.people, camera.ended, camera.problem) == (1, {8}, True, "")


async def test_a_film_that_was_not_sent_to_its_end_is_a_problem(film: Film) -> None:
    await send(film, 2)
    ledger = Ledger(film, may_drop=False)
    answer(ledger, 0, 1)
    ledger.note(CameraEnded("cam1"))
    ledger.settle()
    assert "after 2 frames of an unfinished film" in ledger.cameras["cam1"].problem


async def test_an_end_that_was_not_told_is_a_problem(film: Film) -> None:
    await send(film)
    ledger = Ledger(film, may_drop=False)
    answer(ledger, 0, 1, 2)
    ledger.settle()
    assert "without telling the end" in ledger.cameras["cam1"].problem


@pytest.mark.parametrize("may_drop", [True, False])
async def test_dropped_frames_are_a_problem_where_none_may_be_dropped(film: Film, may_drop: bool) -> None:
    await send(film)
    ledger = Ledger(film, may_drop=may_drop)
    answer(ledger, 0, 2)
    ledger.note(CameraEnded("cam1"))
    ledger.settle()
    assert ledger.cameras["cam1"].dropped == 1
    assert ("answered 2 of 3 frames" in ledger.cameras["cam1"].problem) is not may_drop


async def test_what_the_server_says_of_a_failure_stands(film: Film) -> None:
    await send(film, 2)
    ledger = Ledger(film, may_drop=False)
    ledger.note(CameraEnded("cam1", "the network broke"))
    assert ledger.tells_of_failure
    ledger.settle()
    assert ledger.cameras["cam1"].problem == "the network broke"
