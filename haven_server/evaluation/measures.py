"""Measure tracking by TrackEval, which is the judge of MOTChallenge: Comparison -> Measures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from haven_server.evaluation.comparison import ComparedFrame
from haven_server.evaluation.motchallenge import Numbers


@dataclass(frozen=True, slots=True)
class Measures:
    """How well people were found and kept apart; 1 is perfect but for ``idsw``.

    Attributes:
        hota, deta, assa: higher order tracking accuracy, its detection and its association part (Luiten et al., IJCV
            2021), means over the overlaps 0.05 to 0.95.
        idf1: share of boxes with the right id (Ristani et al., ECCVW 2016).
        mota: 1 - (missed + surplus + switches) / true boxes; may be negative (Bernardin and Stiefelhagen, 2008).
        idsw: how often the id on a person changed from one frame to the next in which it has one.
    """

    hota: float
    deta: float
    assa: float
    idf1: float
    mota: float
    idsw: int

    def as_dict(self) -> dict[str, float]:
        """Return the measures by name, rounded."""
        return {name: round(value, 4) for name, value in asdict(self).items()}


def measure(frames: Sequence[ComparedFrame]) -> Measures | None:
    """Measure some frames, which may be of several cameras one after another.

    Returns:
        None where nobody is: there is nothing to measure.
    """
    # Half a second, and only who scores needs it.
    from trackeval.metrics import CLEAR, HOTA, Identity

    data = _as_trackeval_wants(frames)
    if data["num_gt_dets"] == 0:
        return None
    hota = HOTA().eval_sequence(data)
    identity = Identity({"PRINT_CONFIG": False}).eval_sequence(data)
    clear = CLEAR({"PRINT_CONFIG": False}).eval_sequence(data)
    return Measures(
        float(np.mean(hota["HOTA"])),
        float(np.mean(hota["DetA"])),
        float(np.mean(hota["AssA"])),
        float(identity["IDF1"]),
        float(clear["MOTA"]),
        int(clear["IDSW"]),
    )


def _as_trackeval_wants(frames: Sequence[ComparedFrame]) -> dict[str, Any]:
    """Number people and ids from 0 without gaps."""
    persons = _all(frame.persons for frame in frames)
    ids = _all(frame.ids for frame in frames)
    return {
        "num_timesteps": len(frames),
        "num_gt_ids": len(persons),
        "num_tracker_ids": len(ids),
        "num_gt_dets": sum(len(frame.persons) for frame in frames),
        "num_tracker_dets": sum(len(frame.ids) for frame in frames),
        "gt_ids": [np.searchsorted(persons, frame.persons) for frame in frames],
        "tracker_ids": [np.searchsorted(ids, frame.ids) for frame in frames],
        "similarity_scores": [frame.overlap for frame in frames],
    }


def _all(lists: Iterable[Numbers]) -> Numbers:
    """Every number that occurs, ascending."""
    return np.unique(np.concatenate([*lists, np.empty(0, np.int64)]))
