"""What all benchmarks share: where they ran, how runs are interleaved, and how results are written."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "bench" / "results"


def machine() -> dict[str, Any]:
    """Say what the figures were taken on."""
    return {
        "cpu": _cpu_name(),
        "cores": len(os.sched_getaffinity(0)),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def commit() -> str:
    """Name the commit that was measured; ``-dirty`` tells that the working tree differed from it."""
    command = ["git", "describe", "--always", "--dirty", "--exclude=*"]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()


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


def write_results(name: str, rows: Sequence[Mapping[str, Any]], summary: Mapping[str, float]) -> Path:
    """Write ``bench/results/NAME.json``, from whose summary the goals are read; return its path."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{name}.json"
    content = {"machine": machine(), "commit": commit(), "rows": list(rows), "summary": dict(summary)}
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return path


def _cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:  # not Linux
        return platform.processor()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown")
