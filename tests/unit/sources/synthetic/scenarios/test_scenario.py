from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from haven_server.errors import ConfigurationError, NotFoundError
from haven_server.sources.synthetic.rooms.catalogue import ROOMS
from haven_server.sources.synthetic.scenarios.scenario import Scenario
from haven_server.sources.synthetic.scenarios.scenario_file import find, load, shipped
from haven_server.sources.synthetic.scenarios.script import STEPS, Enter, GetUp, Sit

ROOT = Path(__file__).parents[5]
ROOM = "living_room"
DOOR = f"{ROOM}.{next(iter(ROOMS[ROOM].doors))}"
MOUNT = f"{ROOM}.{next(iter(ROOMS[ROOM].mounts))}"
SEAT = next(iter(ROOMS[ROOM].seats))
SPOT = next(iter(ROOMS[ROOM].spots))


def scenario(*script: Any, **changes: Any) -> dict[str, Any]:
    """A scenario of one person who does what is given."""
    person = {"name": "Anna", "person": 1, "script": list(script) or [{"enter": DOOR}]}
    world = {"name": "test", "about": "A test.", "duration_s": 5, "cameras": [{"id": "cam", "mount": MOUNT}]}
    return {**world, "people": [person], **changes}


def written(tmp_path: Path, tree: dict[str, Any]) -> Path:
    path = tmp_path / "test.yaml"
    path.write_text(yaml.safe_dump(tree, sort_keys=False))
    return path


def complaint(tmp_path: Path, tree: dict[str, Any]) -> str:
    with pytest.raises(ConfigurationError) as error:
        load(written(tmp_path, tree))
    return str(error.value)


def test_steps_may_be_written_short_or_in_full() -> None:
    short = Scenario.model_validate(scenario({"enter": DOOR}, {"sit": {"seat": SEAT, "for_s": 2}}, "get_up"))
    full = Scenario.model_validate(
        scenario({"enter": {"door": DOOR}}, {"sit": {"seat": SEAT, "for_s": {"from": 2, "to": 2}}}, {"get_up": None})
    )
    assert [type(step.action) for step in short.people[0].script] == [Enter, Sit, GetUp]
    assert [step.action for step in short.people[0].script] == [step.action for step in full.people[0].script]


def test_an_unknown_key_is_an_error_that_names_its_line(tmp_path: Path) -> None:
    message = complaint(tmp_path, scenario(sped=3))
    assert "test.yaml: sped (line " in message
    assert "unknown key" in message


def test_a_misspelt_step_is_an_error_that_knows_what_was_meant(tmp_path: Path) -> None:
    message = complaint(tmp_path, scenario({"entr": DOOR}))
    assert "people.0.script.0.entr (line " in message
    assert "did you mean enter?" in message


@pytest.mark.parametrize(
    ("script", "what"),
    [
        (({"walk": SPOT},), "is in no room"),
        (({"enter": DOOR}, {"enter": DOOR}), "leave it first"),
        (({"enter": DOOR}, {"wear": 3}), "off camera only"),
        (({"enter": DOOR}, {"sit": {"seat": SEAT, "for_s": 1}}, {"walk": SPOT}), "get_up first"),
        (({"enter": DOOR}, "get_up"), "is on their feet"),
        (({"enter": DOOR}, {"walk": "moon"}), f"no place in {ROOM} is called moon; there are: "),
        (({"enter": DOOR}, {"sit": {"seat": "moon", "for_s": 1}}), f"no seat in {ROOM} is called moon"),
        (({"enter": DOOR}, {"lie": {"bed": "moon", "for_s": 1}}), f"no bed in {ROOM} is called moon"),
        (({"enter": DOOR}, {"stand": {"facing": "moon"}}), f"no place or camera in {ROOM} is called moon"),
        (({"enter": f"{ROOM}.moon"},), f"no door of {ROOM} is called moon"),
        (({"enter": "moon.door"},), "no room is called moon"),
        (({"enter": DOOR}, {"leave": "hall.door"}), "but is in living_room"),
        (({"enter": {"door": DOOR, "at_s": 1, "after_s": 1}},), "keep one"),
        (({"enter": {"door": DOOR, "at_s": {"from": 3, "to": 1}}},), "exchange them"),
        (({"enter": {"door": DOOR, "at_s": "soon"}},), "wanted a number, or {from: NUMBER, to: NUMBER}"),
        (({"enter": DOOR, "leave": DOOR},), "wanted one step a line"),
        (({"enter": DOOR}, {"fall": {"direction": "up", "for_s": 1}}), "direction"),
    ],
)
def test_a_script_that_cannot_be_played_is_an_error_that_says_why(
    tmp_path: Path, script: tuple[Any, ...], what: str
) -> None:
    message = complaint(tmp_path, scenario(*script))
    assert what in message
    assert "(line " in message


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    message = complaint(tmp_path, scenario({"enter": DOOR}, {"walk": "moon"}, {"walk": "sun"}))
    assert "2 faults" in message
    assert "moon" in message
    assert "sun" in message


def test_a_film_needs_people_and_a_fault_in_the_only_one_is_told_once(tmp_path: Path) -> None:
    tree = scenario()
    person = tree["people"].pop()
    assert "people (line" in complaint(tmp_path, tree) and "needs at least 1" in complaint(tmp_path, tree)
    tree["people"] = [person | {"script": []}]
    assert "faults" not in complaint(tmp_path, tree)


def test_two_people_or_cameras_of_one_name_are_an_error(tmp_path: Path) -> None:
    tree = scenario()
    tree["people"] *= 2
    tree["cameras"] *= 2
    message = complaint(tmp_path, tree)
    assert "Anna is the name of two people" in message
    assert "camera id cam is given 2 times" in message


def test_a_look_alike_needs_somebody_to_look_like(tmp_path: Path) -> None:
    tree = scenario()
    tree["people"].append({"name": "Bea", "look_alike_of": "Cleo", "script": [{"enter": DOOR}]})
    assert "Cleo must be somebody further up" in complaint(tmp_path, tree)


def test_somebody_is_either_a_person_or_a_look_alike(tmp_path: Path) -> None:
    tree = scenario()
    tree["people"][0]["look_alike_of"] = "Bea"
    assert "either person" in complaint(tmp_path, tree)


def test_the_seed_of_the_command_line_wins(tmp_path: Path) -> None:
    path = written(tmp_path, scenario(seed=3))
    assert (load(path).seed, load(path, 9).seed) == (3, 9)


def test_a_scenario_is_found_by_name_and_by_path(tmp_path: Path) -> None:
    path = written(tmp_path, scenario())
    assert find("test", tmp_path) == path
    assert find(str(path), tmp_path / "elsewhere") == path


def test_an_unknown_name_is_an_error_that_lists_the_known_ones(tmp_path: Path) -> None:
    written(tmp_path, scenario())
    with pytest.raises(NotFoundError, match=r"did you mean test\? \(names: test\)"):
        find("tset", tmp_path)


@pytest.mark.parametrize("path", shipped(ROOT / "config" / "scenarios"), ids=lambda path: path.stem)
def test_every_shipped_scenario_can_be_played_and_is_named_as_its_file(path: Path) -> None:
    assert load(path).name == path.stem


def test_the_promised_scenarios_are_shipped() -> None:
    names = {path.stem for path in shipped(ROOT / "config" / "scenarios")}
    assert names >= {
        *("two_people", "clothing_change", "look_alikes", "strangers"),
        *("fall", "bed_exit", "crowd", "demo"),
    }


def test_the_documented_example_can_be_played_and_every_step_is_documented(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "scenarios.md").read_text()
    example = tmp_path / "visit.yaml"
    example.write_text(text.partition("```yaml\n")[2].partition("```")[0])
    assert load(example).name == "visit"
    for step in STEPS:
        assert f"`{step}" in text
