"""The committed config.pbtxt files and the table for readers say what the contract says."""

from __future__ import annotations

from pathlib import Path

import pytest

from haven_server.models.triton import config_path, config_text
from haven_server.perception.contract import CONTRACTS
from haven_server.types import ModelRole

MODELS = Path(__file__).parents[3] / "triton_models"


@pytest.mark.parametrize("role", ModelRole)
def test_the_committed_configuration_is_the_contracts(role: ModelRole) -> None:
    assert config_path(MODELS / "production", role).read_text() == config_text(role)


@pytest.mark.parametrize("role", ModelRole)
def test_triton_chooses_the_device(role: ModelRole) -> None:
    assert "KIND_" not in config_text(role)


@pytest.mark.parametrize("role", ModelRole)
def test_the_table_shows_every_tensor(role: ModelRole) -> None:
    table = (MODELS / "README.md").read_text()
    contract = CONTRACTS[role]
    for spec in (contract.image, *contract.outputs):
        shape = ", ".join(str(axis) for axis in spec.shape)
        assert f"| `{role.value}` | `{spec.name}` | {spec.dtype} | {shape} |" in table
