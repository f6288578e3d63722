"""`haven run`, `serve` and `replay`: HAVEN at its work."""

from __future__ import annotations

import asyncio
import enum
import json
from pathlib import Path
from typing import Annotated

import typer
from haven_client.replay import replay as replay_files

from haven_server.cli.common import (
    CA,
    EXIT_FAILED,
    LOCAL,
    Config,
    Overrides,
    Server,
    Token,
    app,
    complain,
    err,
    fail_with_cameras,
    interruptible,
    out,
    settings_of,
    show_result,
    this_command,
)
from haven_server.evaluation.outputs import check_writable, write_text
from haven_server.offline import OfflineOutputs, run_offline
from haven_server.server import serve as run_server
from haven_server.settings import Settings
from haven_server.terminal.bars import CameraBars
from haven_server.terminal.tables import replay_table


class Rate(enum.Enum):
    """How fast a replay sends."""

    REAL_TIME = "real-time"
    MAX = "max"


@app.command(epilog="Example: haven run --config config/sources.yaml --mot-out tracks --report report.json")
def run(
    config: Config = Path("config/sources.yaml"),
    mot_out: Annotated[Path | None, typer.Option(help="Folder for one MOTChallenge file per camera.")] = None,
    events_out: Annotated[Path | None, typer.Option(help="File for all events, one JSON object a line.")] = None,
    video_out: Annotated[Path | None, typer.Option(help="Folder for one annotated mp4 per camera.")] = None,
    report: Annotated[Path | None, typer.Option(help="Report file; default: report.json in output_dir.")] = None,
    html: Annotated[Path | None, typer.Option(help="File for the report as a page with plots.")] = None,
    truth: Annotated[
        Path | None, typer.Option(help="Folder of the ground truth, one MOTChallenge file CAM.txt per camera: scores.")
    ] = None,
    overrides: Overrides = None,
) -> None:
    """Run all cameras of type video to their end, then print the report."""
    settings = settings_of(config, overrides)
    report = report or settings.general.output_dir / "report.json"
    _run(settings, OfflineOutputs(mot_out, events_out, video_out, report, html), truth)


@app.command(epilog="Example: haven serve --config config/sources.yaml --set api.grpc.port=50052")
def serve(
    config: Config = Path("config/sources.yaml"),
    latency_out: Annotated[
        Path | None, typer.Option(help="File for the latency of each stage as JSON, written when the server stops.")
    ] = None,
    overrides: Overrides = None,
) -> None:
    """Serve the gRPC API until stopped (Ctrl-C)."""
    settings = settings_of(config, overrides)
    if latency_out is not None:
        check_writable(latency_out)
    stages = asyncio.run(
        run_server(
            settings,
            lambda address: err.print(f"HAVEN serves gRPC on {address}; Ctrl-C stops it", soft_wrap=True),
            _show_first_token,
        )
    )
    if latency_out is not None:
        write_text(latency_out, json.dumps({stage.name: stage.as_dict() for stage in stages}, indent=2) + "\n")


@app.command(epilog="Example: haven replay cam1=a.mp4 cam2=b.mp4 --server 127.0.0.1:50051 --lossless --mot-out tracks")
def replay(
    inputs: Annotated[list[str], typer.Argument(help="CAMERA=FILE, one or more.", metavar="CAM=FILE...")],
    server: Server = LOCAL,
    token: Token = None,
    ca: CA = None,
    lossless: Annotated[
        bool, typer.Option("--lossless", help="Send raw pictures and lose none: the same ids as haven run.")
    ] = False,
    rate: Annotated[Rate, typer.Option(help="As fast as recorded, or as fast as the server can.")] = Rate.MAX,
    start: Annotated[
        list[str] | None, typer.Option(help="CAM=SECONDS after the run's start at which a file begins; repeatable.")
    ] = None,
    mot_out: Annotated[Path | None, typer.Option(help="Folder for one MOTChallenge file per camera.")] = None,
    events_out: Annotated[
        Path | None, typer.Option(help="File for these cameras' events, one JSON object a line.")
    ] = None,
) -> None:
    """Stream video files to a server and print what it learns."""
    with CameraBars(err) as bars:
        summary = asyncio.run(
            replay_files(
                server,
                {camera_id: Path(file) for camera_id, file in _pairs(inputs, "CAM=FILE").items()},
                token=token,
                ca=ca,
                rate=rate.value,
                lossless=lossless,
                start_offsets={
                    camera_id: _seconds(text) for camera_id, text in _pairs(start or [], "CAM=SECONDS").items()
                },
                mot_out=mot_out,
                events_out=events_out,
                on_progress=bars.show_replay,
            )
        )
    out.print(replay_table(summary))
    for camera_id, problem in sorted(summary.problems.items()):
        complain(f"camera {camera_id!r}: {problem}")
    if summary.problems:
        raise typer.Exit(EXIT_FAILED)


def _run(settings: Settings, outputs: OfflineOutputs, truth: Path | None = None) -> None:
    """Run offline with progress bars, print the tables, and fail when a camera did."""
    left = "what was committed is in the database; the other outputs are incomplete"
    with interruptible(left), CameraBars(err) as bars:
        result = asyncio.run(run_offline(settings, outputs, bars.show, truth, this_command()))
    show_result(result)
    out.print(f"report: {outputs.report}" + (f" and {outputs.page}" if outputs.page else ""))
    fail_with_cameras(result)


def _show_first_token(text: str) -> None:
    """Print the token of the first start, the only time that it can be."""
    err.print("This first start made a token of the role admin. Keep it, for it is shown this once:", soft_wrap=True)
    err.print(f"HAVEN_TOKEN={text}", markup=False, highlight=False, soft_wrap=True)


def _pairs(arguments: list[str], form: str) -> dict[str, str]:
    """Split KEY=VALUE arguments.

    Raises:
        BadParameter: one has not that form, or a key comes twice.
    """
    pairs: dict[str, str] = {}
    for argument in arguments:
        key, equals, value = argument.partition("=")
        if not (key and equals and value):
            raise typer.BadParameter(f"{argument!r}: wanted {form}")
        if key in pairs:
            raise typer.BadParameter(f"camera {key!r} is given twice")
        pairs[key] = value
    return pairs


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r}: wanted a number of seconds") from error
