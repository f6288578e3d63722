"""`haven calibrate`: thresholds that fit the people and cameras at hand."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from haven_server import calibration
from haven_server.cli.common import Config, Overrides, app, err, out, settings_of
from haven_server.evaluation.calibration import calibrate as choose
from haven_server.evaluation.labelled import read_labels
from haven_server.evaluation.outputs import check_writable, write_text
from haven_server.terminal.bars import CountBar
from haven_server.terminal.calibration import calibration_table, not_shown, thresholds_yaml


@app.command(epilog="Example: haven calibrate --database outputs/haven.db --output thresholds.yaml")
def calibrate(
    pictures: Annotated[
        Path | None,
        typer.Option(help="A folder of pictures per person, or a CSV: picture,person or first,second,same."),
    ] = None,
    database: Annotated[
        str | None, typer.Option(help="Of a finished run: tracks seen in one picture are two people. Path or URL.")
    ] = None,
    config: Config = Path("config/sources.yaml"),
    rate: Annotated[
        float | None,
        typer.Option(
            "--false-match-rate",
            help="Share of pairs of people that may pass; default: 0.001, appearance_similarity 0.01.",
            min=1e-6,
            max=0.5,
        ),
    ] = None,
    output: Annotated[Path | None, typer.Option(help="File for the thresholds, as they stand in sources.yaml.")] = None,
    install: Annotated[bool, typer.Option("--install", help="Write them into the networks' files.")] = False,
    overrides: Overrides = None,
) -> None:
    """Choose thresholds by labelled pictures or by a finished run, and say how often they will be wrong."""
    if (pictures is None) == (database is None):
        raise typer.BadParameter("name labelled --pictures, or the --database of a finished run")
    settings = settings_of(config, overrides)
    if output is not None:
        check_writable(output)
    installed = calibration.find_installed(settings)
    if pictures is not None:
        labels = read_labels(pictures)
        with CountBar(err, "pictures", len(labels.pictures)) as bar:
            likenesses, used = calibration.look_at(labels, installed, bar.show)
        for signal, count in used.items():
            err.print(f"{signal.value}: shows in {count} of {len(labels.pictures)} pictures", highlight=False)
    else:
        assert database is not None
        likenesses = calibration.look_back(database, installed)
    chosen = choose(likenesses, installed.thresholds, rate)
    out.print(calibration_table(chosen))
    for one in chosen:
        if not one.is_shown:
            err.print(not_shown(one), soft_wrap=True)
    news = [one for one in chosen if one.is_news]
    if not news:
        out.print("No threshold changes.")
        return
    text = thresholds_yaml(news)
    if output is None:
        out.print(text, markup=False, highlight=False, end="")
    else:
        write_text(output, text)
        out.print(f"thresholds: {output}", soft_wrap=True)
    if install:
        for path in calibration.install(news, installed):
            out.print(f"written: {path}", soft_wrap=True)
        fixed = [one.aim.key for one in news if one.aim.key in settings.reid.thresholds.model_fields_set]
        if fixed:
            err.print(
                f"{config} sets {', '.join(fixed)}, which counts for more than what networks carry", soft_wrap=True
            )
