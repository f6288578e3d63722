"""The trackers against frozen outputs of ultralytics' trackers; see make_reference.py."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from haven_server.settings import TrackerSettings
from haven_server.tracking import make_tracker
from haven_server.types import NANOSECONDS, Detections

FILES = sorted((Path(__file__).parent / "reference").glob("*.npz"))
RATE = 30


def names(kind: str) -> list[str]:
    return [path.stem for path in FILES if path.stem.startswith(kind)]


def settings_of(arguments: dict[str, float | str | bool]) -> TrackerSettings:
    """The reference tracker's arguments as our settings."""
    shared = ("track_high_thresh", "track_low_thresh", "new_track_thresh", "match_thresh", "fuse_score")
    return TrackerSettings.model_validate(
        {name: arguments[name] for name in shared} | {"track_buffer_s": float(arguments["track_buffer"]) / RATE}
    )


@pytest.mark.parametrize("name", names("bytetrack"))
def test_ids_scores_and_boxes_are_those_of_the_reference(name: str) -> None:
    with np.load(Path(__file__).parent / "reference" / f"{name}.npz") as given:
        settings, detections, outputs = (
            settings_of(json.loads(str(given["settings"]))),
            given["detections"],
            given["outputs"],
        )
        frames = int(given["frames"])
    assert settings.new_track_thresh is not None
    tracker = make_tracker("hall", settings, settings.new_track_thresh)
    for frame in range(frames):
        seen = detections[detections[:, 0] == frame]
        boxes, scores = np.ascontiguousarray(seen[:, 1:5]), np.ascontiguousarray(seen[:, 5])
        update = tracker.update(Detections(boxes, scores), frame * NANOSECONDS // RATE)
        expected = outputs[outputs[:, 0] == frame]
        expected = expected[np.argsort(expected[:, 1])]
        np.testing.assert_array_equal(update.ids, expected[:, 1], f"frame {frame}")
        np.testing.assert_array_equal(update.scores, expected[:, 6], f"frame {frame}")
        np.testing.assert_allclose(update.boxes, expected[:, 2:6], rtol=0, atol=0.01)


def test_there_is_something_to_be_equal_to() -> None:
    assert len(names("bytetrack")) == 8
    for path in FILES:
        with np.load(path) as given:
            assert len(given["outputs"]) > 300
