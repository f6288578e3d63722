"""Score a folder of results beside a folder of truth: two folders -> SequenceScores."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from haven_server.errors import InvalidInputError
from haven_server.evaluation.comparison import Comparison, compare
from haven_server.evaluation.measures import MEASURES, Judgement, add_up, judge_frames
from haven_server.evaluation.motchallenge import FoundBoxes, TrueBoxes, read_found, read_truth


@dataclass(frozen=True, slots=True, eq=False)
class SequenceScore:
    """How one camera's film did.

    Attributes:
        frames: in which somebody is or was found.
        people: who count.  ids: that were given.
        repeated: boxes that share the id of an earlier box of their frame, and were left out for that.
    """

    frames: int
    people: int
    ids: int
    repeated: int
    judgement: Judgement


@dataclass(frozen=True, slots=True, eq=False)
class SequenceScores:
    """How all sequences did.

    Attributes:
        sequences: by name, ascending.
        overall: all together, people and ids being each sequence's own.
        across: all laid one after another, with one space of people and ids over them.
        unjudged: results without ground truth, by name.
    """

    sequences: dict[str, SequenceScore]
    overall: Judgement
    across: Judgement
    unjudged: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return JSON values; measures are None where nobody is."""
        return {
            "sequences": {
                name: _as_dict(one.judgement)
                | {"frames": one.frames, "people": one.people, "ids": one.ids, "repeated_ids": one.repeated}
                for name, one in self.sequences.items()
            },
            "overall": _as_dict(self.overall),
            "global": _as_dict(self.across),
        }


def score_folders(truth: Path, found: Path) -> SequenceScores:
    """Score every sequence of which there is ground truth.

    Args:
        truth: folder with ``NAME.txt`` or, as MOTChallenge lays them out, ``NAME/gt/gt.txt``.
        found: folder with ``NAME.txt``.
    Raises:
        InvalidInputError: a folder or file is missing or has a line that is no such row, or nobody is in any film; the
            message names it.
    """
    true_boxes = {name: _read_truth(path) for name, path in _truth_files(truth).items()}
    if not any(boxes.counts.any() for boxes in true_boxes.values()):
        raise InvalidInputError(f"{truth}: nobody who counts is in its ground truth: there is nothing to score")
    results = _result_names(found)
    if missing := [name for name in true_boxes if name not in results]:
        raise InvalidInputError(
            f"{found}: no results of {', '.join(missing)}, of which there is ground truth: wanted NAME.txt for each,"
            " an empty one where nobody was found"
        )
    boxes = read_found(found, true_boxes)
    comparisons = {name: compare(true_boxes[name], boxes[name]) for name in true_boxes}
    sequences = {name: _score(true_boxes[name], boxes[name], comparisons[name]) for name in true_boxes}
    return SequenceScores(
        sequences,
        add_up([one.judgement for one in sequences.values()]),
        judge_frames([frame for comparison in comparisons.values() for frame in comparison.frames]),
        tuple(sorted(results - true_boxes.keys())),
    )


def _truth_files(folder: Path) -> dict[str, Path]:
    """Find the ground truth of each sequence, by name, ascending."""
    _require_folder(folder, "ground truth")
    files = {path.stem: path for path in folder.glob("*.txt")}
    files |= {path.parents[1].name: path for path in folder.glob("*/gt/gt.txt")}
    if not files:
        raise InvalidInputError(f"{folder}: no ground truth in it: wanted NAME.txt or NAME/gt/gt.txt per sequence")
    return dict(sorted(files.items()))


def _result_names(folder: Path) -> set[str]:
    _require_folder(folder, "results")
    return {path.stem for path in folder.glob("*.txt")}


def _require_folder(folder: Path, holding: str) -> None:
    if not folder.is_dir():
        raise InvalidInputError(f"{folder}: no such folder: wanted the {holding} in it, MOTChallenge text per sequence")


def _read_truth(path: Path) -> TrueBoxes:
    return read_truth(path.parent, [path.stem])[path.stem]


def _score(truth: TrueBoxes, found: FoundBoxes, comparison: Comparison) -> SequenceScore:
    places = np.unique(np.stack((found.frames, found.ids)), axis=1)
    return SequenceScore(
        len(comparison.frames),
        len(np.unique(truth.persons[truth.counts])),
        len(np.unique(found.ids)),
        len(found.ids) - places.shape[1],
        judge_frames(comparison.frames),
    )


def _as_dict(judgement: Judgement) -> dict[str, Any]:
    measures = judgement.measures
    if measures is None:
        return dict.fromkeys(MEASURES)
    return {**measures.as_dict(), "hota_by_overlap": judgement.hota_by_overlap}
