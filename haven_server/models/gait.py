"""Keeps the statistics of gait beside the pose estimator they belong to: GaitModel <-> file.

They lie in ``<repository>/pose_estimator/1/gait.npz`` and name the pose estimator by its hash: another one sees other
poses, and thresholds calibrated on those of the former say nothing.
"""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path
from typing import Any, Final
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from haven_core import gait
from haven_server.engine.repository import model_path
from haven_server.errors import ModelError
from haven_server.models.install import replace_file
from haven_server.types import GaitModel, ModelInfo, ModelRole

FACTS: Final = ("domain", "pose_hash", "sequence_length", "threshold", "false_match_rate")
"""What the file holds beside the arrays, as JSON."""


def gait_path(repository: Path) -> Path:
    """Name the file that holds a repository's gait statistics, whether it is there or not."""
    return model_path(repository, ModelRole.POSE_ESTIMATOR).with_name("gait.npz")


def make_gait_model(
    pose: ModelInfo,
    sequence_length: int,
    mean: npt.NDArray[np.float32],
    matrix: npt.NDArray[np.float32],
    threshold: float,
    false_match_rate: float,
) -> GaitModel:
    """Put together a gait model for a pose estimator.

    Raises:
        ValueError: a shape or dtype is wrong.
    """
    told = hashlib.sha256(f"{pose.model_hash} {sequence_length}".encode())
    for array in (mean, matrix):
        told.update(array.astype("<f4").tobytes())
    return GaitModel(
        told.hexdigest(), pose.domain, pose.model_hash, sequence_length, mean, matrix, threshold, false_match_rate
    )


def write_gait_model(model: GaitModel, repository: Path) -> Path:
    """Write a gait model beside its pose estimator.

    Returns:
        The file.
    Raises:
        ModelError: it cannot be written.
    """
    path = gait_path(repository)
    facts = {name: getattr(model, name) for name in FACTS}
    content = io.BytesIO()
    np.savez(content, mean=model.mean, matrix=model.matrix, facts=np.array(json.dumps(facts)))
    try:
        replace_file(path, content.getvalue())
    except OSError as error:
        raise ModelError(f"{path} cannot be written ({error}); choose another repository") from error
    return path


def read_gait_model(repository: Path, pose: ModelInfo) -> GaitModel | None:
    """Read the gait model of the installed pose estimator.

    Returns:
        None where there is none, or it belongs to another pose estimator.
    Raises:
        ModelError: it is damaged, or of another domain than the pose estimator.
    """
    path = gait_path(repository)
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            facts: dict[str, Any] = json.loads(str(kept["facts"]))
            mean, matrix = kept["mean"], kept["matrix"]
        if facts["domain"] != pose.domain:
            raise ModelError(
                f"{path} is of domain {facts['domain']}, the pose estimator of domain {pose.domain}: demo and "
                "production are mixed; remove the file, or install the network it was made with"
            )
        if facts["pose_hash"] != pose.model_hash:
            return None
        numbers = (float(facts[name]) for name in ("threshold", "false_match_rate"))
        model = make_gait_model(pose, int(facts["sequence_length"]), mean, matrix, *numbers)
        if len(model.mean) != gait.DIMENSION:
            raise ValueError(f"wanted a mean of {gait.DIMENSION} numbers, got {len(model.mean)}")
    except FileNotFoundError:
        return None
    except (OSError, EOFError, BadZipFile, ValueError, TypeError, KeyError) as error:
        raise ModelError(f"{path} cannot be read as gait statistics ({error}); make it anew or remove it") from error
    return model
