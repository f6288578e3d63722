"""A Triton of one's own is started, found and stopped, and what is in the way is said."""

from __future__ import annotations

import fcntl
import json
import os
import socket
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from haven_server.errors import NotFoundError, ServerFailedError
from haven_server.operations.triton import process
from haven_server.operations.triton.installation import cache_folder, install, wheel_name
from haven_server.operations.triton.process import TritonServer
from tests.conftest import free_port


def test_the_cache_is_where_the_environment_says() -> None:
    assert cache_folder({"XDG_CACHE_HOME": "/caches"}) == Path("/caches/haven/triton")
    assert cache_folder({}) == Path.home() / ".cache" / "haven" / "triton"


def test_a_damaged_wheel_is_named_and_never_unpacked(tmp_path: Path) -> None:
    wheel = wheel_name()
    (tmp_path / wheel).write_bytes(b"half a download")
    with pytest.raises(ServerFailedError, match=f"{wheel}: damaged .*: remove it"):
        install(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [wheel]


@pytest.mark.parametrize(("system", "machine"), [("Darwin", "arm64"), ("Linux", "riscv64")])
def test_a_machine_without_wheel_is_told_before_anything_is_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, system: str, machine: str
) -> None:
    monkeypatch.setattr("platform.system", lambda: system)
    monkeypatch.setattr("platform.machine", lambda: machine)
    with pytest.raises(ServerFailedError, match=f"not for {system} on {machine}: start NVIDIA's container"):
        install(tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


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


def test_two_who_start_at_one_port_at_once_are_kept_apart(triton: TritonServer, tmp_path: Path) -> None:
    folder = cache_folder(os.environ)
    port = free_port()
    log = Path(triton.log).with_name(f"{port}.log")
    with log.open("ab") as first:
        fcntl.flock(first, fcntl.LOCK_EX)
        with pytest.raises(ServerFailedError, match=f"port {port}: another `haven triton start` is under way there"):
            process.start(tmp_path, port, folder, os.environ)
    log.unlink()


def test_a_server_that_does_not_listen_yet_is_not_forgotten_for_a_second_one(
    triton: TritonServer, tmp_path: Path
) -> None:
    folder = cache_folder(os.environ)
    port = free_port()
    state = Path(triton.log).with_name(f"{port}.json")
    state.write_text(json.dumps(asdict(replace(triton, port=port))))
    with pytest.raises(ServerFailedError, match=rf"a Triton was started there \(process {triton.pid}\)"):
        process.start(tmp_path, port, folder, os.environ)
    assert triton.is_running
    state.unlink()
    state.with_suffix(".log").unlink()


def test_a_process_that_took_the_number_of_one_that_ended_is_left_alone(tmp_path: Path) -> None:
    server = TritonServer(port=8001, pid=os.getpid(), born=1, repository="", log="")
    assert not server.is_running
    process.stop(server, tmp_path)
