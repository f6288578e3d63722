"""How well trackers follow real people from the same detections: RealFilm, Tracked by frame -> Measures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from bench.tracking.follower import Follower, Tracked, follow
from bench.tracking.peers import HAVEN, PARITY
from bench.tracking.scenes import RealFilm
from haven_server.evaluation.comparison import compare
from haven_server.evaluation.measures import Judgement, Measures, add_up, judge_frames
from haven_server.evaluation.motchallenge import FoundBoxes, TrueBoxes

OVERALL = "overall"
Scores: TypeAlias = dict[str, dict[str, Measures]]
"""Measures by sequence, then by tracker; ``OVERALL`` is over all sequences, ids being each one's own."""


def score(makers: Mapping[str, Callable[[float], Follower]], films: Sequence[RealFilm]) -> Scores:
    """Let every tracker follow every film."""
    scores: Scores = {name: {} for name in [*(film.name for film in films), OVERALL]}
    for tracker, start in makers.items():
        judgements = [_judge(film.truth, follow(start(film.frame_rate), film.detections)) for film in films]
        for name, judgement in zip(scores, [*judgements, add_up(judgements)], strict=True):
            if judgement.measures is not None:
                scores[name][tracker] = judgement.measures
    return scores


def gaps(measure: str, scores: Scores) -> dict[str, Any]:
    """Tell how far HAVEN, by its own rules and by ultralytics', is behind the best of the others."""
    return _gaps(f"{measure}_gap", measure, scores, HAVEN) | _gaps(f"parity_{measure}_gap", measure, scores, PARITY)


def _gaps(name: str, measure: str, scores: Scores, tracker: str) -> dict[str, Any]:
    """Tell how far one of HAVEN's is behind the best of the others, in points of a hundred; below 0 it is ahead.

    Returns:
        The greatest gap of all sequences, with the sequence and its best tracker, and the gap of every sequence.
    """
    found: dict[str, tuple[float, str]] = {}
    for sequence, by_tracker in scores.items():
        points = {one: 100 * float(getattr(measures, measure)) for one, measures in by_tracker.items()}
        best = max((one for one in points if one not in (HAVEN, PARITY)), key=points.__getitem__)
        found[sequence] = points[best] - points[tracker], best
    worst = max((sequence for sequence in found if sequence != OVERALL), key=found.__getitem__)
    return {
        name: round(found[worst][0], 3),
        f"{name}_worst": {"sequence": worst, "best_peer": found[worst][1]},
        f"{name}_by_sequence": {sequence: round(gap, 3) for sequence, (gap, _) in found.items()},
    }


def gain(scores: Scores, others: Scores, tracker: str) -> dict[str, float]:
    """Tell by how many points of a hundred a tracker does better over all with one algorithm than with another."""
    mine, other = scores[OVERALL][tracker], others[OVERALL][tracker]
    return {"hota": round(100 * (mine.hota - other.hota), 3), "idf1": round(100 * (mine.idf1 - other.idf1), 3)}


def _judge(truth: TrueBoxes, told: Sequence[Tracked]) -> Judgement:
    rows = (
        (frame, int(number), int(number), box)
        for frame, tracked in enumerate(told, 1)
        for number, box in zip(tracked.ids, tracked.boxes, strict=True)
    )
    return judge_frames(compare(truth, FoundBoxes.of(rows)).frames)
