"""The demonstration's walk from film to report, on the toy world."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import pytest
from haven_client.replay import CameraReplay

from haven_server.demonstration import Demonstration, Listener, demonstrate
from haven_server.errors import ModelError, ServerFailedError
from haven_server.operations import demo
from haven_server.operations.serving import ServerProcess
from haven_server.settings_file import load_settings
from haven_server.sources.synthetic.scenarios import scenario_file
from haven_server.sources.synthetic.scenarios.scenario import Scenario

if TYPE_CHECKING:
    from tests.e2e.conftest import World

SCENARIO = {
    "name": demo.DEMO_SCENARIO,
    "about": "Red and blue cross the hall, then red and green the kitchen.",
    "duration_s": 9,
    "cameras": [{"id": "hall", "mount": "hall.door"}, {"id": "kitchen", "mount": "kitchen.door"}],
    "people": [{"name": "Ada", "person": 1, "script": [{"enter": "hall.door"}]}],
}


@pytest.fixture
def plan(world: World, monkeypatch: pytest.MonkeyPatch) -> Demonstration:
    """A demonstration of the toy world, whose films are there already."""
    film = demo.Film(
        Scenario.model_validate(SCENARIO),
        world.folder,
        world.videos,
        world.folder / "truth",
        [{"global_id": number, "name": name} for number, name in ((10, "Blue"), (20, "Green"), (30, "Red"))],
        fresh=False,
    )
    monkeypatch.setattr(demo, "film", lambda *_, **__: film)
    monkeypatch.setattr(scenario_file, "load", lambda *_: film.scenario)
    # The hall's film comes first; the server's configuration says when the kitchen's begins.
    return Demonstration("demo", None, world.config, world.folder / "demo-output", "haven demo")


@pytest.fixture
def steps() -> list[str]:
    """What a listener was told."""
    return []


@pytest.fixture
def listener(steps: list[str]) -> Listener:
    return Listener(steps.append, lambda *_: None, lambda *_: None)


async def show(plan: Demonstration, listener: Listener) -> dict[str, object]:
    result = await demonstrate(plan, lambda path, overrides: load_settings(path, overrides, {}), listener)
    return result.report


async def test_a_demonstration_leaves_a_scored_report_annotated_films_and_no_server(
    plan: Demonstration, listener: Listener, steps: list[str]
) -> None:
    (plan.output / "videos").mkdir(parents=True)
    (plan.output / demo.MARK).touch()  # as an earlier demonstration left it
    report = await show(plan, listener)
    assert steps == ["Filming demo", "Serving and replaying", "Reporting"]
    assert report == json.loads((plan.output / "report.json").read_text())
    assert (report["false_match_count"], report["total_id_switches"], report["reid_accuracy"]) == (0, 0, 1.0)
    assert report["latency"]["detect"]["calls"] == 170  # type: ignore[index]
    page = (plan.output / "report.html").read_text()
    assert "Green" in page and page.count("<img ") == 4 and "<pre>haven demo</pre>" in page
    for name in ("hall", "kitchen"):
        assert cv2.VideoCapture(str(plan.output / "videos" / f"{name}.mp4")).get(cv2.CAP_PROP_FRAME_COUNT) in (90, 80)
        assert (plan.output / "mot" / f"{name}.txt").stat().st_size
    assert (plan.output / "server.log").read_text().count("stopping") == 1


async def test_a_demonstration_that_is_cut_off_leaves_no_server_behind(plan: Demonstration, steps: list[str]) -> None:
    def interrupt(camera_id: str, replay: CameraReplay) -> None:
        raise KeyError(camera_id)

    with pytest.raises(KeyError):
        await show(plan, Listener(steps.append, lambda *_: None, interrupt))
    (pid,) = re.findall(r"\d+", (plan.output / "haven.db.lock").read_text())[:1]
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)
    assert "stopping" not in (plan.output / "server.log").read_text()


async def test_missing_networks_are_named_before_anything_is_made(
    plan: Demonstration, listener: Listener, world: World
) -> None:
    text = world.config.read_text()
    world.config.write_text(text.replace("model_repository: ", f"model_repository: {world.folder}/none # "))
    with pytest.raises(ModelError, match="person_detector"):
        await show(plan, listener)
    assert not plan.output.exists()


async def test_a_server_that_does_not_start_is_quoted(tmp_path: Path) -> None:
    with pytest.raises(ServerFailedError, match=r"(?s)did not start; .*server\.log ends with:.*nowhere\.yaml"):
        await ServerProcess.start(["--config", str(tmp_path / "nowhere.yaml")], tmp_path / "server.log")


async def test_a_server_that_dies_is_quoted_and_one_that_is_killed_is_gone(world: World) -> None:
    server = await ServerProcess.start(
        ["--config", str(world.config), "--set", "api.grpc.port=0"], world.folder / "server.log"
    )
    await server.kill()
    await server.kill()
    with pytest.raises(ServerFailedError, match=r"exit code -9; .*server\.log"):
        await server.stop()
