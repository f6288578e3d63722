"""Plot the scores of sequences: SequenceScores -> PNG."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING

from haven_server.evaluation.measures import OVERLAPS, TITLES, Judgement
from haven_server.evaluation.sequences import SequenceScores

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MARKS = {"hota": "o", "deta": "<", "assa": ">", "idf1": "D", "mota": "s"}
"""Measures that are shares of 1, each with its mark."""
OVER_ALL = {"overall": "black", "global": "dimgrey"}
ROW_INCHES = 0.34
DOTS_PER_INCH = 150


def plot_scores(scores: SequenceScores) -> bytes:
    """Draw the measures of each sequence and over all, and beside them HOTA by the overlap that a match needs.

    Returns:
        A PNG; sequences in which nobody is are left out.
    """
    # A third of a second, and only who wants a plot needs it.
    from matplotlib.figure import Figure

    judgements = {name: one.judgement for name, one in scores.sequences.items()}
    judgements |= {"overall": scores.overall, "global": scores.across}
    judgements = {name: one for name, one in judgements.items() if one.measures is not None}
    figure = Figure(figsize=(11, max(3.6, 1.4 + ROW_INCHES * len(judgements))), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    _draw_measures(left, judgements)
    _draw_overlaps(right, judgements)
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=DOTS_PER_INCH)
    return file.getvalue()


def _draw_measures(axes: Axes, judgements: Mapping[str, Judgement]) -> None:
    """Draw a line per sequence with a mark per measure."""
    for measure, mark in MARKS.items():
        values = [getattr(one.measures, measure) for one in judgements.values()]
        axes.plot(values, range(len(values)), mark, label=TITLES[measure], markersize=6, alpha=0.85)
    axes.set_yticks(range(len(judgements)), list(judgements))
    axes.set_ylim(len(judgements) - 0.5, -0.5)
    axes.set_xlim(right=1.02)
    axes.set_xlabel("1 is perfect")
    axes.grid(color="gainsboro", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.legend(ncols=len(MARKS), loc="lower center", bbox_to_anchor=(0.5, 1.0), frameon=False, fontsize=8)


def _draw_overlaps(axes: Axes, judgements: Mapping[str, Judgement]) -> None:
    """Draw a curve per sequence: where it falls early, boxes fit badly."""
    for name, one in judgements.items():
        over_all = name in OVER_ALL
        axes.plot(
            OVERLAPS,
            one.hota_by_overlap,
            label=name,
            color=OVER_ALL.get(name),
            linewidth=2.2 if over_all else 1.2,
            linestyle="dashed" if name == "global" else "solid",
        )
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_xlabel("intersection over union that a match needs")
    axes.set_ylabel("HOTA")
    axes.grid(color="gainsboro", linewidth=0.6)
    axes.legend(frameon=False, fontsize=8)
