"""`haven eval`: what anybody's tracking is worth beside the truth."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from haven_server.cli.common import app, err, out
from haven_server.errors import writing
from haven_server.evaluation.outputs import write_text
from haven_server.evaluation.score_plot import plot_scores
from haven_server.evaluation.sequences import score_folders
from haven_server.terminal.tables import sequences_table

DEFAULT_OUTPUT = Path("outputs/eval")


@app.command("eval", epilog="Example: haven eval --gt demo-output/films/demo/gt --pred demo-output/mot")
def evaluate(
    truth: Annotated[Path, typer.Option("--gt", help="Folder of the ground truth: NAME.txt or NAME/gt/gt.txt.")],
    found: Annotated[Path, typer.Option("--pred", help="Folder of the results: NAME.txt, as of haven run --mot-out.")],
    output: Annotated[Path, typer.Option(help="Folder for scores.json and scores.png.")] = DEFAULT_OUTPUT,
) -> None:
    """Score MOTChallenge files by TrackEval: each sequence, all of them, and all as one space of ids."""
    scores = score_folders(truth, found)
    table, plot = output / "scores.json", output / "scores.png"
    write_text(table, json.dumps(scores.as_dict(), indent=2) + "\n")
    with writing(plot):
        plot.write_bytes(plot_scores(scores))
    out.print(sequences_table(scores))
    for name, one in scores.sequences.items():
        if one.repeated:
            err.print(f"{name}: {_boxes(one.repeated)} left out")
    if scores.unjudged:
        err.print(f"not scored, for there is no ground truth: {', '.join(scores.unjudged)}")
    out.print(f"scores: {table} and {plot}")


def _boxes(repeated: int) -> str:
    if repeated == 1:
        return "1 box has the id of an earlier box of its frame and was"
    return f"{repeated} boxes have the id of an earlier box of their frame and were"
