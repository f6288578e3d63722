"""Score a run against the truth: TrueBoxes, FoundBoxes by camera -> Scorecard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from haven_server.evaluation.comparison import Comparison, compare
from haven_server.evaluation.measures import Measures, judge_frames
from haven_server.evaluation.motchallenge import FoundBoxes, TrueBoxes
from haven_server.evaluation.passages import FilmClock, Passage, passages
from haven_server.evaluation.run_log import RunLog
from haven_server.evaluation.verdict import Verdict, judge


@dataclass(frozen=True, slots=True)
class Scorecard:
    """How a run did.

    Attributes:
        overall: over all cameras, whose frames are laid one after another; ids are one space. None: nobody is there.
        cameras: of each camera for itself.
        passages: its tracks in time order.
    """

    overall: Measures | None
    cameras: Mapping[str, Measures | None]
    passages: tuple[Passage, ...]
    verdict: Verdict


def score(
    truth: Mapping[str, TrueBoxes], found: Mapping[str, FoundBoxes], clocks: Mapping[str, FilmClock]
) -> Scorecard:
    """Score all cameras.

    Args:
        truth, found, clocks: by camera; all have the same ones.
    """
    comparisons: dict[str, Comparison] = {name: compare(truth[name], found[name]) for name in truth}
    listed = passages(comparisons, clocks)
    everything = [frame for comparison in comparisons.values() for frame in comparison.frames]
    return Scorecard(
        judge_frames(everything).measures,
        {camera_id: judge_frames(comparison.frames).measures for camera_id, comparison in comparisons.items()},
        tuple(listed),
        judge(listed),
    )


def score_run(log: RunLog, truth: Mapping[str, TrueBoxes], run_start: int) -> Scorecard:
    """Score what a run remembers.

    Args:
        truth: by camera.
        run_start: ns since the Unix epoch, from which seconds count.
    """
    found = {camera_id: log.found(camera_id) for camera_id in truth}
    return score(truth, found, {camera_id: log.clock(camera_id, run_start) for camera_id in truth})
