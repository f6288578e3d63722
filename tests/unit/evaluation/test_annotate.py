"""Annotated videos: the picture, drawn over and otherwise untouched."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from haven_server.errors import OutputError, SourceError
from haven_server.evaluation.annotate import Annotator, annotate, colour_of
from haven_server.evaluation.run_log import RunLog, TrackRecord
from haven_server.types import NANOSECONDS, BGRImage, Frame, Track, TrackState, Watermark


class Film:
    """A source of a few grey frames, 20 a second; the named sizes one after the other."""

    camera_id, starts_at, expected_frames, lossless = "hall", 0, None, True

    def __init__(self, *sizes: tuple[int, int], breaks: bool = False) -> None:
        self._sizes, self._breaks = sizes, breaks

    async def frames(self) -> AsyncIterator[Frame | Watermark]:
        for index, (width, height) in enumerate(self._sizes):
            yield Frame("hall", index, index * NANOSECONDS // 20, grey(width, height))
        if self._breaks:
            raise SourceError("hall", "ends early")

    async def close(self) -> None:
        """Nothing to release."""


def grey(width: int, height: int) -> BGRImage:
    """A grey picture."""
    return np.full((height, width, 3), 90, np.uint8)


def person(x: float, y: float) -> Track:
    """Somebody 40 px wide and 80 px high."""
    return Track("hall", 1, np.array([x, y, x + 40, y + 80], np.float32), 0.9, TrackState.CONFIRMED, 0)


def test_a_box_is_drawn_in_its_persons_colour_and_the_frame_itself_is_not_touched() -> None:
    picture = grey(320, 240)
    record = TrackRecord("hall", 1, global_id=7)
    drawn = Annotator().draw(picture, [(record, person(100, 100))])
    assert tuple(drawn[140, 100].tolist()) == colour_of(7)
    assert (picture == 90).all()


@pytest.mark.parametrize(("x", "y"), [(-20, -30), (300, 220), (0, 0)])
def test_people_at_the_edge_are_drawn_as_far_as_they_are_in_view(x: float, y: float) -> None:
    drawn = Annotator().draw(grey(320, 240), [(TrackRecord("hall", 1), person(x, y))])
    assert drawn.shape == (240, 320, 3)
    assert (drawn != 90).any()


def test_neighbouring_ids_have_colours_that_differ() -> None:
    colours = [np.array(colour_of(global_id), float) for global_id in range(1, 30)]
    assert min(np.linalg.norm(one - two) for one, two in itertools.pairwise(colours)) > 60


async def test_a_video_has_its_sources_rate_and_the_size_of_its_first_frame(tmp_path: Path) -> None:
    path = tmp_path / "new" / "hall.mp4"
    assert await annotate(Film((64, 48), (64, 48), (128, 96)), RunLog(), path) == 3
    film = cv2.VideoCapture(str(path))
    assert (film.get(cv2.CAP_PROP_FPS), film.get(cv2.CAP_PROP_FRAME_WIDTH)) == (20, 64)


async def test_what_a_broken_video_showed_is_drawn(tmp_path: Path) -> None:
    assert await annotate(Film((64, 48), breaks=True), RunLog(), tmp_path / "hall.mp4") == 1


async def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"file/hall\.mp4: cannot be written"):
        await annotate(Film((64, 48), (64, 48)), RunLog(), tmp_path / "file" / "hall.mp4")
