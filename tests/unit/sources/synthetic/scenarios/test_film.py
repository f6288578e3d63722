from __future__ import annotations

import json
from configparser import ConfigParser
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import yaml

from haven_server.errors import InvalidInputError, OutputError
from haven_server.evaluation.motchallenge import read_truth
from haven_server.settings import TopologySettings
from haven_server.sources.synthetic.scenarios.film import Shot, frames
from haven_server.sources.synthetic.scenarios.recording import render
from haven_server.sources.synthetic.scenarios.scenario import Scenario
from haven_server.sources.synthetic.scenarios.scenario_file import load

SCALE = 0.25
"""Of 1280x720: 320x180."""
FALLS_AT_S = 4.0


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    """Anna falls before the camera, while her look-alike goes from this room to the next."""
    tree = {
        "name": "test",
        "about": "A test.",
        "fps": 1,
        "duration_s": 16,
        "cameras": [{"id": "home", "mount": "living_room.a"}, {"id": "way", "mount": "hall.b"}],
        "people": [
            {
                "name": "Anna",
                "person": 1,
                "script": [
                    {"enter": "living_room.hall"},
                    {"walk": "middle"},
                    {"wait_until_s": FALLS_AT_S},
                    {"fall": {"for_s": 30}},
                ],
            },
            {
                "name": "Bea",
                "look_alike_of": "Anna",
                "script": [
                    {"enter": "living_room.kitchen"},
                    {"leave": "living_room.kitchen"},
                    {"wear": 5},
                    {"travel": {"to": "hall.living_room", "takes_s": 2}},
                ],
            },
        ],
    }
    return Scenario.model_validate(tree)


@pytest.fixture(scope="module")
def filmed(scenario: Scenario, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("film")
    render(scenario, folder, scale=SCALE)
    return folder


@pytest.fixture(scope="module")
def shots(scenario: Scenario) -> list[Shot]:
    return list(frames(scenario, "home", SCALE))


def test_the_same_scenario_gives_the_same_pictures_and_truth(scenario: Scenario, shots: list[Shot]) -> None:
    for first, again in zip(shots, islice(frames(scenario, "home", SCALE), 6), strict=False):
        np.testing.assert_array_equal(first.picture, again.picture)
        assert [p.box.tolist() for p in first.truth.people] == [p.box.tolist() for p in again.truth.people]


def test_another_seed_gives_other_pictures(scenario: Scenario, shots: list[Shot]) -> None:
    other = scenario.model_copy(update={"seed": 1})
    (shot,) = islice(frames(other, "home", SCALE), 4, 5)
    assert np.abs(shot.picture.astype(int) - shots[4].picture).max() > 40


def test_the_film_has_every_picture_at_its_rate(scenario: Scenario, filmed: Path) -> None:
    for camera in scenario.cameras:
        video = cv2.VideoCapture(str(filmed / f"{camera.id}.mp4"))
        assert video.get(cv2.CAP_PROP_FRAME_COUNT) == scenario.frame_count == 16
        assert video.get(cv2.CAP_PROP_FPS) == pytest.approx(scenario.fps)
        assert (video.get(cv2.CAP_PROP_FRAME_WIDTH), video.get(cv2.CAP_PROP_FRAME_HEIGHT)) == (320, 180)


def test_boxes_lie_where_the_people_are(shots: list[Shot]) -> None:
    """Where somebody is asked for, the box of their true place differs from the empty room."""
    empty = shots[0].picture.astype(int)
    assert not any(person.is_asked_for(180) for person in shots[0].truth.people)
    seen = [(shot, p) for shot in shots for p in shot.truth.people if p.visibility > 0.6]
    assert len(seen) > 8
    for shot, person in seen:
        x1, y1, x2, y2 = np.round(person.box).astype(int)
        changed = np.abs(shot.picture - empty).max(axis=2) > 25
        assert changed[y1:y2, x1:x2].mean() > 0.15


def test_whoever_is_behind_a_door_is_not_asked_for(shots: list[Shot]) -> None:
    assert len(shots[0].truth.people) == 2
    assert all(person.visibility < 0.2 for person in shots[0].truth.people)


def test_a_fallen_person_lies_in_truth_and_in_the_picture(shots: list[Shot]) -> None:
    (anna,) = (person for person in shots[-1].truth.people if person.global_id == 1)
    width, height = anna.box[2:] - anna.box[:2]
    assert anna.stance.value == "lying"
    assert width > height


def test_ground_truth_reads_back_with_one_id_over_all_cameras(filmed: Path) -> None:
    truth = read_truth(filmed / "gt", ["home", "way"])
    assert set(truth["home"].persons[truth["home"].counts].tolist()) == {1, 2}
    assert set(truth["way"].persons[truth["way"].counts].tolist()) == {2}


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_poses_are_told_picture_by_picture(filmed: Path) -> None:
    pictures = lines(filmed / "poses" / "home.jsonl")
    assert [picture["frame"] for picture in pictures] == list(range(1, 17))
    for person in (person for picture in pictures for person in picture["people"]):
        points = np.array(person["keypoints"])
        assert points.shape == (17, 3)
        assert set(points[:, 2]) <= {0, 1, 2}
        x1, y1, x2, y2 = person["box"]
        seen = points[points[:, 2] == 2]
        assert np.all((seen[:, :2] >= [x1 - 1, y1 - 1]) & (seen[:, :2] <= [x2 + 1, y2 + 1]))


def test_faces_are_told_while_the_camera_can_see_them(filmed: Path) -> None:
    people = [person for picture in lines(filmed / "poses" / "home.jsonl") for person in picture["people"]]
    faces = [person for person in people if person["face_box"] is not None]
    assert faces
    for person in faces:
        assert np.array(person["face_points"]).shape == (5, 3)


def test_events_are_told_by_camera_and_time(filmed: Path) -> None:
    events = lines(filmed / "events.jsonl")
    assert [event["at_s"] for event in events] == sorted(event["at_s"] for event in events)
    told = {(event["kind"], event["camera_id"], event["global_id"]) for event in events}
    assert told >= {("enter", "home", 1), ("fall_start", "home", 1), ("leave", "home", 2), ("outfit_change", "way", 2)}
    (fall,) = (event for event in events if event["kind"] == "fall_start")
    assert fall["at_s"] == pytest.approx(FALLS_AT_S, abs=0.05)


def test_people_are_told_with_who_only_looks_alike(filmed: Path) -> None:
    anna, bea = json.loads((filmed / "people.json").read_text())
    assert (anna["name"], anna["look_alike_of"]) == ("Anna", None)
    assert (bea["name"], bea["look_alike_of"], bea["outfits"]) == ("Bea", 1, ["1", "5"])


def test_travel_times_can_be_put_into_a_configuration(filmed: Path) -> None:
    topology = TopologySettings.model_validate(yaml.safe_load((filmed / "topology.yaml").read_text())["topology"])
    (link,) = topology.links
    assert (link.from_, link.to) == ("home", "way")
    assert link.min_s == 2


def test_the_size_and_length_of_each_film_are_told(filmed: Path) -> None:
    information = ConfigParser()
    information.read(filmed / "seqinfo.ini")
    assert information.sections() == ["home", "way"]
    assert (information["home"]["imWidth"], information["home"]["seqLength"]) == ("320", "16")


def test_the_scenario_beside_the_film_plays_the_same_film(scenario: Scenario, filmed: Path) -> None:
    assert load(filmed / "scenario.yaml") == scenario


def test_progress_is_told_picture_by_picture(scenario: Scenario, tmp_path: Path) -> None:
    told: list[tuple[str, int]] = []
    render(scenario, tmp_path, lambda camera_id, done: told.append((camera_id, done)), cameras=["way"], scale=0.1)
    assert told == [("way", done) for done in range(1, 17)]
    assert not (tmp_path / "home.mp4").exists()


def test_two_processes_film_what_one_films(scenario: Scenario, filmed: Path, tmp_path: Path) -> None:
    told: set[tuple[str, int]] = set()
    render(scenario, tmp_path, lambda camera_id, done: told.add((camera_id, done)), scale=SCALE, processes=2)
    for name in ("gt/home.txt", "gt/way.txt", "poses/home.jsonl", "events.jsonl"):
        assert (tmp_path / name).read_bytes() == (filmed / name).read_bytes()
    assert {("home", 16), ("way", 16)} <= told


def test_an_unknown_camera_is_an_error_that_lists_those_there_are(scenario: Scenario, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="no camera 'door'; it has home, way"):
        render(scenario, tmp_path, cameras=["door"])


def test_a_folder_that_cannot_be_made_is_an_error_that_names_it(scenario: Scenario, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="file"):
        render(scenario, tmp_path / "file")
