"""The demonstration's preparation."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest

from haven_server.errors import InvalidInputError, OutputError
from haven_server.operations import demo
from haven_server.settings_file import load_settings
from haven_server.sources.synthetic.scenarios.scenario import Scenario

CONFIG = Path(__file__).parents[3] / "config" / "demo.yaml"
SCENARIO = {
    "name": "small",
    "about": "Nobody does anything.",
    "fps": 2,
    "duration_s": 1,
    "cameras": [{"id": name, "mount": f"{name}.a"} for name in ("hall", "living_room", "ward")],
    "people": [{"name": "Ada", "person": 1, "script": [{"enter": "living_room.door"}]}],
}


@pytest.fixture
def precious(tmp_path: Path) -> Path:
    """A folder that no demonstration made, with a file in it."""
    folder = tmp_path / "precious"
    folder.mkdir()
    (folder / "sources.yaml").write_text("mine")
    return folder


@pytest.fixture
def filmed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The scenarios that were filmed, by name and seed; filming writes who plays, and no pictures."""
    done: list[str] = []

    def render(scenario: Scenario, folder: Path, progress: object, **_: object) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "people.json").write_text(json.dumps([{"global_id": 1, "name": "Ada"}]))
        done.append(f"{scenario.name} {scenario.seed}")

    monkeypatch.setattr("haven_server.sources.synthetic.scenarios.recording.render", render)
    return done


def film(output: Path, seed: int | None = None) -> demo.Film:
    """Film the small scenario."""
    scenario = Scenario.model_validate(SCENARIO | {"seed": seed or 0})
    return demo.film(scenario, demo.film_folder(output, scenario, seed), lambda camera_id, done, total: None)


def test_an_earlier_demonstration_is_cleared_away_even_one_that_was_cut_off_and_films_stay(tmp_path: Path) -> None:
    output = tmp_path / "demo-output"
    demo.clear(output)
    for name in ("films", "videos"):
        (output / name).mkdir()
        (output / name / "half").touch()
    (output / "haven.db").touch()
    demo.clear(output)
    assert sorted(path.name for path in output.iterdir()) == [demo.MARK, "films"]
    assert (output / "films" / "half").is_file()


def test_an_empty_folder_is_taken_over(tmp_path: Path) -> None:
    demo.clear(tmp_path)
    assert (tmp_path / demo.MARK).is_file()


def test_a_folder_that_no_demonstration_made_is_left_alone(precious: Path) -> None:
    with pytest.raises(InvalidInputError, match=f"{precious}: .*move it away"):
        demo.clear(precious)
    assert (precious / "sources.yaml").read_text() == "mine"


def test_a_link_is_not_followed(tmp_path: Path, precious: Path) -> None:
    (precious / demo.MARK).touch()
    output = tmp_path / "demo-output"
    output.symlink_to(precious)
    with pytest.raises(InvalidInputError, match="demo-output"):
        demo.clear(output)
    assert (precious / "sources.yaml").read_text() == "mine"


def test_a_link_inside_is_removed_and_what_it_points_to_is_not(tmp_path: Path, precious: Path) -> None:
    output = tmp_path / "demo-output"
    demo.clear(output)
    (output / "videos").symlink_to(precious)
    demo.clear(output)
    assert not (output / "videos").exists()
    assert (precious / "sources.yaml").read_text() == "mine"


def test_a_file_in_the_way_is_left_alone(tmp_path: Path) -> None:
    output = tmp_path / "demo-output"
    output.write_text("mine")
    with pytest.raises(InvalidInputError, match="demo-output"):
        demo.clear(output)
    with pytest.raises(OutputError, match="demo-output/more"):
        demo.clear(output / "more")
    assert output.read_text() == "mine"


def test_a_disk_without_room_is_told_before_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1e6))
    with pytest.raises(OutputError, match=r"demo-output: .*less than 300 MB are free"):
        demo.clear(tmp_path / "demo-output")


def test_a_film_is_made_once_for_each_seed(tmp_path: Path, filmed: Sequence[str]) -> None:
    first, again, other = film(tmp_path), film(tmp_path), film(tmp_path, seed=4)
    assert filmed == ["small 0", "small 4"]
    assert (first.fresh, again.fresh, other.folder.name) == (True, False, "small-4")
    assert again.names == {1: "Ada"} and again.truth == tmp_path / "films" / "small" / "gt"


def test_a_film_that_was_cut_off_or_drawn_by_other_code_is_made_anew(
    tmp_path: Path, filmed: Sequence[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (film(tmp_path).folder / demo.DIGEST).unlink()
    film(tmp_path)
    monkeypatch.setattr(demo, "_drawing_digest", lambda: "other code")
    film(tmp_path)
    assert len(filmed) == 3


def test_another_scenarios_cameras_take_the_place_of_the_demonstrations_with_the_ways_between_their_rooms(
    tmp_path: Path, filmed: Sequence[str]
) -> None:
    base = load_settings(CONFIG, [], {})
    settings = load_settings(demo.configure(CONFIG, film(tmp_path), tmp_path / "sources.yaml"), [], {})
    assert [camera.id for camera in settings.cameras] == ["hall", "living_room", "ward"]
    ways = [(way.from_, way.to) for way in settings.topology.links]
    assert sorted(ways) == [("hall", "living_room"), ("living_room", "hall")]
    assert settings.topology.return_s == base.topology.return_s > 0
    assert (settings.inference, settings.reid) == (base.inference, base.reid)
