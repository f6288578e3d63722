"""The trackers against frozen outputs of ultralytics' trackers; see make_reference.py."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from haven_server.settings import TrackerSettings
from haven_server.tracking import make_tracker
from haven_server.tracking.camera_motion import CameraMotion
from haven_server.types import NANOSECONDS, Detections, TrackUpdate

FILES = {path.stem: path for path in sorted((Path(__file__).parent / "reference").glob("*.npz"))}
RATE = 30
PICTURE = np.zeros((1, 1, 3), np.uint8)


def settings_of(arguments: dict[str, Any]) -> TrackerSettings:
    """The reference tracker's arguments as our settings."""
    shared = ("track_high_thresh", "track_low_thresh", "new_track_thresh", "match_thresh", "fuse_score")
    settings = {name: arguments[name] for name in shared} | {"track_buffer_s": arguments["track_buffer"] / RATE}
    if "gmc_method" in arguments:
        settings |= {"type": "botsort", "proximity_thresh": arguments["proximity_thresh"], "relink_thresh": 1}
        # The reference's threshold is held against 1 less half the cosine distance.
        settings["appearance_thresh"] = 2 * arguments["appearance_thresh"] - 1
    return TrackerSettings.model_validate(settings)


def follow(given: dict[str, npt.NDArray[Any]], settings: TrackerSettings) -> list[TrackUpdate]:
    """Run the tracker over a file's detections, with looks where it has them."""
    assert settings.new_track_thresh is not None
    tracker = make_tracker("hall", settings, settings.new_track_thresh)
    updates = []
    for frame in range(int(given["frames"])):
        rows = given["detections"][:, 0] == frame
        boxes, scores = (np.ascontiguousarray(given["detections"][rows, columns]) for columns in (slice(1, 5), 5))
        tracker.begin_frame(Detections(boxes, scores), frame * NANOSECONDS // RATE, PICTURE)
        looks = given["vectors"][rows] if "vectors" in given else None
        updates.append(tracker.end_frame(np.arange(len(boxes)), looks))
    return updates


@pytest.mark.parametrize("name", FILES)
def test_ids_scores_and_boxes_are_those_of_the_reference(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with np.load(FILES[name]) as file:
        given = dict(file)
    motions = iter(given.get("motions", np.tile(np.eye(2, 3), (len(given["detections"]), 1, 1))))
    monkeypatch.setattr(CameraMotion, "measure", lambda *_: next(motions))
    updates = follow(given, settings_of(json.loads(str(given["settings"]))))
    for frame, update in enumerate(updates):
        expected = given["outputs"][given["outputs"][:, 0] == frame]
        expected = expected[np.argsort(expected[:, 1])]
        np.testing.assert_array_equal(update.ids, expected[:, 1], f"frame {frame}")
        np.testing.assert_array_equal(update.scores, expected[:, 6], f"frame {frame}")
        np.testing.assert_allclose(update.boxes, expected[:, 2:6], rtol=0, atol=0.01, err_msg=f"frame {frame}")


def test_there_is_much_to_be_equal_to_and_looks_and_motion_change_it() -> None:
    outputs = {}
    for name, path in FILES.items():
        with np.load(path) as file:
            outputs[name], given = file["outputs"], dict(file)
        assert len(outputs[name]) > 300
        # Without what the file tells of looks and motion the ids would be others.
        for told in {"vectors", "motions"} & given.keys():
            blind = {key: value for key, value in given.items() if key != told}
            settings = settings_of(json.loads(str(given["settings"]))).model_copy(update={"camera_motion": False})
            found = [(frame, number) for frame, update in enumerate(follow(blind, settings)) for number in update.ids]
            assert {*found} != {(row[0], row[1]) for row in outputs[name]}
    assert len(outputs) == 12
