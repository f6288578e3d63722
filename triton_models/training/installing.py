"""Puts trained networks where they are shipped: raw file -> examined, calibrated, proven file in the repository."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Final

import onnx
from onnx import helper

from haven_server.engine.repository import THRESHOLDS_KEY
from haven_server.errors import ModelError
from haven_server.models import ImportResult, import_models
from haven_server.models.recognise import notes
from haven_server.types import ModelRole
from triton_models.training.examination import Result, examine

MOST_BYTES: Final = 2_000_000
"""Of a shipped file."""


def name_of(role: ModelRole) -> str:
    """Name a demo network: `demo-detector`, `demo-face-embedder`."""
    return {
        ModelRole.PERSON_DETECTOR: "demo-detector",
        ModelRole.POSE_ESTIMATOR: "demo-pose",
        ModelRole.FACE_DETECTOR: "demo-face-detector",
        ModelRole.FACE_EMBEDDER: "demo-face-embedder",
        ModelRole.APPEARANCE_EMBEDDER: "demo-appearance",
    }[role]


def install(role: ModelRole, raw: Path, repository: Path, data: Path) -> tuple[ImportResult, Result]:
    """Examine a raw network and import it with the thresholds that came of it.

    Raises:
        ModelError: the file is larger than may be shipped, or does not prove right.
    """
    with tempfile.TemporaryDirectory() as folder:
        trial = Path(folder) / "trial"
        import_models(raw, trial, name_of(role))
        result = examine(role, trial, data)
        model = onnx.load(raw)
        described = {**notes(model), THRESHOLDS_KEY: json.dumps(dict(result.thresholds), sort_keys=True)}
        helper.set_model_props(model, described)
        calibrated = Path(folder) / raw.name
        onnx.save(model, calibrated)
        (imported,) = import_models(calibrated, trial, name_of(role))
        if imported.installed.stat().st_size > MOST_BYTES:
            raise ModelError(f"{role.value}: {imported.installed.stat().st_size} bytes, more than {MOST_BYTES}")
        (imported,) = import_models(calibrated, repository, name_of(role))
    return imported, result
