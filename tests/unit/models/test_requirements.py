"""Which networks a configuration needs, and which it refuses together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from haven_server.errors import ModelError
from haven_server.models.requirements import calibrated, require_models
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
