"""`haven eval`: what a person types, reads and keeps."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.e2e.conftest import RunHaven


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    """A film of two frames, in whose second frame one of two people is missed."""
    (tmp_path / "gt").mkdir()
    (tmp_path / "gt" / "hall.txt").write_text(
        "1,1,0,0,50,100,1,1,1\n1,2,90,0,50,100,1,1,1\n2,1,0,0,50,100,1,1,1\n2,2,90,0,50,100,1,1,1\n"
    )
    (tmp_path / "pred").mkdir()
    (tmp_path / "pred" / "hall.txt").write_text(
        "1,5,0,0,50,100,0.9,-1,-1,-1\n1,6,90,0,50,100,0.9,-1,-1,-1\n2,5,0,0,50,100,0.9,-1,-1,-1\n"
    )
    return tmp_path


def test_scores_are_printed_and_kept_as_json_and_as_a_plot(folders: Path, haven: RunHaven) -> None:
    done = haven("eval", "--gt", folders / "gt", "--pred", folders / "pred", "--output", folders / "out")
    assert done.returncode == 0, done.stderr
    assert all(word in done.stdout for word in ("hall", "overall", "global", "HOTA", "DetA", "AssA", "IDSW", "75.00"))
    scores = json.loads((folders / "out" / "scores.json").read_text())
    assert scores["sequences"]["hall"]["mota"] == scores["overall"]["mota"] == scores["global"]["mota"] == 0.75
    assert (folders / "out" / "scores.png").read_bytes().startswith(b"\x89PNG")


def test_a_broken_line_is_named_and_nothing_is_written(folders: Path, haven: RunHaven) -> None:
    (folders / "pred" / "hall.txt").write_text("1,5,0,0,wide,100,0.9\n")
    done = haven("eval", "--gt", folders / "gt", "--pred", folders / "pred", "--output", folders / "out")
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert "hall.txt:1: '1,5,0,0,wide,100,0.9' is no row of 6 numbers" in done.stderr
    assert not (folders / "out").exists()


def test_what_is_left_out_is_said(folders: Path, haven: RunHaven) -> None:
    with (folders / "pred" / "hall.txt").open("a") as file:
        file.write("2,5,300,0,50,100,0.9,-1,-1,-1\n")
    (folders / "pred" / "garden.txt").touch()
    done = haven("eval", "--gt", folders / "gt", "--pred", folders / "pred", "--output", folders / "out")
    assert "hall: 1 box has the id of an earlier box of its frame and was left out" in done.stderr
    assert "not scored, for there is no ground truth: garden" in done.stderr
