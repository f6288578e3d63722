"""`haven calibrate`: thresholds that fit a site. Labelled pictures or a finished run -> Calibrated, model files."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from haven_server.app import EMBEDDERS, make_engine
from haven_server.errors import InvalidInputError
from haven_server.evaluation.calibration import Calibrated
from haven_server.evaluation.free_pairs import free_likenesses
from haven_server.evaluation.labelled import Labels, tracklet_of
from haven_server.evaluation.likeness import Floats, Likeness, likeness_of
from haven_server.models.gait import write_gait_model
from haven_server.models.install import write_thresholds
from haven_server.models.requirements import calibrated, find_gait_model, require_models
from haven_server.perception.features import FeatureExtractor
from haven_server.settings import Settings, ThresholdSettings
from haven_server.storage.recollections import read_recollections
from haven_server.types import GaitModel, Modality, ModelInfo, ModelRole


@dataclass(frozen=True, slots=True)
class Installed:
    """What makes a site's features, and the thresholds it goes by.

    Attributes:
        gait: None where gait is not used.
    """

    settings: Settings
    models: Mapping[ModelRole, ModelInfo]
    gait: GaitModel | None
    thresholds: ThresholdSettings

    @property
    def hashes(self) -> dict[Modality, str]:
        """The model of each signal that is on."""
        found = {signal: self.models[role].model_hash for signal, role in EMBEDDERS.items() if role in self.models}
        return found if self.gait is None else {**found, Modality.GAIT: self.gait.model_hash}


def find_installed(settings: Settings) -> Installed:
    """Read what the settings' networks say of themselves.

    Raises:
        ModelError: a network is missing or damaged.
    """
    models = require_models(settings, make_engine(settings))
    gait = find_gait_model(settings, models)
    return Installed(settings, models, gait, calibrated(settings.reid.thresholds, models, gait))


def look_at(
    labels: Labels, installed: Installed, on_picture: Callable[[int], None]
) -> tuple[dict[Modality, Likeness], dict[Modality, int]]:
    """Compare labelled pictures, as the server would see them; those that show too little are left out.

    Args:
        on_picture: told how many pictures were looked at.
    Returns:
        By signal how alike people are, and how many pictures show it.
    Raises:
        InvalidInputError: a picture cannot be read, or none shows anybody well enough.
        EngineError: a network failed.
    """
    return asyncio.run(_look_at(labels, installed, on_picture))


async def _look_at(
    labels: Labels, installed: Installed, on_picture: Callable[[int], None]
) -> tuple[dict[Modality, Likeness], dict[Modality, int]]:
    views: dict[Modality, list[Floats]] = defaultdict(list)
    owners: dict[Modality, list[str]] = defaultdict(list)
    least = installed.settings.reid.quality.min_quality
    engine = make_engine(installed.settings)
    try:
        extractor = FeatureExtractor(engine, installed.settings.reid)
        for number, picture in enumerate(labels.pictures, 1):
            for signal, feature in (await extractor.extract(tracklet_of(picture, number))).features.items():
                if feature.quality >= least:
                    views[signal].append(feature.vector)
                    owners[signal].append(picture.person)
            on_picture(number)
    finally:
        await engine.close()
    if not views:
        raise InvalidInputError(
            "no picture shows anybody well enough: give larger or sharper ones, or switch signals on"
        )
    found = {signal: likeness_of(np.stack(own), owners[signal], labels.apart) for signal, own in views.items()}
    return found, {signal: len(own) for signal, own in views.items()}


def look_back(database: str | Path, installed: Installed) -> dict[Modality, Likeness]:
    """Compare the tracks of a finished run that were seen together.

    Raises:
        StorageError: there is no such database.
        InvalidInputError: it holds nothing by the installed networks, or nobody beside anybody.
    """
    hashes = installed.hashes
    views, tracks = read_recollections(database, hashes.values())
    if not views:
        raise InvalidInputError(
            f"{database}: remembers nobody by the installed networks; give the --config of the run that made it"
        )
    found = free_likenesses([view for view in views if hashes.get(view.modality) == view.model_hash], tracks)
    if not found:
        raise InvalidInputError(f"{database}: no two people were seen in one picture; let more people be seen together")
    return found


def install(chosen: Sequence[Calibrated], installed: Installed) -> list[Path]:
    """Write thresholds into the files of the networks they belong to, where the server reads them.

    Returns:
        The files.
    Raises:
        ModelError: a file cannot be written.
    """
    repository = installed.settings.inference.model_repository
    written = []
    for signal, role in EMBEDDERS.items():
        values = {one.aim.key: one.value for one in chosen if one.aim.modality is signal}
        if values:
            written.append(write_thresholds(repository, role, values))
    for one in chosen:
        if one.aim.modality is Modality.GAIT and installed.gait is not None:
            model = replace(installed.gait, threshold=one.value, false_match_rate=one.limit)
            written.append(write_gait_model(model, repository))
    return written
