"""Puts a call's tensors where Triton can read them: shared memory on its own host, else the request. Tensors -> input.

Answers come over the wire: they are small, and a late answer to a call that was given up can then harm no other call.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from tritonclient.grpc import aio
from tritonclient.utils import InferenceServerException

from haven_server.engine.inputs import InputSpec
from haven_server.engine.shared_region import PREFIX, SharedRegion, is_alive, sweep
from haven_server.telemetry import logger
from haven_server.types import Tensors

_ASK_S: Final = 5.0
_UNKNOWN: Final = "shared memory region"
"""What every complaint of Triton's about a region speaks of."""

log = logger(__name__)


class TritonInputs:
    """One client's memory shared with its server, and whether that server reads it.

    Args:
        size: of the memory, bytes; 0: all goes over the wire.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._region: SharedRegion | None = None
        self._attached = False
        self._asked = size == 0
        self._given_up = False
        self._turn = asyncio.Lock()

    async def attach(self, client: aio.InferenceServerClient) -> None:
        """Offer the memory to the server, once; one that cannot reach it is sent everything over the wire."""
        async with self._turn:
            if self._asked:
                return
            try:
                await self._register(client)
            except OSError as error:
                log.warning("no memory can be shared with Triton", problem=str(error))
            except InferenceServerException as error:
                if "UNAVAILABLE" in str(error.status()):
                    return
                self._release()
                log.info("Triton cannot reach this host's memory: pictures go over the wire", said=error.message())
            self._asked = True

    def forget(self) -> None:
        """The server was away, and knows of nothing any more."""
        self._attached, self._asked = False, self._size == 0

    def is_forgotten(self, error: InferenceServerException) -> bool:
        """Say whether a call failed because the server was started again meanwhile and does not know the memory.

        That another call has found out before changes nothing for this one.
        """
        return _UNKNOWN in (error.message() or "")

    @contextlib.contextmanager
    def place(self, specs: Sequence[InputSpec], tensors: Tensors, shared: bool) -> Iterator[list[aio.InferInput]]:
        """Make a call's inputs; their memory is the call's own until it is over.

        Args:
            shared: False: over the wire in any case.
        """
        with contextlib.ExitStack() as leases:
            try:
                yield [self._place(spec, tensors, leases, shared) for spec in specs]
            except InferenceServerException as error:
                self._given_up |= "DEADLINE_EXCEEDED" in str(error.status())
                raise
            except BaseException:
                # The server may still read it: harmless, for who comes next writes before asking.
                self._given_up = True
                raise

    async def close(self, client: aio.InferenceServerClient) -> None:
        """Take the memory back. Safe to call twice."""
        if self._region is None:
            return
        # Triton 2.51 lets go of a region even while reading it: after calls that were given up, a later client does.
        if self._attached and not self._given_up:
            with contextlib.suppress(InferenceServerException):
                await client.unregister_system_shared_memory(self._region.name, client_timeout=_ASK_S)
        self._asked = True
        self._release()

    def _place(self, spec: InputSpec, tensors: Tensors, leases: contextlib.ExitStack, shared: bool) -> aio.InferInput:
        tensor = tensors[spec.name]
        value = aio.InferInput(spec.name, list(tensor.shape), "UINT8")
        if shared and self._attached and self._region is not None:
            offset = leases.enter_context(self._region.lease(tensor.nbytes))
            if offset is not None:
                self._region.write(offset, tensor)
                return value.set_shared_memory(self._region.name, tensor.nbytes, offset)
        return value.set_data_from_numpy(np.ascontiguousarray(tensor))

    async def _register(self, client: aio.InferenceServerClient) -> None:
        """Have the server open the memory, and let go of what killed clients left it with."""
        sweep()
        known = await client.get_system_shared_memory_status(client_timeout=_ASK_S)
        if self._region is None:
            self._region = SharedRegion(self._size)
        own = self._region.name
        if own not in known.regions:
            await client.register_system_shared_memory(own, f"/{own}", self._size, client_timeout=_ASK_S)
        self._attached = True
        # Only now is it certain that the server's regions are of this host.
        dead = [name for name in known.regions if name.startswith(PREFIX) and not is_alive(name)]
        with contextlib.suppress(InferenceServerException):
            for name in dead:
                await client.unregister_system_shared_memory(name, client_timeout=_ASK_S)

    def _release(self) -> None:
        self._attached = False
        if self._region is not None:
            self._region.close()
            self._region = None
