"""Draw what an answer costs by the size of the gallery: rows -> PNG."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from bench.kernels.session import FP32, INT8, Row
from bench.kernels.ways import Haven, WholeAnswer

COLOURS = ("#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377")
"""Paul Tol's bright colours, which the colour-blind can tell apart."""
GREY = "#999999"


def plot(rows: Sequence[Row], path: Path) -> Path:
    """Draw one line per way and a grey one per limit, one query at a time; dashed where the answer is not whole.

    Somebody unknown costs other ways as much as somebody known; HAVEN gets a line for each.
    """
    figure = Figure(figsize=(9.0, 4.8), layout="constrained")
    axes = figure.add_subplot()
    single = [row for row in rows if row.queries == 1]
    unknown = [row for row in single if row.person == "unknown"]
    answers = {row.way: row.answers for row in unknown if row.way not in (INT8, FP32, Haven.name)}
    haven, *colours = COLOURS
    for way, colour in zip(answers, colours, strict=False):
        whole = answers[way] == WholeAnswer.answers
        label = way if whole else f"{way} ({answers[way]})"
        _line(axes, unknown, way, color=colour, marker="o", linestyle="-" if whole else "--", label=label)
    for person, marker in (("unknown", "o"), ("known", "^")):
        one = [row for row in single if row.person == person]
        _line(axes, one, Haven.name, color=haven, marker=marker, linewidth=2.2, label=f"{Haven.name}, {person} person")
    for limit, style in ((FP32, ":"), (INT8, "-")):
        _line(axes, unknown, limit, color=GREY, linestyle=style, linewidth=2.2, label=limit)
    _dress(axes)
    figure.legend(loc="outside right upper", frameon=False, fontsize=8)
    figure.savefig(path, dpi=120)
    return path


def _line(axes: Axes, rows: Sequence[Row], way: str, **style: Any) -> None:
    chosen = [row for row in rows if row.way == way]
    axes.plot([row.identities for row in chosen], [row.median_us / 1e3 for row in chosen], markersize=4.5, **style)


def _dress(axes: Axes) -> None:
    axes.set(xscale="log", yscale="log", xlabel="identities", ylabel="ms, one answer")
    axes.set_title("Who is this? One query, one thread", loc="left", fontsize=10)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
        axis.set_minor_formatter(NullFormatter())
    axes.grid(which="major", color="#dddddd", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
