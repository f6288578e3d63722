"""What a person sees: bars that stand still once a camera is over, and tables that say what went wrong."""

from __future__ import annotations

import io
from typing import Any

import pytest
from haven_client.replay import CameraReplay, ReplaySummary
from rich.console import Console
from rich.table import Table

from haven_server.evaluation.measures import MEASURES
from haven_server.evaluation.proportion import Proportion
from haven_server.offline import RunProgress
from haven_server.operations.networks.manifest import Manifest
from haven_server.terminal.bars import CameraBars, DownloadBars, RunsBar
from haven_server.terminal.console import FILE_WIDTH, make_console
from haven_server.terminal.tables import (
    failures_table,
    mistakes_table,
    published_table,
    quality_table,
    replay_table,
    report_table,
    scores_table,
)
from haven_server.types import CameraState, CameraStatus


def drawn(*steps: RunProgress) -> str:
    """Draw some steps of a run on a wide terminal, and return the last picture."""
    console = Console(file=io.StringIO(), force_terminal=True, width=120, record=True)
    with CameraBars(console) as bars:
        for step in steps:
            bars.show(step)
    return console.export_text().splitlines()[-1]


def progress(state: CameraState, people: int = 0) -> RunProgress:
    camera = CameraStatus("hall", "", "video", state, True, 3, 0, 0.0)
    return RunProgress([camera], {"hall": 3}, {"hall": 90}, people)


@pytest.mark.parametrize(
    ("state", "people", "note"),
    [
        (CameraState.WAITING, 0, "waiting"),
        (CameraState.LIVE, 1, "1 person in all"),
        (CameraState.ENDED, 2, "2 people in all"),
        (CameraState.FAILED, 2, "failed"),
    ],
)
def test_a_bar_tells_how_a_camera_stands(state: CameraState, people: int, note: str) -> None:
    picture = drawn(progress(CameraState.LIVE), progress(state, people))
    assert picture.startswith("hall") and "3/90" in picture and f"FPS {note} " in picture


def test_a_replays_table_names_what_went_wrong() -> None:
    cameras = {"cam1": CameraReplay(who={1: 4}, problem="the network broke"), "cam2": CameraReplay(ended=True)}
    console = Console(file=io.StringIO(), width=FILE_WIDTH, record=True)
    console.print(replay_table(ReplaySummary(cameras, 1.5)))
    shown = console.export_text()
    assert "Replay: 1 person in 1.5 s" in shown and "the network broke" in shown and "ended" in shown


def test_output_into_a_file_is_wide() -> None:
    assert make_console().width == FILE_WIDTH


def shown(*tables: Table) -> str:
    """Print tables as into a file."""
    console = Console(file=io.StringIO(), width=FILE_WIDTH, record=True)
    for table in tables:
        console.print(table)
    return console.export_text()


def report(**facts: Any) -> dict[str, Any]:
    """A report of one camera with ground truth."""
    measures = {name: {"global": 0.5, "cameras": {"hall": None}} for name in MEASURES}
    told = {"total_id_switches": 1, "false_match_count": 0, "reid_accuracy": 0.75, "mistakes": []}
    plain = {"total_identities_detected": 2, "avg_tracklet_length": 9.0, "db_stats": {}, "throughput": {}}
    return {
        "cameras": {"hall": {}},
        **plain,
        **told,
        **measures,
        "idsw": {"global": 3, "cameras": {"hall": 3}},
        **facts,
    }


def test_scores_are_per_cent_and_what_cannot_be_measured_is_left_open() -> None:
    hall, everywhere = (line.split() for line in shown(scores_table(report())).splitlines()[-3:-1])
    assert hall[1:-1:2][0] == "hall" and "-" in hall and "3" in hall
    assert "all" in everywhere and "50.0" in everywhere


def test_mistakes_come_with_their_reason_and_their_absence_is_said() -> None:
    mistakes = [{"text": "Bo was taken for Ada", "reason": "face 0.7"}, {"text": "id 4 on nobody", "reason": None}]
    text = shown(mistakes_table(report(mistakes=mistakes)))
    assert "Bo was taken for Ada" in text and "face 0.7" in text and "id 4 on nobody" in text
    assert "nothing" in shown(mistakes_table(report()))


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({}, "0.75"),
        ({"reid_accuracy": None}, "nobody was followed"),
        ({"reid_accuracy": None, "mistakes": None}, "needs ground truth"),
    ],
)
def test_a_figure_that_is_missing_says_why(facts: dict[str, Any], said: str) -> None:
    assert said in shown(report_table(report(**facts)))


def test_a_quality_table_has_a_line_for_each_scenario() -> None:
    sums = {"runs": 2, "idf1_mean": 0.95, "idf1_worst": 0.9, "hota_mean": 0.8, "false_matches": 1}
    cases = {
        "id_switches": Proportion(1, 10),
        "runs_that_keep_ids_over_clothing_change": Proportion(0, 0),
        "look_alike_pairs_merged": Proportion(1, 4),
        "strangers_given_a_new_id": Proportion(3, 3),
    }
    text = shown(quality_table({"fall": sums | {name: part.as_dict() for name, part in cases.items()}}))
    for word in ("fall", "95.0 %", "90.0 %", "80.0 %", "1 of 10", "1.8-40.4 %", "1 of 4", "3 of 3"):
        assert word in text


def test_runs_that_failed_are_named_by_their_seeds() -> None:
    failed = [
        {"scenario": "demo", "seed": 3, "failed": {"false match": 2, "id switch": 1}},
        {"scenario": "demo", "seed": 14, "failed": {"false match": 1}},
    ]
    lines = shown(failures_table(failed)).splitlines()
    assert any("false match" in line and "3 14" in line for line in lines)
    assert any("id switch" in line and "14" not in line for line in lines)
    assert "nothing" in shown(failures_table([]))


def test_many_runs_tell_their_mistakes_and_problems_even_into_a_file() -> None:
    console = Console(file=io.StringIO(), width=FILE_WIDTH, record=True)
    with RunsBar(console, 2) as bar:
        bar.show({"scenario": "fall", "seed": 0, "problem": None, "mistakes": ["Bo was taken for Ada"]})
        bar.show({"scenario": "crowd", "seed": 1, "problem": "disk full"})
    text = console.export_text()
    assert "fall, seed 0: Bo was taken for Ada" in text and "crowd, seed 1: disk full" in text and "2/2" in text
    assert bar.problems == 1


def test_a_download_shows_how_much_of_which_file_is_there() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=120, record=True)
    with DownloadBars(console) as bars:
        bars.show("yunet", 50_000, 200_000)
        bars.show("yunet", 100_000, 200_000)
    last = console.export_text().splitlines()[-1]
    assert "yunet" in last and "100.0/200.0 kB" in last


def test_what_can_be_pulled_is_listed_with_what_its_licence_asks() -> None:
    entry = {"role": "face_detector", "url": "http://x", "sha256": "0" * 64, "size": 1, "note": "Small."}
    networks = [{**entry, "name": "free", "licence": "MIT"}, {**entry, "name": "bound", "licence": "AGPL-3.0"}]
    lines = shown(published_table("list", Manifest.model_validate({"networks": networks}))).splitlines()
    assert any("free" in line and "MIT: any use" in line and "Small." in line for line in lines)
    assert any("bound" in line and "AGPL-3.0: copyleft" in line for line in lines)
