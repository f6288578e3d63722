"""Which device networks run on."""

from __future__ import annotations

import pytest

from haven_server.engine.devices import choose_providers
from haven_server.errors import ConfigurationError

CPU, CUDA, COREML = "CPUExecutionProvider", "CUDAExecutionProvider", "CoreMLExecutionProvider"


@pytest.mark.parametrize(
    ("device", "available", "chosen"),
    [
        ("auto", [CPU], (CPU,)),
        ("auto", [CUDA, CPU], (CUDA, CPU)),
        ("auto", ["AzureExecutionProvider", COREML, CPU], (COREML, CPU)),
        ("cpu", [CUDA, CPU], (CPU,)),
        ("cuda", [CUDA, CPU], (CUDA, CPU)),
        ("mps", [COREML, CPU], (COREML, CPU)),
    ],
)
def test_auto_takes_the_fastest_and_a_name_takes_itself(
    device: str, available: list[str], chosen: tuple[str, ...]
) -> None:
    assert choose_providers(device, available) == chosen


@pytest.mark.parametrize("device", ["cuda", "mps", "tpu"])
def test_a_device_that_is_not_there_is_an_error_that_names_cpu(device: str) -> None:
    with pytest.raises(
        ConfigurationError, match=rf"inference\.device: {device} is not there .*offers cpu.*set it to cpu"
    ):
        choose_providers(device, ["AzureExecutionProvider", CPU])
