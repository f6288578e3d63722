"""A real Triton for a benchmark, with a repository of its own: network, tuning -> TritonServer."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from haven_server.models.triton import config_path, config_text
from haven_server.operations.triton import installation, process
from haven_server.operations.triton.process import HOST, TritonServer
from haven_server.types import ModelRole


@contextmanager
def serve(networks: Path, roles: Sequence[ModelRole], tuning: Sequence[str] | None = None) -> Iterator[TritonServer]:
    """Run a Triton with some networks of a repository.

    Args:
        tuning: lines of config.pbtxt; None: the shipped ones.
    """
    cache = installation.cache_folder(os.environ)
    with tempfile.TemporaryDirectory() as folder:
        for role in roles:
            shutil.copytree(networks / role.value, Path(folder) / role.value)
            config_path(Path(folder), role).write_text(config_text(role, tuning))
        server = process.start(Path(folder), _free_port(), cache, os.environ)
        try:
            yield server
        finally:
            process.stop(server, cache)
            Path(server.log).unlink(missing_ok=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
