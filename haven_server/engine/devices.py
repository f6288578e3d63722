"""Chooses where ONNX Runtime runs networks: the configured device -> execution providers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from haven_server.errors import ConfigurationError

CPU_PROVIDER: Final = "CPUExecutionProvider"
PROVIDERS: Final = {"cuda": "CUDAExecutionProvider", "mps": "CoreMLExecutionProvider", "cpu": CPU_PROVIDER}
"""ONNX Runtime's name for each device, fastest first."""


def choose_providers(device: str, available: Sequence[str]) -> tuple[str, ...]:
    """Translate `inference.device`.

    Args:
        device: auto | cuda | cpu | mps; auto takes the fastest that is there.
        available: the providers of this build of ONNX Runtime.
    Returns:
        Providers in order of preference; the last runs what the first cannot.
    Raises:
        ConfigurationError: the named device is unknown or not there.
    """
    if device == "auto":
        chosen = next(provider for provider in PROVIDERS.values() if provider in (*available, CPU_PROVIDER))
    else:
        chosen = PROVIDERS.get(device, "")
        if chosen not in available:
            offered = ", ".join(name for name, provider in PROVIDERS.items() if provider in available)
            raise ConfigurationError(
                f"inference.device: {device} is not there (this ONNX Runtime offers {offered}); set it to cpu or auto"
            )
    return (chosen,) if chosen == CPU_PROVIDER else (chosen, CPU_PROVIDER)
