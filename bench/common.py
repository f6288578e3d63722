"""What all benchmarks share: where they ran, how runs are interleaved, and how results are written."""

from __future__ import annotations

import json
import os
import statistics
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from haven_server.operations.provenance import commit, machine

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "bench" / "results"


def test_data() -> Path | None:
    """Find the folder of real videos and networks, named by HAVEN_TEST_DATA; None where there is none."""
    folder = Path(os.environ.get("HAVEN_TEST_DATA", ROOT / ".." / "shared" / "data")).resolve()
    return folder if (folder / "models").is_dir() else None


def interleaved(ways: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """Measure several ways in turn, so that whatever else the machine does strikes all of them alike.

    Args:
        ways: each runs once and returns its figure.
    Returns:
        The median figure of each way over all rounds.
    """
    figures: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, measure in ways.items():
            figures[name].append(measure())
    return {name: statistics.median(values) for name, values in figures.items()}


def write_results(name: str, rows: Sequence[Mapping[str, Any]], summary: Mapping[str, Any]) -> Path:
    """Write ``bench/results/NAME.json``, from whose summary the goals are read; return its path."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{name}.json"
    content = {"machine": machine(), "commit": commit(ROOT), "rows": list(rows), "summary": dict(summary)}
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return path
