"""Which networks a configuration needs, and whether they are there: Settings, Engine -> ModelInfo by role."""

from __future__ import annotations

from pathlib import Path

from haven_server.errors import ModelError
from haven_server.ports import Engine
from haven_server.settings import Settings, ThresholdSettings
from haven_server.types import ModelInfo, ModelRole


def required_models(settings: Settings) -> dict[ModelRole, str | None]:
    """Say which roles the settings need filled, and with which network where one is named."""
    inference, reid = settings.inference, settings.reid
    wanted: dict[ModelRole, str | None] = {ModelRole.PERSON_DETECTOR: inference.yolo.model}
    if inference.pose.enabled:
        wanted[ModelRole.POSE_ESTIMATOR] = inference.pose.model
    if reid.enabled and reid.face.enabled:
        wanted |= {ModelRole.FACE_DETECTOR: None, ModelRole.FACE_EMBEDDER: reid.face.model}
    if reid.enabled and reid.appearance.enabled:
        wanted[ModelRole.APPEARANCE_EMBEDDER] = reid.appearance.model
    return wanted


def require_models(settings: Settings, engine: Engine) -> dict[ModelRole, ModelInfo]:
    """Describe every network the settings need.

    Raises:
        ModelError: one is missing, has another name than configured, or demo and production are mixed.
    """
    models = {}
    for role, wanted in required_models(settings).items():
        info = models[role] = engine.describe(role)
        if wanted is not None and Path(wanted).stem != Path(info.name).stem:
            raise ModelError(
                f"{role.value}: the configuration names {wanted!r}, installed is {info.name!r}; "
                f"run `haven models import FILE --name {Path(wanted).stem}`, or leave the name out"
            )
    domains = {info.domain for info in models.values()}
    if len(domains) > 1:
        listed = ", ".join(f"{role.value}: {info.domain}" for role, info in models.items())
        raise ModelError(f"demo and production networks are mixed ({listed}); use one model repository of one kind")
    return models


def calibrated(thresholds: ThresholdSettings, models: dict[ModelRole, ModelInfo]) -> ThresholdSettings:
    """Replace defaults by the thresholds the networks carry; what the user set stands."""
    carried = {key: value for info in models.values() for key, value in info.thresholds.items()}
    unset = {key: value for key, value in carried.items() if key not in thresholds.model_fields_set}
    return thresholds.model_copy(update=unset)
