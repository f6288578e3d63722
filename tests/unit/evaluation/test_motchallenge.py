"""MOTChallenge text, read."""

from __future__ import annotations

from pathlib import Path

import pytest

from haven_server.errors import InvalidInputError
from haven_server.evaluation.motchallenge import read_found, read_truth


def test_truth_is_read_with_what_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "hall.txt").write_text("1,7,10,20,30,40,1,1,0.9\n2,8,0,0,5,5,0,1,0.1\n")
    truth = read_truth(tmp_path, ["hall"])["hall"]
    assert truth.frames.tolist() == [1, 2] and truth.persons.tolist() == [7, 8]
    assert truth.boxes.tolist() == [[10, 20, 40, 60], [0, 0, 5, 5]]
    assert truth.counts.tolist() == [True, False]


def test_a_camera_in_which_nobody_was_found_has_no_rows(tmp_path: Path) -> None:
    (tmp_path / "hall.txt").touch()
    assert read_found(tmp_path, ["hall"])["hall"].boxes.shape == (0, 4)


def test_rows_are_one_track_until_the_id_changes_or_time_jumps(tmp_path: Path) -> None:
    frames_and_ids = [(1, 5), (2, 5), (9, 5), (40, 5), (3, 5), (4, 6)]
    (tmp_path / "hall.txt").write_text(
        "".join(f"{frame},{number},0,0,9,9,0.5,-1,-1,-1\n" for frame, number in frames_and_ids)
    )
    assert read_found(tmp_path, ["hall"])["hall"].tracks.tolist() == [1, 1, 1, 2, 3, 4]


@pytest.mark.parametrize(
    "line", ["1,2,3", "one,2,3,4,5,6,1", "0,2,3,4,5,6,1", "1,2,3,4,-5,6,1", "1,2,nan,4,5,6,1", "1;2;3;4;5;6;1"]
)
def test_a_bad_line_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "hall.txt").write_text(f"1,2,3,4,5,6,1\n{line}\n")
    with pytest.raises(InvalidInputError, match=r"hall\.txt:2: "):
        read_truth(tmp_path, ["hall"])


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"hall\.txt: cannot be read"):
        read_found(tmp_path, ["hall"])


def test_a_person_who_is_twice_in_a_frame_is_refused(tmp_path: Path) -> None:
    (tmp_path / "hall.txt").write_text("4,2,3,4,5,6,1\n4,2,30,4,5,6,1\n")
    with pytest.raises(InvalidInputError, match="person 2 is twice in frame 4"):
        read_truth(tmp_path, ["hall"])
