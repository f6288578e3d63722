"""A network that Triton runs, as its file here describes it, and the one known answer it is tried with."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from haven_server.engine.devices import CPU_PROVIDER
from haven_server.engine.inputs import InputSpec
from haven_server.engine.question import question
from haven_server.engine.repository import model_path, read_model
from haven_server.engine.sessions import open_session
from haven_server.types import ModelRole, Tensors

_TOLERANCE: Final = 1e-3
"""How far an answer may be from ONNX Runtime's on the CPU, as a share of the greatest value where that is over 1."""


class TritonNetwork:
    """What the repository says of one network.

    Attributes:
        info: which network it is.  inputs: what it takes.  outputs: names, in order.

    Raises:
        ModelError: none is installed, or its file is damaged.
    """

    def __init__(self, repository: Path, role: ModelRole) -> None:
        self.info, model = read_model(repository, role)
        shape = (None, self.info.input_height, self.info.input_width, 3)
        self.inputs = [InputSpec(value.name, np.dtype(np.uint8), shape) for value in model.graph.input]
        self.outputs = [value.name for value in model.graph.output]
        self._path = model_path(repository, role)

    @cached_property
    def question(self) -> Tensors:
        """One picture of noise, always the same."""
        return question(self.inputs)

    @cached_property
    def answer(self) -> Tensors:
        """What the file here answers to that, by ONNX Runtime in this process. Blocks.

        Raises:
            ModelError: the file cannot be run.
        """
        session = open_session(self._path, [CPU_PROVIDER], 1)
        return dict(zip(self.outputs, session.run(self.outputs, dict(self.question)), strict=True))

    def is_answer(self, given: Tensors) -> bool:
        """Say whether an answer to the question is this network's."""
        return all(_agree(given[name], wanted) for name, wanted in self.answer.items())


def _agree(given: npt.NDArray[Any], wanted: npt.NDArray[Any]) -> bool:
    if given.shape != wanted.shape or given.dtype != wanted.dtype:
        return False
    scale = max(1.0, float(np.abs(wanted).max(initial=0)))
    return bool(np.allclose(given, wanted, rtol=0, atol=_TOLERANCE * scale))
