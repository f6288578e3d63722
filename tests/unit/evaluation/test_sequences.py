"""Folders of results, scored beside the truth."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from haven_server.errors import InvalidInputError
from haven_server.evaluation.score_plot import plot_scores
from haven_server.evaluation.sequences import SequenceScores, score_folders

Stay = tuple[int, range, int]
"""Person or id, frames, left edge of the box."""
TEN = range(1, 11)


def write(path: Path, *stays: Stay) -> None:
    """Write MOTChallenge text of people of 50 x 100 px."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{frame},{who},{x},0,50,100,1,1,1\n" for who, frames, x in stays for frame in frames))


@pytest.fixture
def two_halls(tmp_path: Path) -> Path:
    """One person crosses two halls, and gets an id in each; in the second hall somebody is missed."""
    write(tmp_path / "gt" / "a.txt", (7, TEN, 0))
    write(tmp_path / "gt" / "b.txt", (7, TEN, 0), (8, TEN, 300))
    write(tmp_path / "pred" / "a.txt", (1, TEN, 0))
    write(tmp_path / "pred" / "b.txt", (2, TEN, 0))
    return tmp_path


def scored(folder: Path) -> SequenceScores:
    return score_folders(folder / "gt", folder / "pred")


def test_each_sequence_is_scored_for_itself(two_halls: Path) -> None:
    scores = scored(two_halls).as_dict()["sequences"]
    assert list(scores) == ["a", "b"]
    assert (scores["a"]["hota"], scores["a"]["idsw"], scores["a"]["people"], scores["a"]["ids"]) == (1, 0, 1, 1)
    assert (scores["b"]["idf1"], scores["b"]["mota"], scores["b"]["frames"]) == (round(2 / 3, 4), 0.5, 10)


def test_over_all_a_second_id_costs_only_where_ids_are_one_space(two_halls: Path) -> None:
    scores = scored(two_halls).as_dict()
    # 20 of 30 true boxes are found. By sequence all of them have the right id; as one space only ten have.
    assert scores["overall"]["idf1"] == round(2 * 20 / 50, 4) and scores["overall"]["idsw"] == 0
    assert scores["global"]["idf1"] == round(2 * 10 / 50, 4) and scores["global"]["idsw"] == 1
    assert scores["overall"]["mota"] == round(20 / 30, 4) and scores["global"]["mota"] == round(19 / 30, 4)


def test_ground_truth_may_lie_as_motchallenge_lays_it_out(two_halls: Path) -> None:
    flat = scored(two_halls).as_dict()
    for name in "ab":
        (two_halls / "gt" / name / "gt").mkdir(parents=True)
        (two_halls / "gt" / f"{name}.txt").rename(two_halls / "gt" / name / "gt" / "gt.txt")
    assert scored(two_halls).as_dict() == flat


def test_an_empty_sequence_has_no_scores_and_what_was_found_there_costs(two_halls: Path) -> None:
    (two_halls / "gt" / "a.txt").write_text("")
    scores = scored(two_halls).as_dict()
    assert scores["sequences"]["a"]["hota"] is None and scores["sequences"]["a"]["ids"] == 1
    # Ten of twenty are found, and ten boxes are on nobody.
    assert scores["overall"]["mota"] == 0


def test_boxes_that_share_an_id_in_a_frame_are_counted_and_the_first_is_scored(two_halls: Path) -> None:
    write(two_halls / "pred" / "a.txt", (1, TEN, 0), (1, range(4, 7), 200))
    scores = scored(two_halls).as_dict()["sequences"]
    assert (scores["a"]["repeated_ids"], scores["a"]["hota"], scores["b"]["repeated_ids"]) == (3, 1, 0)


def test_results_without_truth_are_named_and_not_scored(two_halls: Path) -> None:
    write(two_halls / "pred" / "garden.txt", (1, TEN, 0))
    scores = scored(two_halls)
    assert scores.unjudged == ("garden",) and list(scores.sequences) == ["a", "b"]


def test_sequences_without_results_are_named(two_halls: Path) -> None:
    (two_halls / "pred" / "b.txt").unlink()
    with pytest.raises(InvalidInputError, match=r"pred: no results of b, of which there is ground truth"):
        scored(two_halls)


@pytest.mark.parametrize("missing", ["gt", "pred"])
def test_a_missing_folder_is_named(two_halls: Path, missing: str) -> None:
    (two_halls / missing).rename(two_halls / "elsewhere")
    with pytest.raises(InvalidInputError, match=f"{missing}: no such folder"):
        scored(two_halls)


def test_a_folder_without_ground_truth_is_named(two_halls: Path) -> None:
    (two_halls / "empty").mkdir()
    with pytest.raises(InvalidInputError, match="empty: no ground truth in it"):
        score_folders(two_halls / "empty", two_halls / "pred")


def test_ground_truth_in_which_nobody_counts_is_refused(two_halls: Path) -> None:
    for name in "ab":
        (two_halls / "gt" / f"{name}.txt").write_text("1,7,0,0,50,100,0\n")
    with pytest.raises(InvalidInputError, match="gt: nobody who counts is in its ground truth"):
        scored(two_halls)


def test_the_plot_is_a_picture_with_something_on_it(two_halls: Path) -> None:
    picture = cv2.imdecode(np.frombuffer(plot_scores(scored(two_halls)), np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None and picture.shape[1] > 1000 and picture.std() > 10
