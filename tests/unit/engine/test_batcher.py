"""Calls that are joined: when they go out, with whom, and that each gets its own answer."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pytest
from prometheus_client import CollectorRegistry

from haven_server.clock import SystemClock
from haven_server.engine.batcher import MOST_PICTURES, BatchingEngine
from haven_server.errors import EngineError
from haven_server.types import ModelRole, Tensors

if TYPE_CHECKING:
    from tests.unit.engine.conftest import HarmedEngine

ROLE = ModelRole.FACE_EMBEDDER
LONG_S = 60.0


def pictures(count: int, value: int) -> Tensors:
    return {"images": np.full((count, 2, 4, 3), value, np.uint8)}


def batching(engine: HarmedEngine, wait_s: float = LONG_S) -> tuple[BatchingEngine, CollectorRegistry]:
    registry = CollectorRegistry()
    return BatchingEngine(engine, SystemClock(), wait_s, registry), registry


async def ask(engine: BatchingEngine, *sizes: int) -> Sequence[asyncio.Future[Tensors]]:
    """Begin calls of so many pictures; the pictures of each have their own value."""
    calls = [asyncio.ensure_future(engine.infer(ROLE, pictures(size, value))) for value, size in enumerate(sizes)]
    for _ in range(3):
        await asyncio.sleep(0)
    return calls


async def test_a_lone_call_waits_for_nobody(harmed: HarmedEngine) -> None:
    engine, _ = batching(harmed)
    for value in (1, 2):
        answer = await engine.infer(ROLE, pictures(1, value))
        np.testing.assert_array_equal(answer["embeddings"], np.full((1, 24), value, np.float32))
    assert harmed.calls == [1, 1]
    await engine.close()


async def test_calls_that_come_while_the_network_works_go_together_and_keep_their_own_answers(
    harmed: HarmedEngine,
) -> None:
    engine, registry = batching(harmed)
    harmed.held.clear()
    calls = await ask(engine, 1, 2, 3)
    assert harmed.calls == [1]
    harmed.held.set()
    for value, (size, answer) in enumerate(zip((1, 2, 3), await asyncio.gather(*calls), strict=True)):
        np.testing.assert_array_equal(answer["embeddings"], np.full((size, 24), value, np.float32))
    assert harmed.calls == [1, 5]
    fill = {"network": ROLE.value}
    assert registry.get_sample_value("haven_batch_pictures_count", fill) == 2
    assert registry.get_sample_value("haven_batch_pictures_sum", fill) == 6
    assert registry.get_sample_value("haven_batch_wait_seconds_count", fill) == 3
    await engine.close()


async def test_nobody_waits_longer_than_the_limit(harmed: HarmedEngine) -> None:
    engine, _ = batching(harmed, wait_s=0.001)
    harmed.held.clear()
    calls = await ask(engine, 1, 1, 1)
    async with asyncio.timeout(30):
        while len(harmed.calls) < 2:
            await asyncio.sleep(0.001)
    assert harmed.calls == [1, 2]
    harmed.held.set()
    await asyncio.gather(*calls)
    await engine.close()


async def test_a_full_batch_does_not_wait(harmed: HarmedEngine) -> None:
    engine, _ = batching(harmed)
    harmed.held.clear()
    calls = await ask(engine, 1, 20, 20, MOST_PICTURES)
    assert sorted(harmed.calls) == [1, 20, MOST_PICTURES]
    harmed.held.set()
    await asyncio.gather(*calls)
    assert sorted(harmed.calls) == [1, 20, 20, MOST_PICTURES]
    await engine.close()


async def test_pictures_of_another_size_are_refused_alone(harmed: HarmedEngine) -> None:
    engine, _ = batching(harmed)
    harmed.held.clear()
    calls = await ask(engine, 1, 1)
    wrong = asyncio.ensure_future(engine.infer(ROLE, {"images": np.zeros((1, 9, 9, 3), np.uint8)}))
    await asyncio.sleep(0)
    harmed.held.set()
    assert len(await asyncio.gather(*calls)) == 2
    with pytest.raises(EngineError, match="face_embedder takes images"):
        await wrong
    await engine.close()


async def test_a_batch_that_fails_fails_for_all_of_it_and_the_next_goes_on(harmed: HarmedEngine) -> None:
    engine, _ = batching(harmed)
    harmed.held.clear()
    calls = await ask(engine, 1, 1, 1)
    harmed.harm()
    harmed.held.set()
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert [str(result) for result in results] == ["out of memory"] * 3
    harmed.fault = None
    assert (await engine.infer(ROLE, pictures(1, 1)))["embeddings"].shape == (1, 24)
    await engine.close()


async def test_who_gave_up_is_left_out(harmed: HarmedEngine) -> None:
    engine, _ = batching(harmed)
    harmed.held.clear()
    first, gone, last = await ask(engine, 1, 2, 3)
    gone.cancel()
    await asyncio.sleep(0)
    harmed.held.set()
    assert (await first)["embeddings"].shape == (1, 24)
    np.testing.assert_array_equal((await last)["embeddings"], np.full((3, 24), 2, np.float32))
    assert harmed.calls == [1, 3]
    await engine.close()
