"""What is kept of each network's making: plan, log, scores -> `docs/training/<role>.json`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from haven_server.models import ImportResult
from haven_server.types import ModelRole
from triton_models.training.examination import Result
from triton_models.training.recipes import RECIPES, work_folder

EVERY: Final = 5
"""Of the log's lines, one in so many is kept."""


def write_record(
    role: ModelRole, imported: ImportResult, result: Result, parameters: int, data: Path, to: Path
) -> Path:
    """Write down how an installed network came about and what it can do.

    Args:
        data: folder of all training data, which holds the network's log.
        to: folder of the records.
    Returns:
        The file.
    """
    plan, *log = [json.loads(line) for line in (work_folder(role, data) / "log.jsonl").read_text().splitlines()]
    record: dict[str, Any] = {
        "name": imported.info.name,
        "hash": imported.info.model_hash,
        "parameters": parameters,
        "bytes": imported.installed.stat().st_size,
        "difference": imported.difference,
        "pictures": RECIPES[role].material,
        **plan,
        "seconds": log[-1]["seconds"],
        "scores": {name: round(score, 4) for name, score in result.scores.items()},
        "thresholds": dict(result.thresholds),
        "log": [*log[EVERY - 1 : -1 : EVERY], log[-1]],
    }
    path = to / f"{role.value}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record, indent=1) + "\n")
    return path
