"""What is configured and not there yet is said, not silently ignored."""

from __future__ import annotations

from typing import Any

import pytest
from structlog.testing import capture_logs

from haven_server.errors import ConfigurationError
from haven_server.settings import Settings
from haven_server.unbuilt import refuse_rtsp, warn_of_unbuilt

CAMERA = {"id": "hall", "source": "hall.mp4"}


def warned_of(settings: dict[str, Any]) -> list[str]:
    """Name the keys that a configuration is warned of."""
    with capture_logs() as lines:
        warn_of_unbuilt(Settings.model_validate(settings))
    return [key for line in lines for key in line["keys"].split(", ")]


@pytest.mark.parametrize(
    ("settings", "keys"),
    [
        ({"adl": {"throttle_window": 5}}, ["adl"]),
        ({"cameras": [CAMERA | {"bed_zone": [0, 0, 1, 1]}]}, ["cameras[].bed_zone"]),
        ({"cameras": [CAMERA | {"type": "pushed"}]}, ["cameras[].source"]),
        (
            {"cameras": [CAMERA | {"username": "a", "password": "b"}]},
            ["cameras[].username", "cameras[].password"],
        ),
        (
            {"cameras": [CAMERA], "topology": {"links": [{"from": "hall", "to": "hall", "usual_s": 3}]}},
            ["topology.links[].usual_s"],
        ),
    ],
)
def test_what_has_no_effect_yet_is_named(settings: dict[str, Any], keys: list[str]) -> None:
    assert warned_of(settings) == keys


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"cameras": [CAMERA], "topology": {"links": [{"from": "hall", "to": "hall"}]}},
        {"cameras": [CAMERA | {"username": None, "bed_zone": None}]},
        {"cameras": [{"id": "gate", "type": "rtsp", "source": "rtsp://h/1", "username": "a", "password": "b"}]},
        {
            "reid": {"thresholds": {"face_similarity": 0.5}, "gait": {"enabled": False}},
            "inference": {"yolo": {"conf_threshold": 0.4}},
        },
        {"inference": {"engine": "triton", "triton": {"url": "gpu:8001"}}},
    ],
)
def test_what_has_its_effect_or_was_left_to_its_default_is_not(settings: dict[str, Any]) -> None:
    assert warned_of(settings) == []


def test_a_camera_that_cannot_be_opened_is_refused_unless_it_is_off() -> None:
    gate = {"id": "gate", "type": "rtsp", "source": "rtsp://h/1"}
    with pytest.raises(ConfigurationError, match="gate"):
        refuse_rtsp(Settings.model_validate({"cameras": [CAMERA, gate]}))
    refuse_rtsp(Settings.model_validate({"cameras": [CAMERA, gate | {"enabled": False}]}))
