"""What all engines over an engine share: they change how calls are made, and leave the rest to it."""

from __future__ import annotations

from collections.abc import Iterable

from haven_server.ports import Engine
from haven_server.types import ModelInfo, ModelRole


class EngineLayer:
    """Describes, opens and closes as the engine beneath does; calls are for those that derive from it.

    Args:
        engine: makes the calls.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def describe(self, role: ModelRole) -> ModelInfo:
        """Say which network fills a role, as the engine does."""
        return self._engine.describe(role)

    async def open(self, roles: Iterable[ModelRole]) -> None:
        """Make some networks ready, as the engine does."""
        await self._engine.open(roles)

    async def close(self) -> None:
        """Close the engine."""
        await self._engine.close()
