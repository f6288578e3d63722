"""Statistics of gait beside the pose estimator they belong to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from haven_core.gait import DIMENSION
from haven_server.errors import ModelError
from haven_server.models.gait import gait_path, make_gait_model, read_gait_model, write_gait_model
from haven_server.types import GaitModel, ModelInfo, ModelRole

POSE = ModelInfo(ModelRole.POSE_ESTIMATOR, "pose", "pose-hash", "demo", 320, 320, None)
MEAN = np.linspace(0, 1, DIMENSION, dtype=np.float32)
MATRIX = np.ones((4, DIMENSION), np.float32)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    gait_path(tmp_path).parent.mkdir(parents=True)
    return tmp_path


def model(**others: object) -> GaitModel:
    arguments = {"mean": MEAN, "matrix": MATRIX, "threshold": 0.8, "false_match_rate": 0.01} | others
    return make_gait_model(POSE, 15, **arguments)  # type: ignore[arg-type]


def test_what_is_written_is_read(repository: Path) -> None:
    write_gait_model(model(), repository)
    read = read_gait_model(repository, POSE)
    assert read is not None
    assert (read.model_hash, read.sequence_length) == (model().model_hash, 15)
    assert (read.threshold, read.false_match_rate) == (0.8, 0.01)
    assert np.array_equal(read.mean, MEAN) and np.array_equal(read.matrix, MATRIX)


def test_whatever_decides_a_vector_decides_the_hash_and_the_thresholds_do_not() -> None:
    other_pose = make_gait_model(replace(POSE, model_hash="other"), 15, MEAN, MATRIX, 0.8, 0.01)
    hashes = {one.model_hash for one in (model(), model(mean=MEAN + 1), model(matrix=2 * MATRIX), other_pose)}
    assert len(hashes) == 4
    assert model(threshold=0.5, false_match_rate=0.2).model_hash == model().model_hash


def test_there_is_none_where_no_file_is_or_it_belongs_to_another_pose_estimator(repository: Path) -> None:
    assert read_gait_model(repository, POSE) is None
    write_gait_model(model(), repository)
    assert read_gait_model(repository, replace(POSE, model_hash="another")) is None


def test_demo_and_production_do_not_mix(repository: Path) -> None:
    path = write_gait_model(model(), repository)
    with pytest.raises(ModelError, match=f"{path} is of domain demo.*demo and production are mixed"):
        read_gait_model(repository, replace(POSE, domain="production"))


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04broken"])
def test_a_damaged_file_is_named_with_the_mend(repository: Path, content: bytes) -> None:
    gait_path(repository).write_bytes(content)
    with pytest.raises(ModelError, match=r"gait\.npz cannot be read as gait statistics .*make it anew or remove it"):
        read_gait_model(repository, POSE)


def test_statistics_of_another_descriptor_are_refused(repository: Path) -> None:
    write_gait_model(model(mean=MEAN[:100], matrix=MATRIX[:, :100].copy()), repository)
    with pytest.raises(ModelError, match="wanted a mean of 128 numbers, got 100"):
        read_gait_model(repository, POSE)
