"""The demonstration's preparation."""

from __future__ import annotations

from pathlib import Path

import pytest

from haven_server.errors import InvalidInputError, OutputError
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


@pytest.fixture
def precious(tmp_path: Path) -> Path:
    """A folder that no demonstration made, with a file in it."""
    folder = tmp_path / "precious"
    folder.mkdir()
    (folder / "sources.yaml").write_text("mine")
    return folder


def test_an_earlier_demonstration_is_cleared_away_even_one_that_was_cut_off(tmp_path: Path) -> None:
    output = tmp_path / "demo-output"
    demo.clear(output)
    (output / "models").mkdir()
    (output / "models" / "half").touch()
    demo.clear(output)
    assert [path.name for path in output.iterdir()] == [demo.MARK]


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
    (output / "models").symlink_to(precious)
    demo.clear(output)
    assert (precious / "sources.yaml").read_text() == "mine"


def test_a_file_in_the_way_is_left_alone(tmp_path: Path) -> None:
    output = tmp_path / "demo-output"
    output.write_text("mine")
    with pytest.raises(InvalidInputError, match="demo-output"):
        demo.clear(output)
    with pytest.raises(OutputError, match="demo-output/more"):
        demo.clear(output / "more")
    assert output.read_text() == "mine"


def test_how_to_bring_data_is_said_in_three_lines() -> None:
    assert len(demo.HOW_TO_BRING_DATA.splitlines()) == 3
