"""The container is started as `haven triton start` starts its own Triton. No container runs here: the file is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from haven_server.settings import TritonSettings

DEPLOY = Path(__file__).parents[2] / "deploy"


@pytest.fixture(scope="module")
def triton() -> Any:
    return yaml.safe_load((DEPLOY / "docker-compose.yaml").read_text())["services"]["triton"]


def test_networks_are_loaded_anew_when_haven_asks_and_the_repository_is_the_default_one(triton: Any) -> None:
    assert {"--model-control-mode=explicit", "--load-model=*"} <= set(triton["command"])
    (volume,) = triton["volumes"]
    folder = volume.partition(":-")[2].partition("}")[0]
    assert (DEPLOY / folder).resolve() == (DEPLOY.parent / "triton_models" / "production").resolve()
    assert "--model-repository=" + volume.split(":")[-2] in triton["command"]


def test_it_answers_where_the_settings_look_for_it_and_nowhere_else(triton: Any) -> None:
    (port,) = triton["ports"]
    assert port.rpartition(":")[0] == TritonSettings().url


def test_it_is_asked_after_and_shares_memory(triton: Any) -> None:
    assert triton["healthcheck"]["test"][-1].endswith("/v2/health/ready")
    assert triton["ipc"] == "host"


def test_the_second_file_adds_the_gpus_and_nothing_else() -> None:
    services = yaml.safe_load((DEPLOY / "docker-compose.gpu.yaml").read_text())["services"]
    assert list(services) == ["triton"] and list(services["triton"]) == ["deploy"]
