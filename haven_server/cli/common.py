"""What all commands share: the application, options, consoles, and how results and errors are told."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from haven_server.offline import OfflineResult
from haven_server.settings import Settings
from haven_server.settings_file import load_settings
from haven_server.telemetry import configure_logging
from haven_server.terminal.console import make_console
from haven_server.terminal.tables import cameras_table, latency_table, mistakes_table, report_table, scores_table
from haven_server.types import CameraState
from haven_server.unbuilt import warn_of_unbuilt

EXIT_FAILED, EXIT_USAGE, EXIT_INTERRUPTED = 1, 2, 130

Config = Annotated[Path, typer.Option("--config", "-c", help="The configuration file.")]
Server = Annotated[str, typer.Option(help="HOST:PORT of haven serve; with TLS https://HOST:PORT.")]
LOCAL = "127.0.0.1:50051"
# Read by the client itself: an option's default that came from the environment would be printed by --help.
Token = Annotated[
    str | None,
    typer.Option(
        help="By which the server knows you (haven token create); better in HAVEN_TOKEN: others see command lines."
    ),
]
CA = Annotated[
    Path | None,
    typer.Option("--ca", help="PEM file of who signed the server's certificate; default: HAVEN_CA, or the system's."),
]
Overrides = Annotated[list[str] | None, typer.Option("--set", help="Override one key, as a.b=c; may be repeated.")]

app = typer.Typer(
    name="haven",
    help="Multi-camera person re-identification: who is where, one id per person over all cameras.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

out = make_console()
err = make_console(stderr=True)


def this_command() -> str:
    """Give the command for whoever wants its result again; with its place, where `haven` alone would not be found."""
    program = sys.argv[0]
    if Path(program).name != "haven" or shutil.which("haven"):
        program = "haven"
    return shlex.join([program, *sys.argv[1:]])


def settings_of(config: Path, overrides: Sequence[str] | None) -> Settings:
    """Load the configuration and start logging as it says."""
    settings = load_settings(config, overrides or [], os.environ)
    configure_logging(settings)
    warn_of_unbuilt(settings)
    return settings


def show_result(result: OfflineResult) -> None:
    """Print the tables of a run; where no frame came through, there is no latency to tell."""
    out.print(cameras_table(result))
    if result.report["latency"]:
        out.print(latency_table(result.report))
    if result.scorecard is not None:
        out.print(scores_table(result.report))
        out.print(mistakes_table(result.report))
    out.print(report_table(result.report))


def fail_with_cameras(result: OfflineResult) -> None:
    """Exit with failure where a camera failed."""
    if any(camera.state is CameraState.FAILED for camera in result.cameras):
        raise typer.Exit(EXIT_FAILED)


@contextmanager
def interruptible(left: str) -> Iterator[None]:
    """Let a person interrupt what runs within, and say what that leaves; the exit says so, too."""
    try:
        yield
    except KeyboardInterrupt:
        complain(f"interrupted: {left}")
        raise typer.Exit(EXIT_INTERRUPTED) from None


def complain(error: Exception | str) -> None:
    """Tell of an error on stderr."""
    err.print(f"haven: {error}", style="red", markup=False, highlight=False, soft_wrap=True)
