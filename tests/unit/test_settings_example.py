from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from haven_server.settings import Settings
from haven_server.settings_file import load_settings
from haven_server.settings_file.schema import allowed_value, leaves, settings_schema

CONFIG = Path(__file__).parents[2] / "config"
EXAMPLE = CONFIG / "sources.example.yaml"


def given(tree: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Walk the keys of a YAML tree as ``leaves`` walks the schema's."""
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from given(value, (*path, key))
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for item in value:
                yield from given(item, (*path, key, "[]"))
        else:
            yield (*path, key), value


@pytest.fixture(scope="module")
def text() -> str:
    """The example with every key that stands behind a # set."""
    return re.sub(r"^( *)#(?=\w+:)", r"\1", EXAMPLE.read_text(), flags=re.MULTILINE)


@pytest.fixture(scope="module")
def example(text: str) -> Any:
    return yaml.safe_load(text)


def test_the_example_loads_once_both_files_are_copied(tmp_path: Path) -> None:
    shutil.copy(EXAMPLE, tmp_path / "sources.yaml")
    shutil.copy(CONFIG / ".env.example", tmp_path / ".env")
    settings = load_settings(tmp_path / "sources.yaml", (), {})
    assert [camera.id for camera in settings.cameras] == ["cam1", "cam2", "cam3"]


def test_the_example_holds_every_key(example: Any) -> None:
    assert {path for path, _ in leaves(settings_schema())} == {path for path, _ in given(example)}


def test_the_examples_values_are_the_defaults(example: Any) -> None:
    sections = {key: value for key, value in example.items() if key not in ("cameras", "topology")}
    assert Settings.model_validate(sections) == Settings()


def test_a_copy_of_the_example_leaves_the_thresholds_to_the_networks(tmp_path: Path) -> None:
    shutil.copy(EXAMPLE, tmp_path / "sources.yaml")
    shutil.copy(CONFIG / ".env.example", tmp_path / ".env")
    settings = load_settings(tmp_path / "sources.yaml", (), {})
    assert settings.reid.thresholds.model_fields_set == set()


def test_each_key_of_the_example_says_what_it_is_and_may_be(text: str) -> None:
    lines = [line.strip(" -") for line in text.splitlines()]
    for path, entry in leaves(settings_schema()):
        comment = f"# {entry['description']} [{allowed_value(entry)}]"
        keys = [lines[number + 1] for number, line in enumerate(lines) if line == comment]
        assert any(re.match(rf"{path[-1]}:", key) for key in keys), f"wanted above {'.'.join(path)}:\n{comment}"


def test_the_schema_file_is_what_the_settings_say() -> None:
    assert json.loads((CONFIG / "haven.schema.json").read_text()) == settings_schema(), "run make schema"
