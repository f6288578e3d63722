"""`haven demo`, `quality` and `render`: the drawn world, and what HAVEN makes of it."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Annotated

import typer

from haven_server.cli.common import (
    EXIT_FAILED,
    Config,
    app,
    err,
    fail_with_cameras,
    interruptible,
    out,
    settings_of,
    show_result,
    this_command,
)
from haven_server.demonstration import Demonstration, Listener, demonstrate
from haven_server.evaluation.outputs import check_writable
from haven_server.evaluation.tally import failures, summarise
from haven_server.operations import render as filming
from haven_server.operations.demo import DEMO_CONFIG, DEMO_OUTPUT, DEMO_SCENARIO
from haven_server.quality import RESULTS, Trial, cases, measure, worker_processes
from haven_server.terminal.bars import CameraBars, RunsBar
from haven_server.terminal.tables import failures_table, quality_table, scenarios_table


@app.command(epilog="Example: haven demo --seed 7")
def demo(
    scenario: Annotated[str, typer.Option(help="A scenario by its name, or its file.")] = DEMO_SCENARIO,
    seed: Annotated[int | None, typer.Option(help="Others play it, in other clothes, at other times.", min=0)] = None,
    config: Config = DEMO_CONFIG,
    output: Annotated[Path, typer.Option(help="Folder of everything that is made.")] = DEMO_OUTPUT,
) -> None:
    """Film people of a drawn world, let a server recognise them, and report: who was where, and what that was worth."""
    plan = Demonstration(scenario, seed, config, output, this_command())
    with interruptible("the server was stopped; what is in the folder is incomplete"), CameraBars(err) as bars:
        listener = Listener(lambda text: err.print(text, style="bold"), bars.show_film, bars.show_replay)
        result = asyncio.run(demonstrate(plan, settings_of, listener))
    show_result(result)
    out.print(f"Open {output / 'report.html'} in a browser; the films in {output / 'videos'} show everybody's id.")
    fail_with_cameras(result)


@app.command(epilog="Example: haven quality --seeds 20 --scenario look_alikes --fps 8")
def quality(
    seeds: Annotated[int, typer.Option(help="Runs of each scenario, with the seeds 0, 1, 2 and so on.", min=1)] = 20,
    scenario: Annotated[
        list[str] | None, typer.Option(help="A scenario by name or file; repeatable. None: all.")
    ] = None,
    fps: Annotated[float | None, typer.Option(help="Frames a second; none: as the scenario has it.", min=1)] = None,
    scale: Annotated[float, typer.Option(help="Factor on the size of the pictures.", min=0.1, max=2)] = 1.0,
    processes: Annotated[int, typer.Option(help="Runs at once.", min=1)] = os.cpu_count() or 1,
    keep_films: Annotated[
        Path | None, typer.Option(help="Folder in which films are kept and found again, 50 MB each.")
    ] = None,
    config: Config = DEMO_CONFIG,
    output: Annotated[Path, typer.Option(help="Results as JSON; a run cut short goes on from it.")] = RESULTS,
) -> None:
    """Run every scenario with many seeds, and say how well people were told apart. Takes about a minute a run."""
    check_writable(output)
    trial = Trial(config, fps, scale, keep_films)
    trial.require_networks()
    wanted = cases(scenario, seeds, trial)
    with (
        interruptible("the same command goes on from what is done"),
        worker_processes(processes) as workers,
        RunsBar(err, len(wanted)) as bar,
    ):
        rows = measure(wanted, output, workers, bar.show)
    out.print(quality_table(summarise(rows)))
    out.print(failures_table(failures(rows)))
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
