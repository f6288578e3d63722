"""The report as a page, and the plots in it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from haven_server.evaluation.charts import Bar, Lane, timeline
from haven_server.evaluation.motchallenge import TrueBoxes
from haven_server.evaluation.page import Story, render, write_page
from haven_server.evaluation.report import build_report
from haven_server.evaluation.run_log import RunLog
from haven_server.evaluation.scorecard import score_run
from haven_server.evaluation.views import VIEWS, colour_name, views
from haven_server.telemetry import StageTimes
from haven_server.types import (
    CameraState,
    CameraStatus,
    Confidence,
    Identification,
    StoreStatistics,
    Track,
    TrackState,
)

FRAMES = 20
BOX = np.array([0, 0, 50, 100], np.float32)
NAMES = {1: "Ada <3", 2: "Bo"}


def run_log() -> RunLog:
    """Somebody with id 4 in the hall, and the same id again in the kitchen, ten frames a second."""
    log = RunLog()
    for camera_id in ("hall", "kitchen"):
        for frame in range(FRAMES):
            log.see(camera_id, frame, frame * 10**8, (Track(camera_id, 1, BOX, 0.9, TrackState.CONFIRMED, frame),))
        log.identify(Identification(camera_id, 1, 4, Confidence.HIGH, final=True))
        log.explain(camera_id, 1, {"reason": f"seen in the {camera_id} & known"})
    return log


def truth(person: int) -> TrueBoxes:
    """One person who stands where somebody was found."""
    frames = np.arange(1, FRAMES + 1)
    return TrueBoxes(frames, np.full(FRAMES, person), np.tile(BOX, (FRAMES, 1)), np.ones(FRAMES, np.bool_))


def story(people: dict[str, int], snapshots: Path | None = None) -> Story:
    """Tell of the run; without people as one without ground truth."""
    log, known = run_log(), {camera_id: truth(person) for camera_id, person in people.items()}
    scorecard = score_run(log, known, 0) if known else None
    cameras = [CameraStatus(name, "", "video", CameraState.ENDED, True, FRAMES, 0, 0.0) for name in ("hall", "kitchen")]
    times = StageTimes()
    with times.stage("detect"):
        pass
    report = build_report(log, cameras, times.summary(), StoreStatistics(1, 2, 3, 4, 5), 2.0, scorecard, NAMES)
    return Story("A & B", "about", "haven run --x", report, log, known, scorecard, 0, snapshots, NAMES)


def test_the_page_says_who_was_taken_for_whom_and_why() -> None:
    page = render(story({"hall": 1, "kitchen": 2}))
    assert "Bo was taken for Ada &lt;3, whose id is 4: camera kitchen, 0.0 to 1.9 s." in page
    assert "Why: seen in the kitchen &amp; known" in page
    assert '<b class="bad">1</b><span>false matches' in page


def test_a_run_without_fault_says_so() -> None:
    page = render(story({"hall": 1, "kitchen": 1}))
    assert "Nothing: every track has its person's id." in page.replace("&#x27;", "'")
    assert '<b class="good">0</b><span>false matches' in page


def test_without_ground_truth_ids_have_the_rows_and_nothing_is_called_right_or_wrong() -> None:
    page = render(story({}))
    assert "id 4" in page and "What went wrong" not in page and "false matches" not in page


def test_the_page_needs_nothing_beside_it_and_has_its_colours_from_its_own_style() -> None:
    page = render(story({"hall": 1, "kitchen": 2}))
    assert re.findall(r'(?:src|href)="(?!data:|#)', page) == []
    assert "<script" not in page and "@import" not in page
    assert "var(--ink)" in page and "prefers-color-scheme: dark" in page


def test_the_same_run_gives_the_same_page(tmp_path: Path) -> None:
    told = story({"hall": 1, "kitchen": 2})
    write_page(tmp_path / "new" / "one.html", told)
    assert (tmp_path / "new" / "one.html").read_text() == render(told)


def test_the_title_and_the_command_are_shown_as_they_are() -> None:
    page = render(story({}))
    assert "<h1>A &amp; B</h1>" in page and "<pre>haven run --x</pre>" in page


def test_a_timeline_names_its_rows_and_lanes_and_numbers_bars_that_have_room() -> None:
    plot = timeline([Lane("Ada", "hall", [Bar(0, 9), Bar(1, 9, "#aabbcc", "4"), Bar(9.9, 10, "#ddeeff", "77", True)])])
    assert plot.startswith("<svg") and ">Ada<" in plot and ">hall<" in plot and ">4<" in plot
    assert "#aabbcc" in plot and ">77<" not in plot


def test_a_timeline_of_nobody_is_drawn() -> None:
    assert timeline([]).startswith("<svg")


@pytest.fixture
def snapshots(tmp_path: Path) -> Path:
    """Pictures of id 4: many in the hall, one of two in the kitchen broken."""
    folder = tmp_path / "4"
    folder.mkdir()
    for number in range(9):
        cv2.imwrite(str(folder / f"hall_{number}_{100 + number}.jpg"), np.full((40, 20, 3), 90, np.uint8))
    cv2.imwrite(str(folder / "front_door_1_300.jpg"), np.full((40, 20, 3), 90, np.uint8))
    (folder / "attic_1_301.jpg").write_bytes(b"no picture")
    (folder / "cellar_1_302.jpg").touch()
    return tmp_path


def test_each_camera_in_which_somebody_was_is_shown_first(snapshots: Path) -> None:
    shown = views(snapshots, 4)
    assert [view.camera_id for view in shown] == ["hall"] * (VIEWS - 3) + ["front_door"]
    assert all(view.data.startswith("data:image/jpeg;base64,") for view in shown)
    assert views(snapshots, 5) == []


def test_pictures_stand_under_their_id(snapshots: Path) -> None:
    page = render(story({}, snapshots))
    assert page.count("<img ") == VIEWS - 2
    assert f'style="background:{colour_name(4)}">4<' in page


def test_an_id_is_shown_with_its_person_or_as_nobodys_where_there_is_truth(snapshots: Path) -> None:
    id_4 = f'style="background:{colour_name(4)}">4</span>'
    assert f"{id_4}Bo</h3>" in render(story({"hall": 2, "kitchen": 2}, snapshots))
    assert f"{id_4}person 3</h3>" in render(story({"hall": 3, "kitchen": 3}, snapshots))
    elsewhere = replace(truth(1), boxes=truth(1).boxes + 500)
    strays = score_run(run_log(), {"hall": elsewhere, "kitchen": elsewhere}, 0)
    assert f"{id_4}nobody</h3>" in render(replace(story({"hall": 1, "kitchen": 1}, snapshots), scorecard=strays))
    assert f"{id_4}</h3>" in render(story({}, snapshots))
