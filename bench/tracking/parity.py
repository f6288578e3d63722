"""Whether two trackers say the same of a film: Tracked by frame, twice -> Differences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.tracking.follower import Tracked

SAME_BOX_PX = 0.01
"""Boxes that differ by more are not the same."""


@dataclass(frozen=True, slots=True)
class Differences:
    """How far two trackers differ.

    Attributes:
        outputs: tracks that one or the other tells of, frame by frame.
        id_differences: those of them whose id the other does not tell of, or has elsewhere.
        box_px: greatest difference of an edge of all others, px.
    """

    outputs: int
    id_differences: int
    box_px: float


def compare(ours: Sequence[Tracked], theirs: Sequence[Tracked]) -> Differences:
    """Compare what two trackers told of one film."""
    outputs = same = 0
    box_px = 0.0
    for mine, other in zip(ours, theirs, strict=True):
        shared, here, there = np.intersect1d(mine.ids, other.ids, return_indices=True)
        edges = np.abs(mine.boxes[here] - other.boxes[there]).max(axis=1, initial=0.0)
        near = edges <= SAME_BOX_PX
        outputs += len(mine.ids) + len(other.ids) - len(shared)
        same += int(np.count_nonzero(near))
        box_px = max(box_px, float(edges[near].max(initial=0.0)))
    return Differences(outputs, outputs - same, box_px)
