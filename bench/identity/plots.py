"""Draw how well each signal tells people apart: Likeness by signal -> PNG."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from matplotlib.figure import Figure

from bench.identity.open_set import roc
from haven_server.evaluation.likeness import Likeness

COLOURS = ("#4477aa", "#ee6677", "#228833")
"""Paul Tol's bright colours, which the colour-blind can tell apart."""


def plot(likenesses: Mapping[str, Likeness], thresholds: Mapping[str, float], path: Path) -> Path:
    """Draw a curve per signal, with a mark at the threshold in force, and beside it how the cosines lie.

    Args:
        likenesses: by the signal's name.
        thresholds: at which each matches, likewise.
    """
    figure = Figure(figsize=(11, 4.6), layout="constrained")
    left, *others = figure.subplots(1, 1 + len(likenesses), width_ratios=(1.7, *(1 for _ in likenesses)))
    for (name, likeness), colour in zip(likenesses.items(), COLOURS, strict=False):
        passed, kept = roc(likeness)
        # A rate of nought has no place on the axis: curves begin at one pair in all.
        least = 1 / len(likeness.different)
        left.plot(passed.clip(least), kept, color=colour, drawstyle="steps-post", label=name)
        at = thresholds[name]
        mark = max(float((likeness.different > at).mean()), least), float((likeness.same > at).mean())
        left.plot(*mark, "o", color=colour, markersize=7)
    left.set(xscale="log", xlabel="pairs of two people that pass", ylabel="pairs of one person's views that pass")
    left.set(xlim=(None, 1), ylim=(0, 1.02), title="ROC; a mark at the threshold in force")
    left.legend(frameon=False, loc="lower right")
    left.grid(color="gainsboro", linewidth=0.6)
    for axes, (name, likeness), colour in zip(others, likenesses.items(), COLOURS, strict=False):
        axes.hist(likeness.different, 40, density=True, color="#bbbbbb", label="two people")
        axes.hist(likeness.same, 25, density=True, color=colour, alpha=0.6, label="one person")
        axes.axvline(thresholds[name], color="black", linewidth=1, linestyle="--")
        axes.set(xlabel="cosine", title=name, yticks=[], ylim=(0, 1.2 * axes.get_ylim()[1]))
        axes.legend(frameon=False, fontsize=8, loc="upper left")
    figure.savefig(path, dpi=120)
    return path
