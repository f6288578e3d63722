"""Draw what a detection costs by engine and number of cameras: rows -> PNG."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

COLOURS = {"embedded": "#4477aa", "Triton, wire": "#ee6677", "Triton, shared memory": "#228833"}
"""Of Paul Tol's bright colours, which the colour-blind can tell apart."""
FIGURES = {
    "cpu_ms_per_frame": "CPU of a detection, ms",
    "frames_per_s": "detections per second",
    "p50_ms": "median latency, ms",
}


def plot(rows: Sequence[dict[str, Any]], path: Path) -> Path:
    """Draw, for each network, CPU, throughput and latency of cameras at full load; dashed where calls are joined."""
    networks = list(dict.fromkeys(row["network"] for row in rows))
    figure = Figure(figsize=(10.5, 3.2 * len(networks)), layout="constrained")
    panels = figure.subplots(len(networks), len(FIGURES), squeeze=False)
    for line, network in zip(panels, networks, strict=True):
        for axes, (name, label) in zip(line, FIGURES.items(), strict=True):
            own = [row for row in rows if row["network"] == network and row["load"] == "full"]
            for way in dict.fromkeys(row["way"] for row in own):
                chosen = [row for row in own if row["way"] == way]
                axes.plot(
                    [row["cameras"] for row in chosen],
                    [row[name] for row in chosen],
                    color=COLOURS[way.removesuffix(", joined")],
                    linestyle="--" if way.endswith(", joined") else "-",
                    marker="o",
                    markersize=4,
                    label=way,
                )
            axes.set(
                xlabel="cameras",
                ylim=(0, 1.08 * max(row[name] for row in own)),
                xticks=sorted({row["cameras"] for row in own}),
            )
            axes.set_title(f"{label}: {network}", loc="left", fontsize=9)
            axes.grid(color="#dddddd", linewidth=0.6)
            axes.spines[["top", "right"]].set_visible(False)
    handles, labels = panels[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False, fontsize=8)
    figure.savefig(path, dpi=120)
    return path
