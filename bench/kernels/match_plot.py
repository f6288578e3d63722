"""Draw what an answer costs by the size of the gallery: rows -> PNG."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.kernels.session import FP32, INT8, Row
from bench.kernels.ways import Haven

COLOURS = ("#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377")
"""Paul Tol's bright colours, which the colour-blind can tell apart."""
GREY = "#999999"


def plot(rows: Sequence[Row], path: Path) -> Path:
    """Draw one line per way and a grey one per limit, one query at a time.

    Somebody unknown costs other ways as much as somebody known; HAVEN gets a line for each.
    """
    figure = Figure(figsize=(8.0, 5.0), layout="constrained")
    axes = figure.add_subplot()
    single = [row for row in rows if row.queries == 1]
    ways = dict.fromkeys(row.way for row in single if row.way not in (INT8, FP32))
    for way, colour in zip(ways, COLOURS, strict=False):
        _line(axes, single, way, "unknown", color=colour, marker="o", label=way)
    _line(axes, single, Haven.name, "known", color=COLOURS[0], marker="o", linestyle="--", label="HAVEN, known person")
    for limit, style in ((INT8, "-"), (FP32, ":")):
        _line(axes, single, limit, "unknown", color=GREY, linestyle=style, linewidth=2.5, label=limit, zorder=1)
    axes.set(xscale="log", yscale="log", xlabel="identities", ylabel="microseconds of one answer")
    axes.set_title("Who is this? One query, one thread")
    axes.grid(which="major", color="#dddddd", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8)
    figure.savefig(path, dpi=120)
    return path


def _line(axes: Axes, rows: Sequence[Row], way: str, person: str, **style: Any) -> None:
    chosen = [row for row in rows if row.way == way and row.person == person]
    axes.plot([row.identities for row in chosen], [row.median_us for row in chosen], markersize=4, **style)
