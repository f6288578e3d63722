"""A Triton of one's own is started, found and stopped, and what is in the way is said."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from haven_server.errors import NotFoundError, ServerFailedError
from haven_server.operations.triton import process
from haven_server.operations.triton.installation import WHEEL, cache_folder, install
from haven_server.operations.triton.process import TritonServer


def test_the_cache_is_where_the_environment_says() -> None:
    assert cache_folder({"XDG_CACHE_HOME": "/caches"}) == Path("/caches/haven/triton")
    assert cache_folder({}) == Path.home() / ".cache" / "haven" / "triton"


def test_a_damaged_wheel_is_named_and_never_unpacked(tmp_path: Path) -> None:
    (tmp_path / WHEEL).write_bytes(b"half a download")
    with pytest.raises(ServerFailedError, match=f"{WHEEL}: damaged .*: remove it"):
        install(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [WHEEL]


def test_a_server_that_runs_is_found_by_its_port(triton: TritonServer) -> None:
    assert process.find(triton.port, cache_folder(os.environ)) == triton
    assert triton.is_running


def test_a_port_without_server_is_told_with_the_command_that_starts_one(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no Triton was started at port 8001: `haven triton start --port 8001`"):
        process.find(8001, tmp_path)


def test_a_repository_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="nowhere: no such model repository; `haven models import` makes one"):
        process.start(tmp_path / "nowhere", 8001, tmp_path, {})


def test_a_port_that_somebody_has_is_named_before_anything_is_fetched(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind((process.HOST, 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(ServerFailedError, match=f"port {port} cannot be had"):
            process.start(tmp_path, port, tmp_path / "cache", {})
    assert not (tmp_path / "cache").exists()


def test_a_process_that_took_the_number_of_one_that_ended_is_left_alone(tmp_path: Path) -> None:
    server = TritonServer(port=8001, pid=os.getpid(), born=1, repository="", log="")
    assert not server.is_running
    process.stop(server, tmp_path)
