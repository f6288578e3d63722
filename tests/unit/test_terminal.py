"""What a person sees: bars that stand still once a camera is over, and tables that say what went wrong."""

from __future__ import annotations

import io

import pytest
from haven_client.replay import CameraReplay, ReplaySummary
from rich.console import Console

from haven_server.offline import RunProgress
from haven_server.terminal import FILE_WIDTH, CameraBars, make_console, replay_table
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
    cameras = {"cam1": CameraReplay(people={4}, problem="the network broke"), "cam2": CameraReplay(ended=True)}
    console = Console(file=io.StringIO(), width=FILE_WIDTH, record=True)
    console.print(replay_table(ReplaySummary(cameras, 1.5)))
    shown = console.export_text()
    assert "Replay: 1 person in 1.5 s" in shown and "the network broke" in shown and "ended" in shown


def test_output_into_a_file_is_wide() -> None:
    assert make_console().width == FILE_WIDTH
