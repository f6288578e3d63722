"""Draw the plots of the report: bars in time, latencies -> SVG that takes its colours from the page."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

STYLE_VARIABLES = {
    "#0a0b0c": "--ink",
    "#1a1b1c": "--soft",
    "#2a2b2c": "--line",
    "#3a3b3c": "--band",
    "#4a4b4c": "--accent",
}
"""Colours that stand for the page's own, so that a plot is dark on a light page and light on a dark one."""
INK, SOFT, LINE, BAND, ACCENT = STYLE_VARIABLES
LANE_INCHES = 0.21
WIDTH_INCHES = 9.6
ROOM_BELOW = 0.1
"""Between the line below a row and the next row's name, in lanes: a name is not crossed out."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A span of time in one lane.

    Attributes:
        colour: ``#rrggbb``; None: the quiet band of somebody's presence.
        text: written into it where there is room.
        wrong: drawn with a dashed edge.
    """

    from_s: float
    to_s: float
    colour: str | None = None
    text: str = ""
    wrong: bool = False


@dataclass(frozen=True, slots=True)
class Lane:
    """One line of the timeline, named on its left.

    Attributes:
        row: whose line it is; lanes of one row stand together under its name.
    """

    row: str
    name: str
    bars: Sequence[Bar]


def timeline(lanes: Sequence[Lane]) -> str:
    """Draw who was where, when: one row per person, one lane in it per camera."""
    rows = list(dict.fromkeys(lane.row for lane in lanes))
    figure, axes = _figure(LANE_INCHES * (len(lanes) + 0.8 * len(rows)) + 0.5)
    end_s = max((bar.to_s for lane in lanes for bar in lane.bars), default=1.0)
    y = 0.0
    labels: list[tuple[float, str]] = []
    for row in rows:
        axes.text(-0.145, y + 0.35, row, transform=axes.get_yaxis_transform(), color=INK, weight="bold", va="center")
        for lane in (lane for lane in lanes if lane.row == row):
            y += 1
            labels.append((y + 0.1, lane.name))
            for bar in lane.bars:
                _draw(axes, bar, y, end_s)
        y += 0.8
        axes.axhline(y - ROOM_BELOW, color=LINE, linewidth=0.6, xmin=-0.145, clip_on=False)
    axes.set_yticks([place for place, _ in labels], [name for _, name in labels])
    axes.set_ylim(max(y - ROOM_BELOW, 1.0), 0)
    axes.set_xlim(0, end_s)
    axes.set_xlabel("seconds")
    return _svg(figure, "timeline")


def latencies(stages: Mapping[str, Mapping[str, Any]]) -> str:
    """Draw the mean time of one call per stage, and a mark where 95 of 100 calls are done."""
    figure, axes = _figure(0.26 * len(stages) + 0.55)
    places = range(len(stages))
    axes.barh(places, [stage["mean_ms"] for stage in stages.values()], height=0.55, color=ACCENT)
    axes.plot([stage["p95_ms"] for stage in stages.values()], places, "|", color=INK, markersize=9, markeredgewidth=1.5)
    axes.set_yticks(places, list(stages))
    axes.invert_yaxis()
    axes.set_xlabel("ms for one call: mean, and | where 95 % are done")
    return _svg(figure, "latencies")


def _draw(axes: Axes, bar: Bar, y: float, end_s: float) -> None:
    # A single frame would be too thin to see.
    width = max(bar.to_s - bar.from_s, end_s / 300)
    if bar.colour is None:
        axes.broken_barh([(bar.from_s, width)], (y - 0.32, 0.84), facecolors=BAND)
        return
    axes.broken_barh(
        [(bar.from_s, width)],
        (y - 0.2, 0.6),
        facecolors=bar.colour,
        edgecolors=INK if bar.wrong else "none",
        linestyles="dashed" if bar.wrong else "solid",
        linewidth=1.1 if bar.wrong else 0,
    )
    if bar.text and width > end_s / 40:
        axes.text(bar.from_s + width / 2, y + 0.1, bar.text, color="#141414", size=7, ha="center", va="center")


def _figure(height_inches: float) -> tuple[Figure, Axes]:
    """Make a figure without a screen, and its axes without a frame."""
    # A third of a second, and only who writes a page needs it.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH_INCHES, height_inches), layout="constrained")
    axes = figure.add_subplot()
    axes.spines[:].set_visible(False)
    axes.spines["bottom"].set_visible(True)
    axes.spines["bottom"].set_color(LINE)
    axes.tick_params(colors=SOFT, labelsize=8, length=0)
    axes.xaxis.label.set(color=SOFT, size=8)
    axes.grid(axis="x", color=LINE, linewidth=0.5)
    axes.set_axisbelow(True)
    return figure, axes


def _svg(figure: Figure, name: str) -> str:
    """Write a figure as an SVG element; the same figure gives the same text."""
    from matplotlib import rc_context

    text = io.StringIO()
    # Names inside the SVG are salted with its own, so that plots of one page do not take each other's.
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": name, "font.size": 9}):
        figure.savefig(text, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    element = text.getvalue()[text.getvalue().index("<svg") :]
    for colour, variable in STYLE_VARIABLES.items():
        element = element.replace(colour, f"var({variable})")
    return element
