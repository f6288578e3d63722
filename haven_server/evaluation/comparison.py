"""Lay what was found over the truth, frame by frame: TrueBoxes, FoundBoxes -> Comparison."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from haven_core.assignment import assign
from haven_core.boxes import iou_distance
from haven_server.evaluation.motchallenge import FoundBoxes, Numbers, TrueBoxes
from haven_server.types import BoxesXYXY

LEAST_OVERLAP = 0.5
"""Intersection over union from which a box is on a person, as MOTChallenge has it."""


@dataclass(frozen=True, slots=True, eq=False)
class ComparedFrame:
    """One frame, without what does not count.

    Attributes:
        number: 1-based.
        persons: (P,) who is there.  ids: (F,) whom the boxes are said to be; each once.
        overlap: (P, F) float64 intersection over union.
    """

    number: int
    persons: Numbers
    ids: Numbers
    overlap: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """One camera's film.

    Attributes:
        frames: those in which somebody is or was found, in order.
        found: what was found.
        judged: (N,) bool per row of ``found``: False: left out.
        on_person: (N,) bool: its box is on a person.
        persons: (N,) whom it is on; meaningless elsewhere.
    """

    frames: tuple[ComparedFrame, ...]
    found: FoundBoxes
    judged: npt.NDArray[np.bool_]
    on_person: npt.NDArray[np.bool_]
    persons: Numbers


def compare(truth: TrueBoxes, found: FoundBoxes) -> Comparison:
    """Match boxes to people, at most one to one within a frame, so that the overlap is greatest.

    A box on nobody that lies by half or more within a person who does not count is left out: what is hardly to be seen
    need not be found, and may be. Of several boxes of a frame with one id the first is measured.
    """
    judged, on_person = np.zeros((2, len(found.ids)), np.bool_)
    persons = np.zeros(len(found.ids), np.int64)
    frames = []
    for number in np.union1d(truth.frames, found.frames):
        there, seen = np.flatnonzero(truth.frames == number), np.flatnonzero(found.frames == number)
        counted, excused = there[truth.counts[there]], there[~truth.counts[there]]
        overlap = _overlap(truth.boxes[counted], found.boxes[seen])
        rows, columns, _, _ = assign((1 - overlap).astype(np.float32), 1 - LEAST_OVERLAP + 1e-6)
        on_person[seen[columns]] = True
        persons[seen[columns]] = truth.persons[counted[rows]]
        keep = on_person[seen] | ~_within(found.boxes[seen], truth.boxes[excused])
        judged[seen[keep]] = True
        ids, first = np.unique(found.ids[seen[keep]], return_index=True)
        frames.append(ComparedFrame(int(number), truth.persons[counted], ids, overlap[:, keep][:, first]))
    return Comparison(tuple(frames), found, judged, on_person, persons)


def _overlap(people: BoxesXYXY, boxes: BoxesXYXY) -> npt.NDArray[np.float64]:
    """Intersection over union (P, F)."""
    return 1.0 - iou_distance(np.ascontiguousarray(people), np.ascontiguousarray(boxes)).astype(np.float64)


def _within(boxes: BoxesXYXY, regions: BoxesXYXY) -> npt.NDArray[np.bool_]:
    """Tell which boxes (F, 4) lie by half of their area or more in any one region (R, 4)."""
    low = np.maximum(boxes[:, None, :2], regions[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], regions[None, :, 2:])
    shared = np.prod(np.maximum(high - low, 0), axis=2)
    area = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    return np.asarray(np.any(shared >= 0.5 * area[:, None], axis=1))
