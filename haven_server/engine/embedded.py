"""The engine inside the server: ONNX Runtime sessions in an executor of fixed size. Tensors -> Tensors."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import onnxruntime

from haven_server.engine.devices import choose_providers
from haven_server.engine.inputs import InputSpec, check_inputs
from haven_server.engine.question import question
from haven_server.engine.repository import model_path, read_info
from haven_server.engine.sessions import open_session
from haven_server.errors import ConfigurationError, EngineError
from haven_server.types import ModelInfo, ModelRole, Tensors

_Result = TypeVar("_Result")


class EmbeddedEngine:
    """Runs the networks of a repository in this process.

    A network's session is built when it is first used, or by ``open``, and anew after a fault inside. Every call runs
    in an executor, never on the event loop, and with a fixed number of threads, so that the same input gives the same
    bits.

    Args:
        repository: folder with one sub-folder per role.
        device: auto | cuda | cpu | mps.
        threads: CPU threads of one call; as many calls run at once as fit into the machine's cores.

    Raises:
        ConfigurationError: the named device is not there.
    """

    def __init__(self, repository: Path, device: str = "auto", threads: int = 1) -> None:
        self._repository = repository
        self._device = device
        self._threads = threads
        self._providers = choose_providers(device, onnxruntime.get_available_providers())
        self._models: dict[ModelRole, _Model] = {}
        self._infos: dict[ModelRole, ModelInfo] = {}
        self._locks = {role: threading.Lock() for role in ModelRole}
        calls = max(1, (os.cpu_count() or 1) // threads)
        self._executor = ThreadPoolExecutor(calls, thread_name_prefix="engine")
        self._closed = False

    def describe(self, role: ModelRole) -> ModelInfo:
        """Say which network fills a role; read once, then remembered.

        Raises:
            ModelError: none is installed, or its file is damaged.
        """
        if role not in self._infos:
            self._infos[role] = read_info(self._repository, role)
        return self._infos[role]

    async def open(self, roles: Iterable[ModelRole]) -> None:
        """Build the sessions of some roles now, so that the first frame does not wait and a missing model shows.

        Each runs once, so that one that fails at every call shows, too.

        Raises:
            ModelError: one is not installed, damaged, or refused by ONNX Runtime.
            ConfigurationError: the device failed.  EngineError: closed, or a network fails.
        """
        for role in roles:
            await self._submit(self._prove, role)

    async def infer(self, role: ModelRole, tensors: Tensors) -> Tensors:
        """Run one batch through one network.

        Args:
            tensors: by input name; first axis is the batch, at least 1.
        Returns:
            Every output by name, same batch length.
        Raises:
            ModelError: no such network.  EngineError: a wrong name, shape or dtype, a fault inside, or closed.
        """
        return await self._submit(self._run, role, tensors)

    async def close(self) -> None:
        """Wait for the calls that are under way and drop the sessions. Safe to call twice."""
        self._closed = True
        await asyncio.to_thread(self._executor.shutdown)
        self._models.clear()

    async def _submit(self, work: Callable[..., _Result], *arguments: Any) -> _Result:
        if self._closed:
            raise EngineError("the engine is closed")
        return await asyncio.get_running_loop().run_in_executor(self._executor, work, *arguments)

    def _run(self, role: ModelRole, tensors: Tensors) -> Tensors:
        model = self._model(role)
        check_inputs(role, model.inputs, tensors)
        return self._answer(role, model, tensors)

    def _prove(self, role: ModelRole) -> None:
        model = self._model(role)
        self._answer(role, model, question(model.inputs))

    def _answer(self, role: ModelRole, model: _Model, tensors: Tensors) -> Tensors:
        try:
            return model.run(tensors)
        except Exception as error:  # ONNX Runtime's own errors share no narrower base class
            with self._locks[role]:
                if self._models.get(role) is model:
                    del self._models[role]
            raise EngineError(f"{role.value} failed: {error}") from error

    def _model(self, role: ModelRole) -> _Model:
        """Give a role's session, built on first use."""
        with self._locks[role]:
            if role not in self._models:
                self._models[role] = self._build(role)
            return self._models[role]

    def _build(self, role: ModelRole) -> _Model:
        info = self.describe(role)
        path = model_path(self._repository, role)
        session = open_session(path, self._providers, self._threads)
        used = session.get_providers()[0]
        if used != self._providers[0]:
            problem = f"inference.device: {self._device} chose {self._providers[0]}, which failed to start"
            raise ConfigurationError(f"{problem}; set it to cpu")
        return _Model(info, session)


class _Model:
    """One network ready to run.

    Attributes:
        inputs: what it takes.
    """

    def __init__(self, info: ModelInfo, session: onnxruntime.InferenceSession) -> None:
        self._session = session
        self._outputs = [output.name for output in session.get_outputs()]
        shape = (None, info.input_height, info.input_width, 3)
        self.inputs = [InputSpec(value.name, np.dtype(np.uint8), shape) for value in session.get_inputs()]

    def run(self, tensors: Tensors) -> Tensors:
        """Run a batch that fits; whatever ONNX Runtime raises goes through."""
        feed = {name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}
        results = self._session.run(self._outputs, feed)
        return dict(zip(self._outputs, results, strict=True))
