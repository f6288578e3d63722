"""Engines over an engine whose networks may go and come back: one gives up at once, one waits. Tensors -> Tensors."""

from __future__ import annotations

from typing import Final

from haven_server.engine.health import NetworkHealth
from haven_server.engine.layer import EngineLayer
from haven_server.errors import (
    EngineError,
    EngineInputError,
    EngineOverloadedError,
    ModelError,
    NetworkUnavailableError,
)
from haven_server.ports import Clock, Engine
from haven_server.types import ModelRole, Tensors

PATIENCE_S: Final = 60.0
"""How long a file waits for a network that is away: Triton is started again and loads its networks meanwhile."""
ATTEMPTS: Final = 3
"""A call that fails so often although the network answers its trials is not to be answered."""
_FULL_PAUSE_S: Final = 0.05
"""Before a call that a full queue refused is made again."""


class GuardedEngine(EngineLayer):
    """For live frames: a call of a network that is away fails at once, and whoever called goes on without.

    Args:
        engine: makes the calls.
        health: of its networks; may be shared.
    """

    def __init__(self, engine: Engine, health: NetworkHealth) -> None:
        super().__init__(engine)
        self._health = health

    async def infer(self, role: ModelRole, tensors: Tensors) -> Tensors:
        """Run one batch through one network, if that is there.

        Raises:
            EngineInputError: the network does not take these tensors.  EngineOverloadedError: no room for the call.
            EngineError: the network is away, or has just turned out to be.
        """
        call = self._health.require(role)
        try:
            return await self._engine.infer(role, tensors)
        except EngineInputError:
            raise
        except EngineOverloadedError:
            self._health.shed(role)
            raise
        except EngineError as error:
            self._health.lose(role, call, error)
            raise
        except ModelError as error:
            # It was there when the server started: one that has become another is no better than none.
            self._health.lose(role, call, error)
            raise NetworkUnavailableError(str(error)) from error


class PatientEngine(EngineLayer):
    """For files, of which nothing may be lost: a call waits until its network is back, within reason.

    Args:
        engine: makes the calls.
        health: of its networks.
        patience_s: how long one call waits each time.
    """

    def __init__(
        self, engine: GuardedEngine, health: NetworkHealth, clock: Clock, patience_s: float = PATIENCE_S
    ) -> None:
        super().__init__(engine)
        self._health = health
        self._clock = clock
        self._patience_s = patience_s

    async def infer(self, role: ModelRole, tensors: Tensors) -> Tensors:
        """Run one batch through one network, however often that goes and comes back meanwhile.

        Raises:
            EngineInputError: the network does not take these tensors.
            EngineError: the network did not come back in time, or fails this call and answers others.
        """
        attempts = 0
        while True:
            try:
                return await self._engine.infer(role, tensors)
            except EngineInputError:
                raise
            except EngineOverloadedError:
                await self._clock.sleep(_FULL_PAUSE_S)
            except EngineError:
                attempts += 1
                if attempts == ATTEMPTS or not await self._health.returned(role, self._patience_s):
                    raise
