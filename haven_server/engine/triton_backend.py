"""Triton's backend `onnxruntime` where Triton has none of its own: runs within Triton's process for each network.

Triton makes one ``TritonPythonModel`` for each instance of a network and hands it requests; the server never does.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import triton_python_backend_utils as triton

from haven_server.engine.devices import choose_providers
from haven_server.engine.sessions import open_session

_USED_CAPSULE = "PyCapsule_GetPointer called with incorrect name"
_THREADS_KEY = "intra_op_thread_count"
"""As NVIDIA's own backend calls it in `parameters` of config.pbtxt."""


class TritonPythonModel:
    """One network as Triton sees it. The names of class and methods are Triton's."""

    def initialize(self, args: dict[str, str]) -> None:
        """Open the network.

        Args:
            args: strings by name: where the network lies, its configuration as JSON, and whether Triton gave it a GPU.
        Raises:
            ModelError: ONNX Runtime refuses it; Triton then reports that it cannot be loaded.
        """
        sys.unraisablehook = _tell_unraisable
        path = Path(args["model_repository"]) / args["model_version"] / "model.onnx"
        parameters = json.loads(args["model_config"]).get("parameters", {})
        threads = int(parameters.get(_THREADS_KEY, {"string_value": "1"})["string_value"])
        device = "auto" if args["model_instance_kind"] == "GPU" else "cpu"
        providers = choose_providers(device, onnxruntime.get_available_providers())
        self._session = open_session(path, providers, threads)
        self._inputs = [value.name for value in self._session.get_inputs()]
        self._outputs = [value.name for value in self._session.get_outputs()]

    def execute(self, requests: Sequence[Any]) -> list[Any]:
        """Answer every request by itself; one that fails does not take the others with it."""
        return [self._answer(request) for request in requests]

    def _answer(self, request: Any) -> Any:
        try:
            # Triton's tensors were built against NumPy 1: with NumPy 2 only DLPack carries their bytes both ways.
            feed = {name: np.from_dlpack(triton.get_input_tensor_by_name(request, name)) for name in self._inputs}
            results = self._session.run(self._outputs, feed)
        except Exception as error:  # ONNX Runtime's own errors share no narrower base class
            return triton.InferenceResponse(error=triton.TritonError(str(error)))
        return triton.InferenceResponse(
            [
                triton.Tensor.from_dlpack(name, np.ascontiguousarray(result))
                for name, result in zip(self._outputs, results, strict=True)
            ]
        )


def _tell_unraisable(fault: sys.UnraisableHookArgs) -> None:
    """Keep one complaint out of the log, which every tensor would bring otherwise.

    Triton renames the capsules that it takes otherwise than DLPack has it, and NumPy complains when it drops them; the
    memory is Triton's to free, and it does.
    """
    if str(fault.exc_value) != _USED_CAPSULE:
        sys.__unraisablehook__(fault)
