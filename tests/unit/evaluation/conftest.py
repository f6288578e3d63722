"""Builders of small films: who is truly where, and what was found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import pytest

from haven_server.evaluation.motchallenge import FoundBoxes, TrueBoxes

PLACES = 10
"""Spots of a picture, 100 px apart, in each of which a person of 50 x 100 px can stand."""

Stay = tuple[int, range, int]
"""Person or id, frames, spot."""
MakeTruth = Callable[..., TrueBoxes]
MakeFound = Callable[..., FoundBoxes]


def box(spot: int, shift: float = 0) -> list[float]:
    """The box of whoever is at a spot."""
    return [100 * spot + shift, 0, 100 * spot + shift + 50, 100]


@pytest.fixture
def truth() -> MakeTruth:
    """Make the truth of some stays; those of ``hidden`` do not count."""

    def make(*stays: Stay, hidden: Iterable[Stay] = ()) -> TrueBoxes:
        rows = [(frame, person, spot, True) for person, frames, spot in stays for frame in frames]
        rows += [(frame, person, spot, False) for person, frames, spot in hidden for frame in frames]
        return TrueBoxes(
            np.array([row[0] for row in rows], np.int64),
            np.array([row[1] for row in rows], np.int64),
            np.array([box(row[2]) for row in rows], np.float32).reshape(-1, 4),
            np.array([row[3] for row in rows], np.bool_),
        )

    return make


@pytest.fixture
def found() -> MakeFound:
    """Make what was found: each stay is a track."""

    def make(*stays: Stay, shift: float = 0, tracks: Sequence[int] | None = None) -> FoundBoxes:
        numbers = tracks or range(1, len(stays) + 1)
        return FoundBoxes.of(
            (frame, track, global_id, np.array(box(spot, shift), np.float32))
            for track, (global_id, frames, spot) in zip(numbers, stays, strict=True)
            for frame in frames
        )

    return make
