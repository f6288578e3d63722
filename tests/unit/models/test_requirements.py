"""Which networks a configuration needs, and which it refuses together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from structlog.testing import capture_logs

from haven_core.gait import DIMENSION
from haven_server.errors import ModelError
from haven_server.models.gait import gait_path, make_gait_model, write_gait_model
from haven_server.models.requirements import calibrated, find_gait_model, require_models
from haven_server.settings import Settings, ThresholdSettings
from haven_server.types import ModelInfo, ModelRole, Tensors


class Described:
    """An engine that only says which networks it has."""

    def __init__(self, *others: ModelInfo) -> None:
        self._infos = {role: ModelInfo(role, "some", "0", "demo", 320, 320, None) for role in ModelRole}
        self._infos |= {info.role: info for info in others}

    def describe(self, role: ModelRole) -> ModelInfo:
        return self._infos[role]

    async def open(self, roles: Iterable[ModelRole]) -> None:
        raise NotImplementedError

    async def infer(self, role: ModelRole, tensors: Tensors) -> Tensors:
        raise NotImplementedError

    async def close(self) -> None:
        raise NotImplementedError


DETECTOR = ModelInfo(ModelRole.PERSON_DETECTOR, "yolov8n", "1", "production", 320, 320, None)


def settings(**values: object) -> Settings:
    return Settings.model_validate({"cameras": [{"id": "a", "name": "A", "type": "pushed"}], **values})


def test_networks_of_one_domain_are_taken() -> None:
    assert {info.domain for info in require_models(settings(), Described()).values()} == {"demo"}


def test_demo_and_production_networks_are_never_mixed() -> None:
    with pytest.raises(ModelError, match=r"demo and production networks are mixed .*person_detector: production"):
        require_models(settings(), Described(DETECTOR))


def test_a_network_of_another_name_than_configured_is_refused() -> None:
    named = settings(inference={"yolo": {"model": "yolov8s"}})
    with pytest.raises(ModelError, match="names 'yolov8s', installed is 'some'"):
        require_models(named, Described())


def test_thresholds_of_the_networks_stand_where_the_user_set_none() -> None:
    face = replace(DETECTOR, role=ModelRole.FACE_EMBEDDER, thresholds={"face_similarity": 0.7, "face_disagrees": 0.3})
    chosen = calibrated(ThresholdSettings(face_similarity=0.9), {face.role: face})
    assert (chosen.face_similarity, chosen.face_disagrees) == (0.9, 0.3)


POSE = ModelInfo(ModelRole.POSE_ESTIMATOR, "some", "0", "demo", 320, 320, None)


@pytest.fixture
def gait_settings(tmp_path: Path) -> Settings:
    """Settings with a repository that has a gait model for windows of 15 poses."""
    gait_path(tmp_path).parent.mkdir(parents=True)
    mean, matrix = np.zeros(DIMENSION, np.float32), np.ones((4, DIMENSION), np.float32)
    write_gait_model(make_gait_model(POSE, 15, mean, matrix, 0.85, 0.01), tmp_path)
    return settings(inference={"model_repository": tmp_path})


def test_a_gait_model_is_found_beside_its_pose_estimator_and_brings_its_threshold(gait_settings: Settings) -> None:
    model = find_gait_model(gait_settings, {POSE.role: POSE})
    assert model is not None and model.pose_hash == POSE.model_hash
    assert calibrated(ThresholdSettings(), {}, model).gait_similarity == 0.85
    assert calibrated(ThresholdSettings(gait_similarity=0.6), {}, model).gait_similarity == 0.6


def test_without_statistics_gait_is_not_used_and_the_log_says_what_mends_it(gait_settings: Settings) -> None:
    with capture_logs() as lines:
        assert find_gait_model(gait_settings, {POSE.role: replace(POSE, model_hash="1")}) is None
    (line,) = lines
    assert "triton_models/README.md says how they are made" in line["event"]
    assert line["missing"].endswith("pose_estimator/1/gait.npz")


@pytest.mark.parametrize("reid", [{"enabled": False}, {"gait": {"enabled": False}}])
def test_gait_that_nobody_wants_is_not_looked_for(tmp_path: Path, reid: dict[str, object]) -> None:
    with capture_logs() as lines:
        assert find_gait_model(settings(reid=reid), {POSE.role: POSE}) is None
    assert lines == []


def test_windows_of_another_length_than_calibrated_are_refused(gait_settings: Settings) -> None:
    reid = gait_settings.reid.model_copy(
        update={"gait": gait_settings.reid.gait.model_copy(update={"sequence_length": 30})}
    )
    with pytest.raises(ModelError, match=r"set reid\.gait\.sequence_length to 15, or make the file anew"):
        find_gait_model(gait_settings.model_copy(update={"reid": reid}), {POSE.role: POSE})
