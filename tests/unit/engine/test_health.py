"""What is known of networks that go and come back, and what calls are told meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import numpy as np
import pytest
from prometheus_client import CollectorRegistry

from haven_server.clock import ManualClock
from haven_server.engine.guarded import ATTEMPTS, GuardedEngine, PatientEngine
from haven_server.engine.health import FIRST_PAUSE_S, NetworkHealth
from haven_server.errors import (
    EngineError,
    EngineInputError,
    EngineOverloadedError,
    ModelError,
    NetworkUnavailableError,
)
from haven_server.types import ModelRole, NetworkState, NetworkStatus, Tensors

if TYPE_CHECKING:
    from tests.unit.engine.conftest import HarmedEngine

ROLE = ModelRole.FACE_EMBEDDER
PICTURE: Tensors = {"images": np.ones((1, 2, 4, 3), np.uint8)}


class Desk:
    """Health over a harmed engine, and all that it told."""

    def __init__(self, engine: HarmedEngine) -> None:
        self.engine = engine
        self.clock = ManualClock()
        self.registry = CollectorRegistry()
        self.health = NetworkHealth(engine, self.clock, self.registry)
        self.live = GuardedEngine(engine, self.health)
        self.patient = PatientEngine(self.live, self.health, self.clock)
        self.told: list[tuple[str, str]] = []
        self.health.listen(self._take)

    async def _take(self, status: NetworkStatus) -> None:
        self.told.append((status.role.value, status.state.value))

    @property
    def status(self) -> NetworkStatus:
        return next(status for status in self.health.list() if status.role is ROLE)

    async def lose(self) -> None:
        """Have the network fail in a call."""
        self.engine.harm()
        with pytest.raises(EngineError, match="out of memory"):
            await self.live.infer(ROLE, PICTURE)

    async def heal(self) -> None:
        """Have the network answer, and wait until that is known."""
        self.engine.fault = None
        await self.pass_until(NetworkState.READY)

    async def pass_until(self, state: NetworkState) -> None:
        """Let time go by until the network is in a state."""
        async with asyncio.timeout(30):
            while self.status.state is not state:
                self.clock.advance(FIRST_PAUSE_S)
                await asyncio.sleep(0.001)


@pytest.fixture
async def desk(harmed: HarmedEngine) -> AsyncIterator[Desk]:
    desk = Desk(harmed)
    yield desk
    await desk.health.close()
    await harmed.close()


async def test_a_network_that_fails_is_away_until_a_trial_succeeds_and_each_change_is_told(desk: Desk) -> None:
    await desk.lose()
    assert (desk.status.state, desk.status.problem) == (NetworkState.AWAY, "out of memory")
    await desk.heal()
    assert (desk.status.state, desk.status.problem) == (NetworkState.READY, "")
    assert (await desk.live.infer(ROLE, PICTURE))["embeddings"].shape == (1, 24)
    await asyncio.sleep(0)
    assert desk.told == [("face_embedder", "away"), ("face_embedder", "ready")]
    assert desk.health.recoveries == 1


async def test_while_a_network_is_away_no_call_of_it_is_made_and_others_are(desk: Desk) -> None:
    await desk.lose()
    with pytest.raises(NetworkUnavailableError, match="face_embedder is away: out of memory"):
        await desk.live.infer(ROLE, PICTURE)
    assert desk.engine.calls == [1]
    states = {status.role: status.state for status in desk.health.list()}
    assert [role for role, state in states.items() if state is NetworkState.AWAY] == [ROLE]


async def test_the_failure_of_a_call_from_before_does_not_count_again(desk: Desk) -> None:
    desk.engine.held.clear()
    calls = [asyncio.ensure_future(desk.live.infer(ROLE, PICTURE)) for _ in range(2)]
    await asyncio.sleep(0)
    desk.engine.harm()
    desk.engine.held.set()
    for call in calls:
        with pytest.raises(EngineError):
            await call
    await desk.heal()
    await asyncio.sleep(0)
    assert desk.told == [("face_embedder", "away"), ("face_embedder", "ready")]


@pytest.mark.parametrize(
    "error", [EngineInputError("takes images"), EngineOverloadedError("too much to do")], ids=["input", "overload"]
)
async def test_a_call_that_is_refused_says_nothing_about_the_network(desk: Desk, error: EngineError) -> None:
    desk.engine.harm(error)
    with pytest.raises(type(error)):
        await desk.live.infer(ROLE, PICTURE)
    assert desk.status.state is NetworkState.READY
    shed = desk.registry.get_sample_value("haven_calls_shed_total", {"network": ROLE.value})
    assert shed == (1 if isinstance(error, EngineOverloadedError) else None)


async def test_a_network_that_became_another_is_away(desk: Desk) -> None:
    desk.engine.harm(ModelError("is not what Triton serves"))
    with pytest.raises(NetworkUnavailableError, match="is not what Triton serves"):
        await desk.live.infer(ROLE, PICTURE)
    assert desk.status.state is NetworkState.AWAY


async def test_a_network_that_comes_and_goes_is_tried_less_and_less_often(desk: Desk) -> None:
    pauses = []
    for _ in range(3):
        await desk.lose()
        left = desk.clock.monotonic()
        await desk.heal()
        pauses.append(desk.clock.monotonic() - left)
    assert pauses == sorted(pauses)
    assert pauses[2] >= 4 * FIRST_PAUSE_S


async def test_the_gauge_tells_which_networks_are_ready(desk: Desk) -> None:
    def gauge() -> float | None:
        return desk.registry.get_sample_value("haven_network_ready", {"network": ROLE.value})

    assert gauge() == 1
    await desk.lose()
    assert gauge() == 0
    await desk.heal()
    assert gauge() == 1


async def test_a_patient_call_waits_for_its_network_and_is_answered(desk: Desk) -> None:
    desk.engine.harm()
    call = asyncio.ensure_future(desk.patient.infer(ROLE, PICTURE))
    await desk.pass_until(NetworkState.AWAY)
    assert not call.done()
    await desk.heal()
    assert (await call)["embeddings"].shape == (1, 24)


async def test_a_patient_call_makes_way_for_others_where_there_is_no_room(desk: Desk) -> None:
    desk.engine.harm(EngineOverloadedError("too much to do"))
    call = asyncio.ensure_future(desk.patient.infer(ROLE, PICTURE))
    await asyncio.sleep(0)
    desk.engine.fault = None
    desk.clock.advance(1)
    assert (await call)["embeddings"].shape == (1, 24)


async def test_patience_ends(desk: Desk) -> None:
    impatient = PatientEngine(desk.live, desk.health, desk.clock, patience_s=0)
    desk.engine.harm()
    with pytest.raises(EngineError, match="out of memory"):
        await impatient.infer(ROLE, PICTURE)


async def test_a_call_that_fails_though_the_network_answers_its_trials_is_given_up(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.engine.harm()
    monkeypatch.setattr(desk.engine, "open", super(type(desk.engine), desk.engine).open)
    call = asyncio.ensure_future(desk.patient.infer(ROLE, PICTURE))
    async with asyncio.timeout(30):
        while not call.done():
            desk.clock.advance(FIRST_PAUSE_S)
            await asyncio.sleep(0.001)
    assert isinstance(call.exception(), EngineError)
    assert len(desk.engine.calls) == ATTEMPTS


async def test_nobody_waits_any_more_once_it_is_closed(desk: Desk) -> None:
    desk.engine.harm()
    call = asyncio.ensure_future(desk.patient.infer(ROLE, PICTURE))
    await desk.pass_until(NetworkState.AWAY)
    await desk.health.close()
    with pytest.raises(EngineError):
        await call
