"""Unpack a real tritonserver from the wheel `nvidia-pytriton`: cache folder -> Installation.

The wheel is taken apart and never installed: it asks for NumPy 1. It holds the server and the backend for Python, but
none for ONNX, so that a backend of this name is written beside it; ``engine/triton_backend`` is what it does.
"""

from __future__ import annotations

import hashlib
import platform
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from haven_server.errors import ServerFailedError, writing
from haven_server.operations.cache import user_cache

REQUIREMENT: Final = "nvidia-pytriton==0.7.0"
WHEELS: Final = {
    "x86_64": "21f063ff93bb426d0c06b7a55e7eb9efcfe62c0dddd9a908e9877e18710128df",
    "aarch64": "f99e07ee56fe065337453956afba17d2673e02ec6a632c3de26ce6e7b32a0898",
}
"""sha256 of the wheel for each machine that runs Linux; that for aarch64 holds the same files, and we never ran it."""
BACKEND: Final = "from haven_server.engine.triton_backend import TritonPythonModel\n"
"""The whole backend `onnxruntime`, so that it is always that of the environment which starts the server."""
_SERVER: Final = Path("pytriton/tritonserver")
_STUB: Final = "triton_python_backend_stub"
"""The process that Triton starts for each network; it embeds one minor version of Python."""


@dataclass(frozen=True, slots=True)
class Installation:
    """A tritonserver that can be started.

    Attributes:
        libraries: what the server and its stubs are linked with.
    """

    server: Path
    backends: Path
    libraries: Path


def cache_folder(environment: Mapping[str, str]) -> Path:
    """Say where the server, its logs and what is known of running ones are kept: in the user's cache."""
    return user_cache(environment, "triton")


def install(folder: Path) -> Installation:
    """Make the server ready in a folder, unless it is there already: 55 MB to fetch, 110 MB unpacked.

    Raises:
        ServerFailedError: the wheel cannot be had, is not the one known, or knows no stub for this Python.
        OutputError: the folder cannot be written.
    """
    unpacked = folder / f"{Path(wheel_name()).stem}-python{_python_version()}"
    if not unpacked.is_dir():
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
        wheel = _wheel(folder)
        with writing(unpacked), tempfile.TemporaryDirectory(dir=folder) as scratch:
            whole = Path(scratch) / "unpacked"
            _unpack(wheel, whole)
            # Only a folder that is whole gets the name.
            try:
                whole.rename(unpacked)
            except OSError:
                # Where another process was faster, its folder serves as well.
                if not unpacked.is_dir():
                    raise
    root = unpacked / _SERVER
    return Installation(root / "bin" / "tritonserver", root / "backends", unpacked / "nvidia_pytriton.libs")


def wheel_name() -> str:
    """Name the wheel for this machine.

    Raises:
        ServerFailedError: there is none.
    """
    system, machine = platform.system(), platform.machine()
    if system != "Linux" or machine not in WHEELS:
        raise ServerFailedError(
            f"{REQUIREMENT} is made for Linux on {' and '.join(WHEELS)}, not for {system} on {machine}: start NVIDIA's "
            "container with the same repository (deploy/docker-compose.yaml), or set inference.engine to embedded"
        )
    return f"nvidia_pytriton-0.7.0-py3-none-manylinux_2_35_{machine}.whl"


def _wheel(folder: Path) -> Path:
    """Find the wheel in a folder, or fetch it with pip, and hold it to the one known."""
    wheel = folder / wheel_name()
    if not wheel.is_file():
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
        done = subprocess.run([*command, "--dest", str(folder), REQUIREMENT], capture_output=True, text=True)
        if not wheel.is_file():
            said = (done.stderr.strip().splitlines() or ["pip fetched another"])[-1]
            raise ServerFailedError(
                f"{REQUIREMENT} cannot be had ({said}); put {wheel.name} into {folder}, or start NVIDIA's container "
                "with the same repository (deploy/docker-compose.yaml)"
            )
    with wheel.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != WHEELS[platform.machine()]:
        raise ServerFailedError(f"{wheel}: damaged or another one (sha256 {digest}): remove it and start again")
    return wheel


def _unpack(wheel: Path, target: Path) -> None:
    """Unpack server and libraries, with the stub of this Python where Triton looks for it."""
    stubs = target / _SERVER / "python_backend_stubs"
    with zipfile.ZipFile(wheel) as archive:
        wanted = [name for name in archive.namelist() if name.startswith((f"{_SERVER}/", "nvidia_pytriton.libs/"))]
        archive.extractall(target, wanted)
    stub = stubs / _python_version() / _STUB
    if not stub.is_file():
        known = ", ".join(sorted((path.name for path in stubs.iterdir()), key=lambda name: int(name.split(".")[1])))
        raise ServerFailedError(f"{REQUIREMENT} runs with Python {known}; this is {_python_version()}: use one of them")
    python_backend = target / _SERVER / "backends" / "python"
    moved = shutil.move(stub, python_backend / _STUB)
    shutil.rmtree(stubs)
    # An archive keeps no executable bits.
    for program in (target / _SERVER / "bin" / "tritonserver", Path(moved)):
        program.chmod(0o755)
    backend = python_backend.with_name("onnxruntime") / "model.py"
    backend.parent.mkdir()
    backend.write_text(BACKEND, encoding="ascii")


def _python_version() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"
