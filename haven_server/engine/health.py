"""Know which networks answer, and try those that do not until they do: failed calls -> NetworkStatus."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge

from haven_server.errors import HavenError, NetworkUnavailableError
from haven_server.ports import Clock, Engine
from haven_server.telemetry import logger
from haven_server.types import ModelRole, NetworkState, NetworkStatus

Listener = Callable[[NetworkStatus], Awaitable[None]]
"""Is told of a change; must not raise."""

FIRST_PAUSE_S: Final = 0.25
"""Between two trials of a network that is away."""
LONGEST_PAUSE_S: Final = 8.0
STEADY_S: Final = 60.0
"""A network lost again sooner than this after it came back is tried half as often, so that it does not come and go."""

log = logger(__name__)


@dataclass(slots=True)
class _Network:
    """One network: how it fares, and what tries it while it is away.

    Attributes:
        losses: how often it was lost; a call that began before the newest tells nothing new.
        returned: set while it is ready.
    """

    status: NetworkStatus
    losses: int = 0
    pause_s: float = FIRST_PAUSE_S
    ready_since_s: float = float("-inf")
    returned: asyncio.Event = field(default_factory=asyncio.Event)
    trial: asyncio.Task[None] | None = None


class NetworkHealth:
    """Keeps the state of every network of one engine. While one is away, calls fail at once and it is tried by itself.

    Args:
        engine: is asked to ``open`` a network until that succeeds.
        registry: gets the gauge ``haven_network_ready`` and the counter ``haven_calls_shed``, by network.

    Attributes:
        recoveries: how often any network came back.
    """

    def __init__(self, engine: Engine, clock: Clock, registry: CollectorRegistry) -> None:
        self.recoveries = 0
        self._engine = engine
        self._clock = clock
        self._listeners: list[Listener] = []
        self._networks = {role: _Network(NetworkStatus(role, NetworkState.READY, clock.now())) for role in ModelRole}
        self._closed = False
        self._ready = Gauge("haven_network_ready", "1 while a network answers, else 0.", ["network"], registry=registry)
        self._shed = Counter("haven_calls_shed", "Calls that a full queue refused.", ["network"], registry=registry)
        for role, network in self._networks.items():
            network.returned.set()
            self._ready.labels(role.value).set(1)

    def listen(self, listener: Listener) -> None:
        """Have somebody told of every change from now on, one after another for each network."""
        self._listeners.append(listener)

    def list(self) -> Sequence[NetworkStatus]:
        """Say how every network fares; one that nobody ever called counts as ready."""
        return tuple(network.status for network in self._networks.values())

    def require(self, role: ModelRole) -> int:
        """Let a call begin.

        Returns:
            What ``lose`` wants to know of the call, should it fail.
        Raises:
            NetworkUnavailableError: the network is away.
        """
        network = self._networks[role]
        if network.status.state is NetworkState.AWAY:
            raise NetworkUnavailableError(f"{role.value} is away: {network.status.problem}")
        return network.losses

    def shed(self, role: ModelRole) -> None:
        """Count a call that was refused for lack of room; the network is none the worse for that."""
        self._shed.labels(role.value).inc()

    def lose(self, role: ModelRole, call: int, error: HavenError) -> None:
        """Note that a call failed: from now on the network is away, until a trial succeeds.

        Args:
            call: what ``require`` gave at its beginning.
        """
        network = self._networks[role]
        if self._closed or call != network.losses:
            return
        lately = self._clock.monotonic() - network.ready_since_s < STEADY_S
        network.pause_s = min(2 * network.pause_s, LONGEST_PAUSE_S) if lately else FIRST_PAUSE_S
        network.losses += 1
        network.returned.clear()
        self._set(network, NetworkStatus(role, NetworkState.AWAY, self._clock.now(), str(error)))
        recovery = self._recover(network, network.trial)
        network.trial = asyncio.create_task(recovery, name=f"trial of {role.value}")

    async def returned(self, role: ModelRole, patience_s: float) -> bool:
        """Wait until a network is ready; False where it was not in time, or is not waited for any more."""
        try:
            async with asyncio.timeout(patience_s):
                await self._networks[role].returned.wait()
        except TimeoutError:
            return False
        return not self._closed

    async def close(self) -> None:
        """Try no network any more, and let nobody wait for one. Safe to call twice."""
        self._closed = True
        trials = [network.trial for network in self._networks.values() if network.trial is not None]
        for trial in trials:
            trial.cancel()
        await asyncio.gather(*trials, return_exceptions=True)
        for network in self._networks.values():
            network.returned.set()

    async def _recover(self, network: _Network, before: asyncio.Task[None] | None) -> None:
        """Tell of the loss, try until the network answers, and tell of that.

        Args:
            before: the recovery from the loss before, which may still be telling.
        """
        if before is not None:
            await asyncio.wait([before])
        await self._tell(network.status)
        role, since = network.status.role, network.status.since
        while (problem := await self._try(network)) is not None:
            self._set(network, NetworkStatus(role, NetworkState.AWAY, since, problem))
        network.ready_since_s = self._clock.monotonic()
        self._set(network, NetworkStatus(role, NetworkState.READY, self._clock.now()))
        self.recoveries += 1
        network.returned.set()
        await self._tell(network.status)

    async def _try(self, network: _Network) -> str | None:
        """Try a network once, after a pause; returns what is wrong with it, None: nothing."""
        role = network.status.role
        await self._clock.sleep(network.pause_s)
        try:
            await self._engine.open([role])
        except HavenError as error:
            return str(error)
        except Exception:
            log.exception("a network's trial failed", network=role.value)
            return "an unforeseen fault; the server's log tells which"
        return None

    def _set(self, network: _Network, status: NetworkStatus) -> None:
        network.status = status
        self._ready.labels(status.role.value).set(status.state is NetworkState.READY)

    async def _tell(self, status: NetworkStatus) -> None:
        for listener in self._listeners:
            await listener(status)
