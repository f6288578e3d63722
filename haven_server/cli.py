"""The `haven` command: parses what a person types and calls what does it."""

from __future__ import annotations

import asyncio
import enum
import json
import os
import shlex
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Annotated

import typer
from haven_client.errors import ClientError, InvalidRequestError, NotFoundError
from haven_client.replay import replay as replay_files

from haven_server import models
from haven_server.demonstration import Demonstration, Listener, demonstrate
from haven_server.errors import HavenError
from haven_server.evaluation.outputs import check_writable, write_text
from haven_server.offline import OfflineOutputs, OfflineResult, run_offline
from haven_server.operations import render as filming
from haven_server.operations.demo import DEMO_CONFIG, DEMO_OUTPUT, DEMO_SCENARIO
from haven_server.quality import RESULTS, Trial, cases, measure, worker_processes
from haven_server.server import serve as run_server
from haven_server.settings import Settings
from haven_server.settings_file import load_settings
from haven_server.telemetry import configure_logging
from haven_server.terminal.bars import CameraBars, RunsBar
from haven_server.terminal.console import make_console
from haven_server.terminal.tables import (
    cameras_table,
    imports_table,
    latency_table,
    mistakes_table,
    models_table,
    quality_table,
    replay_table,
    report_table,
    scenarios_table,
    scores_table,
)
from haven_server.types import CameraState
from haven_server.unbuilt import warn_of_unbuilt

EXIT_FAILED, EXIT_USAGE, EXIT_INTERRUPTED = 1, 2, 130
DEFAULT_REPOSITORY = Path("triton_models/production")

Config = Annotated[Path, typer.Option("--config", "-c", help="The configuration file.")]
Overrides = Annotated[list[str] | None, typer.Option("--set", help="Override one key, as a.b=c; may be repeated.")]
Repository = Annotated[Path, typer.Option("--repository", help="Model repository: one folder per role.")]


class Rate(enum.Enum):
    """How fast a replay sends."""

    REAL_TIME = "real-time"
    MAX = "max"


app = typer.Typer(
    name="haven",
    help="Multi-camera person re-identification: who is where, one id per person over all cameras.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
models_app = typer.Typer(name="models", help="Bring, list and check networks.", no_args_is_help=True)
app.add_typer(models_app)

out = make_console()
err = make_console(stderr=True)


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
    settings = _settings(config, overrides)
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
    settings = _settings(config, overrides)
    if latency_out is not None:
        check_writable(latency_out)
    stages = asyncio.run(
        run_server(settings, lambda address: err.print(f"HAVEN serves gRPC on {address}; Ctrl-C stops it"))
    )
    if latency_out is not None:
        write_text(latency_out, json.dumps({stage.name: stage.as_dict() for stage in stages}, indent=2) + "\n")


@app.command(epilog="Example: haven replay cam1=a.mp4 cam2=b.mp4 --server 127.0.0.1:50051 --lossless --mot-out tracks")
def replay(
    inputs: Annotated[list[str], typer.Argument(help="CAMERA=FILE, one or more.", metavar="CAM=FILE...")],
    server: Annotated[str, typer.Option(help="HOST:PORT of haven serve.")] = "127.0.0.1:50051",
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
        _complain(f"camera {camera_id!r}: {problem}")
    if summary.problems:
        raise typer.Exit(EXIT_FAILED)


@app.command(epilog="Example: haven demo --seed 7")
def demo(
    scenario: Annotated[str, typer.Option(help="A scenario by its name, or its file.")] = DEMO_SCENARIO,
    seed: Annotated[int | None, typer.Option(help="Others play it, in other clothes, at other times.", min=0)] = None,
    config: Config = DEMO_CONFIG,
    output: Annotated[Path, typer.Option(help="Folder of everything that is made.")] = DEMO_OUTPUT,
) -> None:
    """Film people of a drawn world, let a server recognise them, and report: who was where, and what that was worth."""
    plan = Demonstration(scenario, seed, config, output, shlex.join(["haven", *sys.argv[1:]]))
    try:
        with CameraBars(err) as bars:
            listener = Listener(lambda text: err.print(text, style="bold"), bars.show_film, bars.show_replay)
            result = asyncio.run(demonstrate(plan, _settings, listener))
    except KeyboardInterrupt:
        _complain("interrupted: the server was stopped; what is in the folder is incomplete")
        raise typer.Exit(EXIT_INTERRUPTED) from None
    _show_result(result)
    out.print(
        f"Look at {output / 'report.html'} in a browser, and at {output / 'videos'}: who is who is written there."
    )
    _fail_with_cameras(result)


@app.command(epilog="Example: haven quality --seeds 20 --scenario look_alikes --fps 8")
def quality(
    seeds: Annotated[int, typer.Option(help="Runs of each scenario, with the seeds 0, 1, 2 and so on.", min=1)] = 20,
    scenario: Annotated[
        list[str] | None, typer.Option(help="A scenario by name or file; repeatable. None: all.")
    ] = None,
    fps: Annotated[float | None, typer.Option(help="Frames a second; none: as the scenario has it.", min=1)] = None,
    scale: Annotated[float, typer.Option(help="Factor on the size of the pictures.", min=0.1, max=2)] = 1.0,
    processes: Annotated[int, typer.Option(help="Runs at once.", min=1)] = os.cpu_count() or 1,
    config: Config = DEMO_CONFIG,
    output: Annotated[Path, typer.Option(help="Results as JSON; a run cut short goes on from it.")] = RESULTS,
) -> None:
    """Run every scenario with many seeds, and say how well people were told apart. Takes about a minute a run."""
    check_writable(output)
    trial = Trial(config, fps, scale)
    trial.require_networks()
    wanted = cases(scenario, seeds, trial)
    try:
        with worker_processes(processes) as workers, RunsBar(err, len(wanted)) as bar:
            summary = measure(wanted, output, workers, bar.show)
    except KeyboardInterrupt:
        _complain("interrupted: the same command goes on from what is done")
        raise typer.Exit(EXIT_INTERRUPTED) from None
    out.print(quality_table(summary))
    out.print(f"results: {output}")
    if bar.problems:
        raise typer.Exit(EXIT_FAILED)


@app.command(epilog="Example: haven render demo --output films --seed 7")
def render(
    scenario: Annotated[str | None, typer.Argument(help="A scenario's name, or its YAML file.")] = None,
    output: Annotated[Path | None, typer.Option(help="Folder of the films; default: outputs/films/NAME.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Other people, clothes and times than the file's.")] = None,
    camera: Annotated[list[str] | None, typer.Option(help="Film with this camera only; may be repeated.")] = None,
    list_them: Annotated[bool, typer.Option("--list", help="List the scenarios that have names, and exit.")] = False,
) -> None:
    """Film a scenario of the demo world, with the truth about everybody in it."""
    if list_them:
        out.print(scenarios_table(filming.scenarios()))
        return
    if scenario is None:
        raise typer.BadParameter("name a scenario: `haven render --list` shows what there is")
    with CameraBars(err) as bars:
        folder = filming.render(scenario, output, seed, camera, bars.show_film)
    out.print(f"films and ground truth: {folder}")


@models_app.command("import", epilog="Example: haven models import ~/networks/yolov8n.onnx")
def import_models(
    path: Annotated[Path, typer.Argument(help="A raw ONNX network, or a folder of them.")],
    repository: Repository = DEFAULT_REPOSITORY,
    name: Annotated[str | None, typer.Option(help="Name to record; default: the file's, without its size.")] = None,
) -> None:
    """Recognise raw networks, wrap them to HAVEN's contract, prove them equal, and install them."""
    results = models.import_models(path, repository, name)
    out.print(imports_table(results))
    if any(result.passed_over for result in results):
        out.print(f"Of several files for one role one was taken: {models.CHOICE_RULE}.")


@models_app.command("list", epilog="Example: haven models list")
def list_models(repository: Repository = DEFAULT_REPOSITORY) -> None:
    """List the networks that are installed, role by role."""
    out.print(models_table(str(repository), models.list_models(repository)))


@models_app.command("check", epilog="Example: haven models check")
def check_models(repository: Repository = DEFAULT_REPOSITORY) -> None:
    """Load every installed network, run it, and hold it against its contract."""
    statuses = models.check_models(repository)
    out.print(models_table(str(repository), statuses))
    if any(status.problem is not None for status in statuses):
        raise typer.Exit(EXIT_FAILED)


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


def _settings(config: Path, overrides: Sequence[str] | None) -> Settings:
    """Load the configuration and start logging as it says."""
    settings = load_settings(config, overrides or [], os.environ)
    configure_logging(settings)
    warn_of_unbuilt(settings)
    return settings


def _run(settings: Settings, outputs: OfflineOutputs, truth: Path | None = None) -> None:
    """Run offline with progress bars, print the tables, and fail when a camera did."""
    command = shlex.join(["haven", *sys.argv[1:]])
    try:
        with CameraBars(err) as bars:
            result = asyncio.run(run_offline(settings, outputs, bars.show, truth, command))
    except KeyboardInterrupt:
        _complain("interrupted: what was committed is in the database; the other outputs are incomplete")
        raise typer.Exit(EXIT_INTERRUPTED) from None
    _show_result(result)
    out.print(f"report: {outputs.report}" + (f" and {outputs.page}" if outputs.page else ""))
    _fail_with_cameras(result)


def _show_result(result: OfflineResult) -> None:
    out.print(cameras_table(result))
    out.print(latency_table(result.report))
    if result.scorecard is not None:
        out.print(scores_table(result.report))
        out.print(mistakes_table(result.report))
    out.print(report_table(result.report))


def _fail_with_cameras(result: OfflineResult) -> None:
    if any(camera.state is CameraState.FAILED for camera in result.cameras):
        raise typer.Exit(EXIT_FAILED)


def main() -> None:
    """Run the command line: exit code 0 done, 1 the work failed, 2 usage or configuration."""
    try:
        app()
    except HavenError as error:
        _complain(error)
        sys.exit(error.exit_code)
    except ClientError as error:
        _complain(error)
        sys.exit(EXIT_USAGE if isinstance(error, InvalidRequestError | NotFoundError) else EXIT_FAILED)


def _complain(error: Exception | str) -> None:
    err.print(f"haven: {error}", style="red", markup=False, highlight=False, soft_wrap=True)
