"""The steps of the command line, network after network: step, roles -> pictures, networks, scores."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import onnx

from haven_server.types import ModelRole
from triton_models.training import material
from triton_models.training.examination import Result, examine
from triton_models.training.halves import parameter_count
from triton_models.training.installing import install
from triton_models.training.recipes import RECIPES, work_folder
from triton_models.training.records import write_record
from triton_models.training.training import RAW, train

RECORDS: Final = Path(__file__).resolve().parents[2] / "docs" / "training"


@dataclass(frozen=True, slots=True)
class Places:
    """Where everything lies.

    Attributes:
        data: pictures, checkpoints and logs.
        repository: of the installed networks.
    """

    data: Path
    repository: Path


def run(step: str, roles: Sequence[ModelRole], places: Places, workers: int, compiled: bool) -> None:
    """Take one step, or all, for some networks or all."""
    data, repository = places.data, places.repository
    for role in [role for role in RECIPES if not roles or role in roles]:
        if step in ("all", "render"):
            _render(role, data, workers)
        if step in ("all", "train"):
            train(role, data, workers, compiled)
        if step in ("all", "install"):
            raw = work_folder(role, data) / RAW
            imported, result = install(role, raw, repository, data)
            _tell(role, result)
            write_record(role, imported, result, parameter_count(onnx.load(raw).graph), data, RECORDS)
        if step == "examine":
            _tell(role, examine(role, repository, data))


def _render(role: ModelRole, data: Path, workers: int) -> None:
    kinds = [RECIPES[role].material, *(["doubles"] if role is ModelRole.FACE_EMBEDDER else [])]
    for kind in kinds:
        for split in material.MATERIALS[kind].parts:
            started = time.monotonic()
            material.render(kind, split, data, workers)
            print(f"{kind}, {split.name}: {time.monotonic() - started:.0f} s")


def _tell(role: ModelRole, result: Result) -> None:
    text = json.dumps({"scores": dict(result.scores), "thresholds": dict(result.thresholds)}, indent=2)
    print(f"{role.value}: {text}")
