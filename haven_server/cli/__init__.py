"""The `haven` command: parses what a person types and calls what does it."""

from __future__ import annotations

import sys
from importlib import metadata
from typing import Annotated

import typer
from haven_client.errors import (
    CertificateError,
    ClientError,
    ForbiddenError,
    InvalidRequestError,
    NotFoundError,
    RefusedError,
    UnauthenticatedError,
)

from haven_server.cli import access, calibrating, cameras, identities, networks, scoring, triton, world
from haven_server.cli.common import EXIT_FAILED, EXIT_USAGE, app, complain, out
from haven_server.errors import HavenError

WRONG_USAGE = (CertificateError, ForbiddenError, InvalidRequestError, NotFoundError, RefusedError, UnauthenticatedError)
"""What a client raises that is the caller's to put right."""

__all__ = ["access", "calibrating", "cameras", "identities", "main", "networks", "scoring", "triton", "world"]
"""The modules add their commands to the application as they are imported; help lists them in that order."""


def _print_version(wanted: bool) -> None:
    if wanted:
        out.print(metadata.version("haven-reid"), highlight=False)
        raise typer.Exit


@app.callback()
def _haven(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Take the options that stand before a command."""


def main() -> None:
    """Run the command line: exit code 0 done, 1 the work failed, 2 usage or configuration."""
    try:
        app()
    except HavenError as error:
        complain(error)
        sys.exit(error.exit_code)
    except ClientError as error:
        complain(error)
        sys.exit(EXIT_USAGE if isinstance(error, WRONG_USAGE) else EXIT_FAILED)
