"""The demonstration's preparation."""

from __future__ import annotations

from pathlib import Path

from haven_server.operations import demo
from haven_server.settings_file import load_settings


def test_missing_data_is_named_file_by_file(tmp_path: Path) -> None:
    missing = demo.missing_data(tmp_path)
    assert len(missing) == len(demo.DEMO_MODELS) + len(demo.DEMO_CAMERAS)
    for path in missing:
        path.parent.mkdir(exist_ok=True)
        path.touch()
    assert demo.missing_data(tmp_path) == ()


def test_the_configuration_is_one_that_loads(tmp_path: Path) -> None:
    path = demo.write_configuration(tmp_path / "data", tmp_path / "models", tmp_path / "out")
    settings = load_settings(path, [], {})
    assert [camera.id for camera in settings.cameras] == [camera_id for camera_id, *_ in demo.DEMO_CAMERAS]
    assert settings.general.output_dir == tmp_path / "out"
    assert settings.reid.appearance.enabled


def test_an_earlier_demonstration_is_cleared_away(tmp_path: Path) -> None:
    output = tmp_path / "demo-output"
    demo.clear(output)
    demo.write_configuration(tmp_path, tmp_path, output)
    demo.clear(output)
    assert not output.exists()


def test_how_to_bring_data_is_said_in_three_lines() -> None:
    assert len(demo.HOW_TO_BRING_DATA.splitlines()) == 3
