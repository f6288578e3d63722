"""Measure tracking by TrackEval, which is the judge of MOTChallenge: ComparedFrame -> Judgement -> Measures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from haven_server.evaluation.comparison import ComparedFrame
from haven_server.evaluation.motchallenge import Numbers

OVERLAPS = tuple(percent / 100 for percent in range(5, 100, 5))
"""Least intersection over union of a match, for each of which HOTA is taken."""


@dataclass(frozen=True, slots=True)
class Measures:
    """How well people were found and kept apart; 1 is perfect but for ``idsw``.

    Attributes:
        hota, deta, assa: higher order tracking accuracy, its detection and its association part (Luiten et al., IJCV
            2021), means over ``OVERLAPS``.
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


TITLES = {"hota": "HOTA", "deta": "DetA", "assa": "AssA", "idf1": "IDF1", "mota": "MOTA", "idsw": "IDSW"}
"""What the measures are called where a person reads them."""
MEASURES = tuple(TITLES)


@dataclass(frozen=True, slots=True, eq=False)
class Judgement:
    """What TrackEval makes of one film, or of several added up.

    Attributes:
        hota, identity, clear: what each of its metrics says, by TrackEval's own names.
    """

    hota: Mapping[str, Any]
    identity: Mapping[str, Any]
    clear: Mapping[str, Any]

    @property
    def measures(self) -> Measures | None:
        """The measures; None where nobody is: there is nothing to measure."""
        if self.clear["CLR_TP"] + self.clear["CLR_FN"] == 0:
            return None
        return Measures(
            float(np.mean(self.hota["HOTA"])),
            float(np.mean(self.hota["DetA"])),
            float(np.mean(self.hota["AssA"])),
            float(self.identity["IDF1"]),
            float(self.clear["MOTA"]),
            int(self.clear["IDSW"]),
        )

    @property
    def hota_by_overlap(self) -> list[float]:
        """HOTA for each of ``OVERLAPS``, which tells how far it rests on boxes that fit closely."""
        return [round(float(value), 4) for value in self.hota["HOTA"]]


def judge_frames(frames: Sequence[ComparedFrame]) -> Judgement:
    """Judge some frames, which may be of several cameras one after another; ids are one space then."""
    data = _as_trackeval_wants(frames)
    return Judgement(*(metric.eval_sequence(data) for metric in _metrics()))


def add_up(judgements: Sequence[Judgement]) -> Judgement:
    """Judge films together each of which has people and ids of its own.

    Args:
        judgements: of one film or more.
    """
    by_metric = zip(*((one.hota, one.identity, one.clear) for one in judgements), strict=True)
    return Judgement(
        *(
            metric.combine_sequences(dict(enumerate(results)))
            for metric, results in zip(_metrics(), by_metric, strict=True)
        )
    )


def _metrics() -> tuple[Any, Any, Any]:
    """TrackEval's metrics in the order of ``Judgement``."""
    # Half a second, and only who scores needs it.
    from trackeval.metrics import CLEAR, HOTA, Identity

    return HOTA(), Identity({"PRINT_CONFIG": False}), CLEAR({"PRINT_CONFIG": False})


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
