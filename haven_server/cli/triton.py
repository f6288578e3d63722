"""`haven triton`: a real Triton on this machine, where there is no container."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from haven_server.cli.common import EXIT_FAILED, app, out
from haven_server.cli.networks import DEFAULT_REPOSITORY, Repository
from haven_server.operations.triton import process
from haven_server.operations.triton.installation import cache_folder

Port = Annotated[int, typer.Option(help="Port of Triton's gRPC endpoint.", min=1, max=65535)]
DEFAULT_PORT = 8001

triton_app = typer.Typer(name="triton", help="Start, see and stop a Triton server of your own.", no_args_is_help=True)
app.add_typer(triton_app)


@triton_app.command(epilog="Example: haven triton start --repository triton_models/demo --port 8001")
def start(repository: Repository = DEFAULT_REPOSITORY, port: Port = DEFAULT_PORT) -> None:
    """Start Triton in the background with a model repository; the first time it is fetched, 55 MB."""
    server = process.start(repository, port, _folder(), os.environ)
    out.print(f"Triton serves {repository} on {server.address}; `haven triton stop --port {port}` stops it")
    _show(server)


@triton_app.command(epilog="Example: haven triton status --port 8001")
def status(port: Port = DEFAULT_PORT) -> None:
    """Say whether a Triton runs at a port, and which of its networks are ready; exit 1 when one is not."""
    server = process.find(port, _folder())
    out.print(f"Triton runs on {server.address} (process {server.pid}) with {server.repository}")
    _show(server)


@triton_app.command(epilog="Example: haven triton stop --port 8001")
def stop(port: Port = DEFAULT_PORT) -> None:
    """Stop the Triton at a port."""
    server = process.find(port, _folder())
    process.stop(server, _folder())
    out.print(f"Triton on {server.address} is stopped; log: {server.log}")


def _show(server: process.TritonServer) -> None:
    """Tell of the networks and the log, and fail when a network is not ready."""
    networks = server.networks()
    for name, state in sorted(networks.items()):
        out.print(f"  {name}: {state}", markup=False, highlight=False)
    out.print(f"log: {server.log}")
    if any(state != process.READY for state in networks.values()):
        raise typer.Exit(EXIT_FAILED)


def _folder() -> Path:
    return cache_folder(os.environ)
