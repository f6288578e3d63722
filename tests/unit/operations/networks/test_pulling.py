"""What is fetched lies in one folder under its own name, out of its archive; from a real server."""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path

import pytest

from haven_server.errors import ConfigurationError, LicenceError
from haven_server.operations.networks.manifest import Published
from haven_server.operations.networks.pulling import pull
from haven_server.types import ModelRole
from tests.file_server import FileServer


def archive(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as written:
        for name, content in members.items():
            written.writestr(f"{name}.onnx", content)
    return file.getvalue()


def published(
    server: FileServer, content: bytes, name: str, member: str | None = None, licence: str = "MIT"
) -> Published:
    """Have a server publish something."""
    path = f"/{hashlib.sha256(content).hexdigest()}"
    server.files[path] = content
    return Published(
        role=ModelRole.FACE_EMBEDDER,
        name=name,
        url=server.url(path),
        sha256=path[1:],
        size=len(content),
        licence=licence,
        member=member,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "fetched"
    path.mkdir()
    return path


def test_files_and_members_of_archives_get_their_networks_names(
    file_server: FileServer, tmp_path: Path, folder: Path
) -> None:
    pack = archive(one=b"first", two=b"second")
    networks = [
        published(file_server, b"plain", "plain"),
        published(file_server, pack, "two", "two.onnx"),
        published(file_server, pack, "one", "one.onnx"),
    ]
    told: list[tuple[str, int, int]] = []
    files = pull(networks, (), tmp_path / "cache", folder, lambda *progress: told.append(progress))
    assert files == [folder / f"{name}.onnx" for name in ("plain", "two", "one")]
    assert [path.read_bytes() for path in files] == [b"plain", b"second", b"first"]
    assert told[-1] == ("one", len(pack), len(pack))
    # The archive was fetched once for both.
    assert len(file_server.asked) == 2


def test_nothing_is_fetched_before_all_licences_are_agreed_to(
    file_server: FileServer, tmp_path: Path, folder: Path
) -> None:
    networks = [published(file_server, b"free", "free"), published(file_server, b"bound", "bound", licence="AGPL-3.0")]
    with pytest.raises(LicenceError, match="bound: AGPL-3"):
        pull(networks, (), tmp_path / "cache", folder, lambda *progress: None)
    assert file_server.asked == []


@pytest.mark.parametrize("content", [archive(one=b"first"), b"no archive"])
def test_an_archive_without_the_network_is_told(
    content: bytes, file_server: FileServer, tmp_path: Path, folder: Path
) -> None:
    network = published(file_server, content, "lost", "lost.onnx")
    with pytest.raises(ConfigurationError, match=r"lost: http://.* holds no lost\.onnx .*; mend the manifest"):
        pull([network], (), tmp_path / "cache", folder, lambda *progress: None)
