from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from haven_server.settings import CameraSettings, Settings


def two_cameras(**changes: Any) -> dict[str, Any]:
    cameras = [{"id": "cam1", "source": "a.mp4"}, {"id": "cam2", "source": "b.mp4"}]
    return {"cameras": cameras, **changes}


def test_defaults_stand_without_any_key() -> None:
    settings = Settings()
    assert settings.cameras == ()
    assert settings.reid.thresholds.face_similarity == 0.6
    assert settings.general.run_start.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("written", "nanoseconds"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("2026-01-01T00:00:00.250001Z", 1_767_225_600_250_001_000),
        ("2026-01-01T02:00:00.250001+02:00", 1_767_225_600_250_001_000),
    ],
)
def test_the_run_starts_at_the_very_microsecond(written: str, nanoseconds: int) -> None:
    settings = Settings.model_validate({"general": {"run_start": written}})
    assert settings.general.run_start_ns == nanoseconds


def test_a_section_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings().general.fps_limit = 5  # type: ignore[misc]


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("general", "fps_limit", True),
        ("general", "fps_limit", 0),
        ("general", "fps_limit", float("nan")),
        ("general", "run_start", "2026-01-01T00:00:00"),
        ("storage", "max_db_size_mb", float("inf")),
        ("reid", "enabled", 1),
        ("adl", "throttle_window", "soon"),
        ("inference", "device", "gpu"),
    ],
)
def test_a_value_of_the_wrong_type_or_out_of_bounds_is_refused(section: str, key: str, value: object) -> None:
    with pytest.raises(ValidationError, match=rf"{section}\.{key}"):
        Settings.model_validate({section: {key: value}})


def test_text_that_spells_a_number_or_a_truth_is_read_as_one() -> None:
    settings = Settings.model_validate({"general": {"fps_limit": "12.5"}, "reid": {"enabled": "false"}})
    assert settings.general.fps_limit == 12.5
    assert settings.reid.enabled is False


@pytest.mark.parametrize("zone", [[5, 0, 1, 4], [0, 4, 4, 4], [0, 0, 1]])
def test_a_zone_needs_two_ordered_corners(zone: list[int]) -> None:
    with pytest.raises(ValidationError, match="bed_zone"):
        Settings.model_validate({"adl": {"bed_exit": {"bed_zone": zone}}})


def test_camera_ids_are_unique() -> None:
    twins = [{"id": "cam1", "source": "a.mp4"}, {"id": "cam1", "source": "b.mp4"}]
    with pytest.raises(ValidationError, match="cam1 is given more than once"):
        Settings.model_validate({"cameras": twins})


@pytest.mark.parametrize("camera_id", ["", "..", "a/b", "living room", "x" * 65])
def test_a_camera_id_is_safe_as_a_file_name(camera_id: str) -> None:
    with pytest.raises(ValidationError, match="id"):
        CameraSettings.model_validate({"id": camera_id, "source": "a.mp4"})


def test_a_camera_that_is_not_pushed_needs_a_source() -> None:
    CameraSettings.model_validate({"id": "cam1", "type": "pushed"})
    with pytest.raises(ValidationError, match="a camera of type video needs source"):
        CameraSettings.model_validate({"id": "cam1", "type": "video"})


def test_the_topology_names_only_cameras_that_are_there() -> None:
    Settings.model_validate(two_cameras(topology={"links": [{"from": "cam1", "to": "cam2"}]}))
    with pytest.raises(ValidationError, match=r"topology\.links\.0: no camera has the id cam9; cameras are cam1, cam2"):
        Settings.model_validate(two_cameras(topology={"links": [{"from": "cam1", "to": "cam9"}]}))


def test_travel_times_are_ordered() -> None:
    with pytest.raises(ValidationError, match="min_s <= usual_s <= max_s"):
        Settings.model_validate(two_cameras(topology={"links": [{"from": "cam1", "to": "cam2", "min_s": 9}]}))


def test_the_score_that_starts_a_track_is_the_detectors_unless_the_tracker_has_its_own() -> None:
    detector = {"conf_threshold": 0.35}
    assert Settings.model_validate({"inference": {"yolo": detector}}).inference.new_track_thresh == 0.35
    both = {"yolo": detector, "tracker": {"new_track_thresh": 0.7}}
    assert Settings.model_validate({"inference": both}).inference.new_track_thresh == 0.7


def test_secrets_show_in_no_text_form_of_the_settings() -> None:
    camera = {"id": "c", "type": "rtsp", "source": "rtsp://u:hunter2@h/1", "username": "u", "password": "hunter2"}
    settings = Settings.model_validate({"cameras": [camera]})
    for text in (repr(settings), str(settings), settings.model_dump_json()):
        assert "hunter2" not in text
    assert settings.secrets() == {"hunter2", "rtsp://u:hunter2@h/1", "u:hunter2", "u"}


def test_secrets_are_found_in_the_source_of_any_camera() -> None:
    cameras = [
        {"id": "a", "source": "viewer:hunter2@10.0.0.1/1"},
        {"id": "b", "source": "film.mp4", "username": "admin", "password": ""},
        {"id": "c", "type": "pushed", "source": "rtsp://10.0.0.1/1"},
    ]
    secrets = Settings.model_validate({"cameras": cameras}).secrets()
    assert {"viewer", "hunter2", "admin", "rtsp://10.0.0.1/1"} <= secrets
    assert not {"", "film.mp4"} & secrets


@pytest.mark.parametrize("source", ["rtsp://u:hunter2@h/1", "RTSPS://u:hunter2@h/1", " http://u:hunter2@h/1"])
def test_a_url_is_no_video_file_and_is_not_quoted(source: str) -> None:
    with pytest.raises(ValidationError, match="source looks like a URL; set type: rtsp") as raised:
        CameraSettings.model_validate({"id": "gate", "source": source})
    assert "hunter2" not in str(raised.value)
