"""The demonstration's configuration, and the scenario it watches."""

from __future__ import annotations

from pathlib import Path

import pytest

from haven_server.operations.demo import DEMO_CONFIG, DEMO_OUTPUT, DEMO_SCENARIO, film_folder
from haven_server.settings import Settings
from haven_server.settings_file import load_settings
from haven_server.sources.synthetic.scenarios import scenario_file
from haven_server.sources.synthetic.scenarios.director import Production
from haven_server.sources.synthetic.scenarios.scenario import Scenario
from haven_server.sources.synthetic.scenarios.truth_files import links

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def settings() -> Settings:
    return load_settings(ROOT / DEMO_CONFIG, (), {})


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return scenario_file.load(ROOT / "config" / "scenarios" / f"{DEMO_SCENARIO}.yaml")


def test_it_watches_the_cameras_of_the_scenario_and_finds_their_films(settings: Settings, scenario: Scenario) -> None:
    assert [camera.id for camera in settings.cameras] == [camera.id for camera in scenario.cameras]
    folder = film_folder(DEMO_OUTPUT, scenario, None)
    assert [camera.source and camera.source.get_secret_value() for camera in settings.cameras] == [
        str(folder / f"{camera.id}.mp4") for camera in scenario.cameras
    ]
    assert settings.general.output_dir == DEMO_OUTPUT


def test_no_journey_of_the_scenario_is_impossible_or_unlikely(settings: Settings, scenario: Scenario) -> None:
    ways = {(way.from_, way.to): way for way in settings.topology.links}
    for link in links(Production(scenario)):
        way = ways[link["from"], link["to"]]
        assert way.min_s <= link["min_s"] and link["max_s"] <= way.max_s


def test_every_link_has_its_way_back(settings: Settings) -> None:
    pairs = {(way.from_, way.to) for way in settings.topology.links}
    assert pairs == {(end, start) for start, end in pairs}


def test_clothes_count_in_it_but_never_alone_and_the_networks_set_the_other_thresholds(settings: Settings) -> None:
    assert settings.reid.appearance.enabled
    assert settings.reid.thresholds.model_fields_set == {"appearance_alone", "appearance_similarity"}
    assert settings.reid.thresholds.appearance_alone == 1.0
    assert settings.inference.model_repository == Path("triton_models/demo")
