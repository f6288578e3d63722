"""The engine outside the server: NVIDIA Triton, asked over gRPC. Tensors -> Tensors."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Final

from tritonclient.grpc import aio
from tritonclient.utils import InferenceServerException

from haven_server.engine.batches import cut, join
from haven_server.engine.inputs import check_inputs
from haven_server.engine.triton_errors import translate
from haven_server.engine.triton_inputs import TritonInputs
from haven_server.engine.triton_network import TritonNetwork
from haven_server.errors import (
    EngineError,
    EngineOverloadedError,
    EngineTimeoutError,
    EngineUnavailableError,
    ModelError,
    NetworkUnavailableError,
)
from haven_server.types import ModelInfo, ModelRole, Tensors

MAX_BATCH_SIZE: Final = 32
"""Pictures in one request at most, as `max_batch_size` in the roles' config.pbtxt has it."""
_LOAD_S: Final = 60.0
"""How long Triton may take to load a network."""
_FORBIDDEN: Final = "is not allowed"
"""How Triton says that it was started without explicit control of its networks; the status is that of its death."""
_CHANNEL: Final = (
    ("grpc.max_send_message_length", -1),
    ("grpc.max_receive_message_length", -1),
    # gRPC's own backoff grows from 1 s to 2 minutes; a server that was started again is to be found within the second.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 100),
    # In spite of its name, how long one attempt to connect may take: a busy server or a long way needs more than that.
    ("grpc.min_reconnect_backoff_ms", 5000),
)


class TritonEngine:
    """Runs the networks of a repository in a Triton server that serves the same repository.

    A network is trusted once it gave the answer to one known picture that its file gives here. Where it does not, or
    does not run, Triton is told to load it anew. Whenever a network or the server turned out to be away, that is done
    before the next call. While it goes on, calls wait no longer than their deadline.

    Args:
        repository: folder with one sub-folder per role.
        url: HOST:PORT of Triton's gRPC endpoint.
        timeout_s: deadline of one call.
        shared_memory_mb: memory by which pictures go to a server on this host; 0: all goes over the wire.
    """

    def __init__(self, repository: Path, url: str, timeout_s: float, shared_memory_mb: int = 0) -> None:
        self._repository = repository
        self._url = url
        self._timeout_s = timeout_s
        self._inputs = TritonInputs(shared_memory_mb * 1_000_000)
        self._networks: dict[ModelRole, TritonNetwork] = {}
        self._trials: dict[ModelRole, asyncio.Task[None]] = {}
        self._stale: set[ModelRole] = set()
        self._closed = False

    def describe(self, role: ModelRole) -> ModelInfo:
        """Say which network fills a role; read once, then remembered.

        Raises:
            ModelError: none is installed, or its file is damaged.
        """
        return self._network(role).info

    async def open(self, roles: Iterable[ModelRole]) -> None:
        """Try some networks now, and anew, so that the first frame does not wait and what cannot run shows.

        Raises:
            ModelError: one is not installed, damaged, refused by Triton, or not the one that Triton serves.
            EngineUnavailableError: Triton cannot be reached.  EngineError: closed.
        """
        self._require_open()
        for role in roles:
            if role in self._trials and self._trials[role].done():
                del self._trials[role]
            await asyncio.shield(self._trial(role))

    async def infer(self, role: ModelRole, tensors: Tensors) -> Tensors:
        """Run one batch through one network.

        Args:
            tensors: by input name; first axis is the batch, at least 1.
        Returns:
            Every output by name, same batch length.
        Raises:
            ModelError: no such network, or another than Triton serves.
            EngineTimeoutError: no answer within the deadline.  EngineOverloadedError: Triton's queue is full.
            EngineUnavailableError: Triton, or this network in it, is away.
            EngineError: a wrong name, shape or dtype, a fault inside, or closed.
        """
        self._require_open()
        network = await asyncio.to_thread(self._network, role) if role not in self._networks else self._networks[role]
        check_inputs(role, network.inputs, tensors)
        trial = self._trial(role)
        try:
            async with asyncio.timeout(self._timeout_s):
                await asyncio.shield(trial)
                return join([await self._ask(network, part, self._timeout_s) for part in cut(tensors, MAX_BATCH_SIZE)])
        except TimeoutError:
            problem = f"Triton at {self._url} gave no answer within {self._timeout_s:g} s"
            raise EngineTimeoutError(f"{role.value}: {problem}") from None
        except EngineUnavailableError as error:
            self._distrust(role, trial, error)
            raise

    async def close(self) -> None:
        """End the calls that prepare networks and close the connection. Safe to call twice."""
        if self._closed:
            return
        self._closed = True
        trials = list(self._trials.values())
        for trial in trials:
            trial.cancel()
        await asyncio.gather(*trials, return_exceptions=True)
        await self._inputs.close(self._client)
        await self._client.close()

    @cached_property
    def _client(self) -> aio.InferenceServerClient:
        """The connection; made on first use, for it belongs to the running event loop."""
        return aio.InferenceServerClient(self._url, channel_args=_CHANNEL)

    def _require_open(self) -> None:
        if self._closed:
            raise EngineError("the engine is closed")

    def _network(self, role: ModelRole) -> TritonNetwork:
        if role not in self._networks:
            self._networks[role] = TritonNetwork(self._repository, role)
        return self._networks[role]

    def _trial(self, role: ModelRole) -> asyncio.Task[None]:
        """Give the task at whose end a network is trusted; calls share it, and it goes on when one of them gives up."""
        trial = self._trials.get(role)
        if trial is None or (trial.done() and (trial.cancelled() or trial.exception() is not None)):
            trial = self._trials[role] = asyncio.create_task(self._try(role))
        return trial

    def _distrust(self, role: ModelRole, trial: asyncio.Task[None], error: EngineUnavailableError) -> None:
        """Let the next call try a network first; one that is away in a server that runs is loaded anew, too.

        Of several instances of a network one may be dead and report nothing, so that a trial alone could pass.

        Args:
            trial: the one that the failed call went by; where another has begun since, that one counts.
        """
        if self._trials.get(role) is trial:
            del self._trials[role]
            if isinstance(error, NetworkUnavailableError):
                self._stale.add(role)

    async def _try(self, role: ModelRole) -> None:
        network = await asyncio.to_thread(self._network, role)
        await asyncio.to_thread(lambda: network.answer)
        if role in self._stale or not await self._is_served(network):
            await self._load(role)
            if not await self._is_served(network):
                problem = f"{role.value} of {self._repository} is not what Triton at {self._url} serves"
                raise ModelError(f"{problem}: start it with this repository")
            self._stale.discard(role)

    async def _is_served(self, network: TritonNetwork) -> bool:
        """Ask the known question. A wrong answer and none at all tell the same: not this network."""
        try:
            return network.is_answer(await self._ask(network, network.question, _LOAD_S))
        except NetworkUnavailableError:
            return False
        except (EngineTimeoutError, EngineOverloadedError, EngineUnavailableError):
            raise
        except EngineError:
            return False

    async def _load(self, role: ModelRole) -> None:
        """Have Triton drop a network and read it again from its repository.

        Raises:
            ModelError: it cannot, or may not.  EngineUnavailableError, EngineTimeoutError: it does not answer.
        """
        try:
            await self._client.unload_model(role.value, client_timeout=_LOAD_S)
            await self._client.load_model(role.value, client_timeout=_LOAD_S)
        except InferenceServerException as error:
            cause = translate(error, role, self._url)
            if isinstance(cause, EngineUnavailableError | EngineTimeoutError) and _FORBIDDEN not in str(cause):
                raise cause from error
            raise ModelError(
                f"Triton at {self._url} cannot load {role.value} ({error.message()}); it needs the repository "
                f"{self._repository} and --model-control-mode=explicit, as `haven triton start` gives it"
            ) from error

    async def _ask(self, network: TritonNetwork, tensors: Tensors, timeout_s: float, shared: bool = True) -> Tensors:
        """Send one request, by shared memory where that can be."""
        role = network.info.role
        await self._inputs.attach(self._client)
        try:
            with self._inputs.place(network.inputs, tensors, shared) as inputs:
                result = await self._client.infer(role.value, inputs, client_timeout=timeout_s)
        except InferenceServerException as error:
            if shared and self._inputs.is_forgotten(error):
                self._inputs.forget()
                return await self._ask(network, tensors, timeout_s, shared=False)
            cause = translate(error, role, self._url)
            if isinstance(cause, EngineUnavailableError) and not isinstance(cause, NetworkUnavailableError):
                self._inputs.forget()
            raise cause from error
        answer = {name: result.as_numpy(name) for name in network.outputs}
        if missing := [name for name, tensor in answer.items() if tensor is None]:
            raise EngineError(f"{role.value} of Triton at {self._url} gives no {', '.join(missing)}")
        # What was received cannot be written to, unlike the embedded engine's answers.
        return {name: tensor.copy() for name, tensor in answer.items()}
