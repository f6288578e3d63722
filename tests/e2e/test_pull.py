"""`haven models pull`: from a real HTTP server to a network that is installed."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from haven_server.engine.repository import read_info
from haven_server.types import ModelRole
from tests.file_server import FileServer
from tests.unit.models.conftest import embedder, yunet

if TYPE_CHECKING:
    from tests.e2e.conftest import RunHaven


def zipped(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.onnx", content)
    return file.getvalue()


@pytest.fixture
def manifest(file_server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A list of a face detector as it is, and of a face embedder in an archive that is not free for any use."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    detector = yunet().SerializeToString()
    archive = zipped(looks=embedder().SerializeToString())
    file_server.files = {"/yunet.onnx": detector, "/pack.zip": archive}

    def entry(role: ModelRole, name: str, path: str, licence: str, **more: str) -> dict[str, Any]:
        content = file_server.files[path]
        pinned = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
        return {"role": role.value, "name": name, "url": file_server.url(path), "licence": licence, **pinned, **more}

    pack = ("/pack.zip", "InsightFace-non-commercial")
    networks = [
        entry(ModelRole.FACE_DETECTOR, "tiny_yunet", "/yunet.onnx", "MIT"),
        entry(ModelRole.FACE_EMBEDDER, "looks", *pack, member="looks.onnx"),
    ]
    path = tmp_path / "published.json"
    path.write_text(json.dumps({"networks": networks}))
    return path


def test_networks_are_fetched_and_installed_by_their_names(
    manifest: Path, file_server: FileServer, tmp_path: Path, haven: RunHaven
) -> None:
    file_server.cuts = [1000]
    options = ("--manifest", manifest, "--repository", tmp_path / "repository")
    agreed = ("--accept-licence", "InsightFace-non-commercial")
    done = haven("models", "pull", "tiny_yunet", "looks", *options, *agreed)
    assert done.returncode == 0, done.stderr
    assert read_info(tmp_path / "repository", ModelRole.FACE_DETECTOR).name == "tiny_yunet"
    assert read_info(tmp_path / "repository", ModelRole.FACE_EMBEDDER).name == "looks"
    assert file_server.asked == [None, "bytes=1000-", None]


def test_a_licence_that_binds_is_told_and_nothing_is_fetched(
    manifest: Path, file_server: FileServer, tmp_path: Path, haven: RunHaven
) -> None:
    options = ("--manifest", manifest, "--repository", tmp_path / "repository")
    done = haven("models", "pull", "tiny_yunet", "looks", *options)
    assert done.returncode == 2
    assert "for non-commercial research only" in done.stderr and "--accept-licence" in done.stderr
    assert file_server.asked == []
