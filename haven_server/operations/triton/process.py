"""Start a Triton server that outlives the command, find it again by its port, and stop it: repository -> TritonServer.

The server and the stub that it starts for each network form one process group and keep their shared memory under one
prefix, so that nothing stays behind, however they ended.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import socket
import sys
import sysconfig
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import tritonclient.grpc
from tritonclient.utils import InferenceServerException

from haven_server.errors import NotFoundError, ServerFailedError, writing
from haven_server.operations.triton.installation import Installation, install

HOST: Final = "127.0.0.1"
READY: Final = "READY"
"""Triton's word for a network that answers."""
START_S, STOP_S = 120.0, 10.0
"""How long the server may take to load its networks, and to end in order."""
_UNLOAD_S: Final = 5
_ASK_S: Final = 2.0
_PAUSE_S: Final = 0.05
_LOG_TAIL: Final = 8
"""Lines of the log that an error quotes."""
_SHARED_MEMORY: Final = Path("/dev/shm")
_OWN_VARIABLES: Final = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
"""What would lead the stubs to other modules than those of this environment."""


@dataclass(frozen=True, slots=True)
class TritonServer:
    """A server that was started here, as a file tells of it to later commands.

    Attributes:
        pid: of the server, and so of its process group.
        born: when the process started, as Linux counts, so that no other one is taken for it.
        repository, log: absolute paths.
    """

    port: int
    pid: int
    born: int
    repository: str
    log: str

    @property
    def address(self) -> str:
        """HOST:PORT for `inference.triton.url`."""
        return f"{HOST}:{self.port}"

    @property
    def is_running(self) -> bool:
        """Whether the process lives."""
        return _born(self.pid) == self.born

    def networks(self) -> dict[str, str]:
        """Ask which networks are ready: name -> READY, or what is wrong.

        Raises:
            ServerFailedError: no answer.
        """
        try:
            with tritonclient.grpc.InferenceServerClient(self.address) as client:
                index = client.get_model_repository_index(client_timeout=_ASK_S)
        except InferenceServerException as error:
            raise ServerFailedError(f"{self.address} does not answer ({error.message()}); log: {self.log}") from error
        return {model.name: model.reason or model.state or "not loaded" for model in index.models}


def start(repository: Path, port: int, folder: Path, environment: Mapping[str, str]) -> TritonServer:
    """Start a server and wait until it answers; networks that cannot be loaded do not keep it from that.

    Args:
        repository: one sub-folder for each network.
        folder: where the server is unpacked, and keeps log and state.
        environment: the server's, but for what is set here.
    Raises:
        NotFoundError: no such repository.
        ServerFailedError: the wheel cannot be had, the port is taken, or the server ended or was not ready in time.
        OutputError: the folder cannot be written.
    """
    if not repository.is_dir():
        raise NotFoundError(f"{repository}: no such model repository; `haven models import` makes one")
    _require_free(port)
    installation = install(folder)
    with _sole_start(port, _state_path(folder, port).with_suffix(".log")):
        _require_new(port, folder)
        return _start(installation, repository.resolve(), port, folder, environment)


def _start(
    installation: Installation, repository: Path, port: int, folder: Path, environment: Mapping[str, str]
) -> TritonServer:
    """Start the server, nobody else being about to do so at this port."""
    state = _state_path(folder, port)
    log = state.with_suffix(".log")
    command = [
        str(installation.server),
        f"--model-repository={repository}",
        f"--backend-directory={installation.backends}",
        # A network can be loaded anew while the others work: that heals one whose stub died.
        "--model-control-mode=explicit",
        "--load-model=*",
        "--exit-on-error=false",
        # A network whose stub was killed never ends, and Triton would wait for it for half a minute.
        f"--exit-timeout-secs={_UNLOAD_S}",
        "--strict-readiness=false",
        f"--grpc-address={HOST}",
        f"--grpc-port={port}",
        "--allow-http=false",
        "--allow-metrics=false",
        f"--backend-config=python,shm-region-prefix-name={_prefix(port)}",
    ]
    _sweep(port)
    with writing(log):
        log.write_bytes(b"")
    pid = _spawn(command, _environment(environment, installation.libraries), log)
    server = TritonServer(port, pid, _born(pid) or 0, str(repository), str(log))
    try:
        with writing(state):
            # Whoever reads meanwhile finds all of it, or nothing.
            whole = state.with_suffix(".new")
            whole.write_text(json.dumps(asdict(server)), encoding="utf-8")
            whole.replace(state)
        _wait_until_ready(server)
    except BaseException:
        stop(server, folder, patience_s=0.0)
        raise
    return server


def find(port: int, folder: Path) -> TritonServer:
    """Find the server that was started at a port.

    Raises:
        NotFoundError: none was, or it has ended; what it left behind is removed.
    """
    state = _state_path(folder, port)
    try:
        server = TritonServer(**json.loads(state.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise NotFoundError(f"no Triton was started at port {port}: `haven triton start --port {port}`") from None
    if not server.is_running:
        stop(server, folder)
        raise NotFoundError(f"the Triton at port {port} has ended; its log: {server.log}")
    return server


def stop(server: TritonServer, folder: Path, patience_s: float = STOP_S) -> None:
    """End a server and all its stubs, in order if it does so in time, and remove what they left. Safe to call twice."""
    if server.is_running:
        os.kill(server.pid, signal.SIGTERM)
        deadline = time.monotonic() + patience_s
        while server.is_running and time.monotonic() < deadline:
            time.sleep(_PAUSE_S)
    # Stubs outlive a server that was killed. Their group keeps its number as long as one of them lives.
    if server.is_running or _born(server.pid) is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
        # Where this process started the server, the system keeps its exit code until somebody asks.
        with contextlib.suppress(ChildProcessError):
            os.waitpid(server.pid, 0)
    _sweep(server.port)
    _state_path(folder, server.port).unlink(missing_ok=True)


def _wait_until_ready(server: TritonServer) -> None:
    deadline = time.monotonic() + START_S
    with tritonclient.grpc.InferenceServerClient(server.address) as client:
        while True:
            with contextlib.suppress(InferenceServerException):
                if client.is_server_ready(client_timeout=_ASK_S):
                    return
            if not server.is_running:
                raise ServerFailedError(f"Triton ended before it was ready; {_tail(server.log)}")
            if time.monotonic() > deadline:
                raise ServerFailedError(f"Triton was not ready after {START_S:.0f} s; {_tail(server.log)}")
            time.sleep(_PAUSE_S)


def _spawn(command: list[str], environment: Mapping[str, str], log: Path) -> int:
    """Start a process in a session of its own, which lives on when this one ends."""
    output = str(log)
    files = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, output, os.O_WRONLY | os.O_APPEND, 0),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    try:
        return os.posix_spawn(command[0], command, environment, file_actions=files, setsid=True)
    except OSError as error:
        raise ServerFailedError(
            f"{command[0]} cannot be run ({error.strerror}): the cache must lie where programs may be started"
        ) from error


def _environment(base: Mapping[str, str], libraries: Path) -> dict[str, str]:
    """Let the stubs find this environment's Python: it goes by PATH alone, and needs the interpreter's library."""
    own = {name: value for name, value in base.items() if name not in _OWN_VARIABLES}
    paths = [str(Path(sys.executable).parent), base.get("PATH", os.defpath)]
    shared = [str(libraries), str(sysconfig.get_config_var("LIBDIR")), base.get("LD_LIBRARY_PATH", "")]
    joined = os.pathsep.join
    return {**own, "PATH": joined(paths), "LD_LIBRARY_PATH": joined(filter(None, shared))}


@contextlib.contextmanager
def _sole_start(port: int, log: Path) -> Iterator[None]:
    """Keep others from starting a server at a port until one has come up, which is when it takes the port."""
    with writing(log):
        log.parent.mkdir(parents=True, exist_ok=True)
        lock = log.open("ab")
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ServerFailedError(f"port {port}: another `haven triton start` is under way there") from None
        yield


def _require_new(port: int, folder: Path) -> None:
    """Refuse to start a second server at a port, though the first may not listen yet."""
    _require_free(port)
    with contextlib.suppress(NotFoundError):
        server = find(port, folder)
        raise ServerFailedError(
            f"port {port}: a Triton was started there (process {server.pid}): `haven triton stop --port {port}` first"
        )


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise ServerFailedError(
                f"port {port} cannot be had ({error.strerror}): stop who has it, or name another"
            ) from error


def _born(pid: int) -> int | None:
    """Read when a process started, in ticks since the machine did; None: it has ended, or only waits to be reaped."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The name stands in brackets and may hold anything; state is the 3rd field and the start the 22nd.
    fields = text.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else int(fields[19])


def _prefix(port: int) -> str:
    return f"haven_triton_{port}_"


def _sweep(port: int) -> None:
    """Remove the shared memory that a server at this port left behind."""
    for path in _SHARED_MEMORY.glob(f"{_prefix(port)}*"):
        path.unlink(missing_ok=True)


def _state_path(folder: Path, port: int) -> Path:
    return folder / "servers" / f"{port}.json"


def _tail(log: str) -> str:
    text = Path(log).read_text(encoding="utf-8", errors="replace")
    lines = [line for line in text.splitlines() if line.strip()][-_LOG_TAIL:]
    return f"{log} ends with:\n" + "\n".join(f"  {line}" for line in lines)
