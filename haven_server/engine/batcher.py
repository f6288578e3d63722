"""Joins the calls of several cameras into one batch: an engine over an engine. Tensors -> Tensors.

A call goes out at once while its network is idle. Those that come while it works wait for one another, until it is
done, they fill a batch, or the first has waited its time: so a lone camera waits for nobody, and many share a call.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from prometheus_client import CollectorRegistry, Histogram

from haven_server.engine.batches import join
from haven_server.engine.layer import EngineLayer
from haven_server.ports import Clock, Engine
from haven_server.types import ModelRole, Tensors

MOST_PICTURES: Final = 32
"""In a batch, as Triton takes at once."""
_FILL: Final = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)
_WAIT_S: Final = (0.0001, 0.0005, 0.001, 0.002, 0.004, 0.006, 0.008, 0.012, 0.02, 0.05)

_Kind: TypeAlias = tuple[tuple[str, str, tuple[int, ...]], ...]
"""Name, dtype and shape of a call's tensors without the batch axis: only equal ones can be joined."""


@dataclass(slots=True)
class _Call:
    """One call that waits; ``since`` is in monotonic seconds."""

    tensors: Tensors
    count: int
    since: float
    answer: asyncio.Future[Tensors]


@dataclass(slots=True)
class _Line:
    """The calls of one network and one kind.

    Attributes:
        working: batches that are out.
        alarm: sends those that wait when the first has waited its time.
    """

    waiting: list[_Call] = field(default_factory=list)
    working: int = 0
    alarm: asyncio.TimerHandle | None = None


class BatchingEngine(EngineLayer):
    """An engine whose calls may be joined. What a picture's answer is may then depend, in its last bits, on the others.

    Args:
        engine: makes the joined calls.
        clock: tells how long calls wait.
        wait_s: how long a call waits for others at most.
        registry: gets the histograms ``haven_batch_pictures`` and ``haven_batch_wait_seconds``, by network.
    """

    def __init__(self, engine: Engine, clock: Clock, wait_s: float, registry: CollectorRegistry) -> None:
        super().__init__(engine)
        self._clock = clock
        self._wait_s = wait_s
        self._lines: dict[tuple[ModelRole, _Kind], _Line] = {}
        self._batches: set[asyncio.Task[None]] = set()
        self._fill = Histogram(
            "haven_batch_pictures", "Pictures in one batch.", ["network"], registry=registry, buckets=_FILL
        )
        self._waited = Histogram(
            "haven_batch_wait_seconds",
            "How long a call waited for others.",
            ["network"],
            registry=registry,
            buckets=_WAIT_S,
        )

    async def infer(self, role: ModelRole, tensors: Tensors) -> Tensors:
        """Run one call's pictures through one network, perhaps with those of others.

        Raises:
            HavenError: as the engine does; what fails, fails for every call of the batch.
        """
        count = min((len(tensor) for tensor in tensors.values() if tensor.ndim), default=0)
        if not 0 < count < MOST_PICTURES:
            return await self._engine.infer(role, tensors)
        kind = tuple(sorted((name, str(one.dtype), one.shape[1:]) for name, one in tensors.items()))
        line = self._lines.setdefault((role, kind), _Line())
        call = _Call(tensors, count, self._clock.monotonic(), asyncio.get_running_loop().create_future())
        if sum(one.count for one in line.waiting) + count > MOST_PICTURES:
            self._send(role, line)
        line.waiting.append(call)
        if not line.working:
            self._send(role, line)
        elif line.alarm is None:
            line.alarm = asyncio.get_running_loop().call_later(self._wait_s, self._send, role, line)
        return await call.answer

    async def close(self) -> None:
        """Close the engine; calls that are out are answered as it does."""
        await super().close()
        while self._batches:  # the end of one sends those that waited for it
            await asyncio.gather(*self._batches, return_exceptions=True)

    def _send(self, role: ModelRole, line: _Line) -> None:
        """Send all that waits; whoever was cancelled meanwhile is left out."""
        if line.alarm is not None:
            line.alarm.cancel()
            line.alarm = None
        calls = [call for call in line.waiting if not call.answer.done()]
        line.waiting.clear()
        if calls:
            line.working += 1
            batch = asyncio.create_task(self._run(role, line, calls))
            self._batches.add(batch)
            batch.add_done_callback(self._batches.discard)

    async def _run(self, role: ModelRole, line: _Line, calls: Sequence[_Call]) -> None:
        """Run one batch and hand every call its rows, or the error."""
        now = self._clock.monotonic()
        for call in calls:
            self._waited.labels(role.value).observe(now - call.since)
        self._fill.labels(role.value).observe(sum(call.count for call in calls))
        try:
            answer = await self._engine.infer(role, join([call.tensors for call in calls]))
        except Exception as error:  # whatever it is, every caller is told
            for call in calls:
                if not call.answer.done():
                    call.answer.set_exception(error)
        else:
            first = 0
            for call in calls:
                rows = slice(first, first := first + call.count)
                if not call.answer.done():
                    call.answer.set_result({name: tensor[rows] for name, tensor in answer.items()})
        finally:
            line.working -= 1
            for call in calls:
                call.answer.cancel()
            if not line.working:
                self._send(role, line)
