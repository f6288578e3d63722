"""The list of published networks, what their licences ask, and what stands in it wrongly."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from haven_server.errors import ConfigurationError, InvalidInputError, LicenceError, NotFoundError
from haven_server.operations.networks.licences import AGPL, NON_COMMERCIAL, require_consent
from haven_server.operations.networks.manifest import SHIPPED, read_manifest

ROOT = Path(__file__).parents[4]
ENTRY = {
    "role": "face_embedder",
    "name": "face",
    "url": "https://example.org/face.onnx",
    "sha256": "0" * 64,
    "size": 10,
    "licence": "MIT",
}


def written(folder: Path, *entries: dict[str, Any]) -> Path:
    path = folder / "published.json"
    path.write_text(json.dumps({"networks": entries}, indent=1))
    return path


def test_the_shipped_list_names_each_network_once_and_pins_it() -> None:
    networks = read_manifest(ROOT / SHIPPED).networks
    assert {network.licence for network in networks} == {"MIT", "Apache-2.0", NON_COMMERCIAL}
    assert all("/main/" not in network.url and "/latest/" not in network.url for network in networks)
    # One file has one sum, whoever names it.
    assert len({network.url for network in networks}) == len({network.sha256 for network in networks})


def test_json_and_names_given_twice_do_as_well(tmp_path: Path) -> None:
    manifest = read_manifest(written(tmp_path, ENTRY))
    assert [network.name for network in manifest.find(["face", "face"])] == ["face"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sha256": "abc"}, r"networks\.0\.sha256 \(line 7\): String should match"),
        ({"url": "file:///etc/passwd"}, r"networks\.0\.url \(line 6\): String should match"),
        ({"name": "../face"}, r"networks\.0\.name \(line 5\): String should match"),
        ({"role": "nose"}, r"networks\.0\.role \(line 4\): Input should be"),
        ({"sise": 1}, r"networks\.0\.sise \(line 10\): Extra inputs"),
    ],
)
def test_what_is_wrong_in_a_list_is_told_with_its_line(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        read_manifest(written(tmp_path, {**ENTRY, **change}))


def test_a_list_that_is_missing_or_gives_a_name_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no such file; run this in a checkout of HAVEN, or name one by --man"):
        read_manifest(tmp_path / "nowhere.yaml")
    with pytest.raises(ConfigurationError, match=r"networks\.1\.name \(line \d+\): given twice"):
        read_manifest(written(tmp_path, ENTRY, ENTRY))


def test_an_unknown_name_is_told_with_those_that_are_known(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"'fase' is not in the manifest \(names: face\)"):
        read_manifest(written(tmp_path, ENTRY)).find(["fase"])


def test_two_networks_for_one_role_are_refused(tmp_path: Path) -> None:
    manifest = read_manifest(written(tmp_path, ENTRY, {**ENTRY, "name": "other"}))
    with pytest.raises(InvalidInputError, match="face and other both are a face_embedder"):
        manifest.find(["face", "other"])


def test_licences_that_bind_must_be_agreed_to_one_by_one() -> None:
    networks = {"yolov8n": AGPL, "buffalo_sc": NON_COMMERCIAL, "yunet": "MIT"}
    with pytest.raises(LicenceError) as refused:
        require_consent(networks, [AGPL])
    message = str(refused.value)
    assert f"buffalo_sc: {NON_COMMERCIAL} (for non-commercial research only)" in message
    assert message.endswith(f"If you agree, add --accept-licence {NON_COMMERCIAL}")
    assert "yolov8n" not in message and "yunet" not in message
    require_consent(networks, [AGPL, NON_COMMERCIAL])


def test_a_licence_nobody_here_knows_must_be_agreed_to_as_well() -> None:
    with pytest.raises(LicenceError, match=r"Foo-1\.0 \(unknown to HAVEN: read it before you agree\)"):
        require_consent({"foo": "Foo-1.0"}, [AGPL])
