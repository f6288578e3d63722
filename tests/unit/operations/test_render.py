from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from haven_server.errors import InvalidInputError, NotFoundError
from haven_server.operations.render import FILMS, render, scenarios

ROOT = Path(__file__).parents[3]


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with one scenario, of a single picture."""
    script = [{"enter": "hall.bedroom"}]
    scenario = {
        "name": "glimpse",
        "about": "One picture.",
        "fps": 1,
        "duration_s": 1,
        "cameras": [{"id": "hall", "mount": "hall.a"}],
        "people": [{"name": "Anna", "person": 1, "script": script}],
    }
    folder = tmp_path / "config" / "scenarios"
    folder.mkdir(parents=True)
    (folder / "glimpse.yaml").write_text(yaml.safe_dump(scenario))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_scenario_is_filmed_by_its_name_into_a_folder_of_its_own(workplace: Path) -> None:
    told: list[tuple[str, int, int]] = []
    folder = render("glimpse", None, None, None, lambda *progress: told.append(progress))
    assert folder == FILMS / "glimpse"
    assert (folder / "hall.mp4").stat().st_size > 0
    assert (folder / "gt" / "hall.txt").is_file()
    assert told == [("hall", 1, 1)]


def test_each_seed_has_a_folder_of_its_own_and_is_written_down(workplace: Path) -> None:
    folder = render("glimpse", None, 7, None, lambda *progress: None)
    assert folder == FILMS / "glimpse-7"
    assert yaml.safe_load((folder / "scenario.yaml").read_text())["seed"] == 7


def test_an_unknown_name_or_camera_is_an_error_before_anything_is_written(workplace: Path) -> None:
    with pytest.raises(NotFoundError, match="names: glimpse"):
        render("blink", Path("films"), None, None, lambda *progress: None)
    with pytest.raises(InvalidInputError, match="it has hall"):
        render("glimpse", Path("films"), None, ["door"], lambda *progress: None)
    assert not Path("films").exists()


def test_shipped_scenarios_are_listed_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    names = [scenario.name for scenario in scenarios()]
    assert names == sorted(names)
    assert "demo" in names
