"""What all commands share."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from haven_server.cli.common import EXIT_INTERRUPTED, interruptible, show_result, this_command
from haven_server.evaluation.report import build_report
from haven_server.evaluation.run_log import RunLog
from haven_server.offline import OfflineResult
from haven_server.telemetry import StageSummary
from haven_server.types import CameraState, CameraStatus, StoreStatistics


def test_an_interrupted_command_says_what_is_left_and_exits_so(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as left, interruptible("half of it is there"):
        raise KeyboardInterrupt
    assert left.value.exit_code == EXIT_INTERRUPTED
    assert "interrupted: half of it is there" in capsys.readouterr().err


@pytest.mark.parametrize("stages", [(), (StageSummary("detect", 1, 1.0, 1.0, 1.0, 1.0, 0.001, None),)])
def test_latency_is_told_only_of_a_run_that_saw_a_frame(
    stages: tuple[StageSummary, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    camera = CameraStatus("hall", "", "video", CameraState.FAILED, True, len(stages), 0, 0.0, "a.mp4: no such file")
    report = build_report(RunLog(), [camera], stages, StoreStatistics(0, 0, 0, 0, 0), 1.0)
    show_result(OfflineResult(report, [camera], RunLog(), None))
    shown = capsys.readouterr().out
    assert "a.mp4: no such file" in shown
    assert ("Latency per stage" in shown) is bool(stages)


def test_a_command_is_told_so_that_it_can_be_typed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sys.argv", [".venv/bin/haven", "demo", "--scenario", "my film.yaml"])
    assert this_command() == ".venv/bin/haven demo --scenario 'my film.yaml'"
    (tmp_path / "haven").touch(mode=0o755)
    assert this_command() == "haven demo --scenario 'my film.yaml'"
