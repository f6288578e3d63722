"""Which networks a configuration needs, and whether they are there: Settings, Engine -> ModelInfo by role."""

from __future__ import annotations

from pathlib import Path

from haven_server.errors import ModelError
from haven_server.models.gait import gait_path, read_gait_model
from haven_server.ports import Engine
from haven_server.settings import Settings, ThresholdSettings
from haven_server.telemetry import logger
from haven_server.types import GaitModel, ModelInfo, ModelRole

log = logger(__name__)


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


def find_gait_model(settings: Settings, models: dict[ModelRole, ModelInfo]) -> GaitModel | None:
    """Find what makes walks comparable; where gait is wanted and cannot be had, the log says why.

    Args:
        models: as ``require_models`` gives them.
    Returns:
        None: gait is not to be used.
    Raises:
        ModelError: the file is damaged, made for windows of another length, or mixes demo and production.
    """
    wanted = settings.reid.enabled and settings.reid.gait.enabled
    pose = models.get(ModelRole.POSE_ESTIMATOR)
    if not wanted or pose is None:
        return None
    path = gait_path(settings.inference.model_repository)
    model = read_gait_model(settings.inference.model_repository, pose)
    if model is None:
        log.warning(
            "gait is not used: no statistics of walks for the installed pose estimator; triton_models/README.md says "
            "how they are made, and reid.gait.enabled: false silences this",
            missing=str(path),
            pose=pose.name,
        )
        return None
    length = settings.reid.gait.sequence_length
    if model.sequence_length != length:
        raise ModelError(
            f"{path} is calibrated for windows of {model.sequence_length} poses, the configuration asks for {length}: "
            f"set reid.gait.sequence_length to {model.sequence_length}, or make the file anew"
        )
    return model


def calibrated(
    thresholds: ThresholdSettings, models: dict[ModelRole, ModelInfo], gait: GaitModel | None = None
) -> ThresholdSettings:
    """Replace defaults by the thresholds the networks and the gait model carry; what the user set stands."""
    carried = {key: value for info in models.values() for key, value in info.thresholds.items()}
    if gait is not None:
        carried["gait_similarity"] = gait.threshold
    unset = {key: value for key, value in carried.items() if key not in thresholds.model_fields_set}
    return thresholds.model_copy(update=unset)
