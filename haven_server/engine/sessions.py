"""Opens networks in ONNX Runtime, for the server's own process and for Triton's: model file -> session."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import onnxruntime

from haven_server.errors import ModelError

_FATAL_ONLY: Final = 4
"""ONNX Runtime's severity from which it logs: its errors are raised as well, its warnings speak of its optimiser."""


def open_session(path: Path, providers: Sequence[str], threads: int) -> onnxruntime.InferenceSession:
    """Build a session whose results depend on nothing but its input and ``threads``.

    Raises:
        ModelError: ONNX Runtime refuses the file.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.use_deterministic_compute = True
    options.log_severity_level = _FATAL_ONLY
    try:
        return onnxruntime.InferenceSession(path, options, providers=list(providers))
    except Exception as error:  # ONNX Runtime's own errors share no narrower base class
        raise ModelError(f"{path} cannot be run: {error}") from error
