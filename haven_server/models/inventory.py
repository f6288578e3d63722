"""`haven models list` and `check`: model repository -> what is installed, and whether it is sound."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from haven_server.engine.repository import model_path, read_model
from haven_server.errors import ModelError
from haven_server.models.batching import Batching
from haven_server.models.check import check_wrapped
from haven_server.models.install import read_wrapping
from haven_server.models.triton import config_path
from haven_server.types import ModelInfo, ModelRole

NOT_INSTALLED = "not installed"
"""What is wrong where nobody brought a network."""


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """What stands in a role's place.

    Attributes:
        info: None where nothing usable is installed.
        problem: what is wrong and how to mend it, None when nothing is.
        batching: how the network takes several pictures, None without info.
        difference: the greatest one found by a check, relative; None where none was made.
    """

    role: ModelRole
    info: ModelInfo | None
    problem: str | None = None
    batching: Batching | None = None
    difference: float | None = None


def list_models(repository: Path) -> list[ModelStatus]:
    """Say what is installed for each role, reading but not running it."""
    return [_status(repository, role, run=False) for role in ModelRole]


def check_models(repository: Path) -> list[ModelStatus]:
    """Say for each role whether its network is whole, is the one imported, and decodes as NumPy does."""
    return [_status(repository, role, run=True) for role in ModelRole]


def _status(repository: Path, role: ModelRole, *, run: bool) -> ModelStatus:
    if not model_path(repository, role).exists():
        return ModelStatus(role, None, NOT_INSTALLED)
    try:
        info, model = read_model(repository, role)
        network, batching = read_wrapping(model)
        difference = check_wrapped(model, network) if run else None
    except ModelError as error:
        return ModelStatus(role, None, str(error))
    config = config_path(repository, role)
    problem = None if config.exists() else f"{config} is missing; import the network again"
    return ModelStatus(role, info, problem, batching, difference)
