"""Engines that take the networks out of a measurement: one remembers every answer, the other gives them again."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeAlias

import numpy as np

from haven_server.engine.inputs import InputSpec, check_inputs
from haven_server.perception.contract import IMAGES
from haven_server.ports import Engine
from haven_server.types import ModelInfo, ModelRole, Tensors

LOOKED_AT = 1009
"""Bytes of a batch by which it is known again: enough to tell crops apart, few enough to cost nothing."""

Question: TypeAlias = tuple[ModelRole, tuple[int, ...], bytes]
"""What a network was asked: its role, the batch's shape, and some of its bytes."""
Answers: TypeAlias = dict[Question, list[Tensors]]
"""What it said, call by call: two batches of a still picture can look alike."""


class RecordingEngine:
    """Passes every call on to a real engine and remembers what it answered.

    Attributes:
        answers: all of them so far.
        infos: what the networks said of themselves.
    """

    def __init__(self, engine: Engine) -> None:
        self.answers: Answers = defaultdict(list)
        self.infos: dict[ModelRole, ModelInfo] = {}
        self._engine = engine

    def describe(self, role: ModelRole) -> ModelInfo:
        """Say which network fills a role."""
        self.infos[role] = self._engine.describe(role)
        return self.infos[role]

    async def open(self, roles: Iterable[ModelRole]) -> None:
        """Make some networks of the engine below ready."""
        await self._engine.open(roles)

    async def infer(self, role: ModelRole, tensors: Tensors) -> Tensors:
        """Run one batch through one network."""
        answer = await self._engine.infer(role, tensors)
        self.answers[question(role, tensors)].append(answer)
        return answer

    async def close(self) -> None:
        """Release the engine below."""
        await self._engine.close()


class ReplayingEngine:
    """Answers as was recorded, and does all that the embedded engine does but run a network.

    Tensors are checked and made contiguous in an executor, as there: what the hop costs is not the networks' part.
    """

    def __init__(self, recording: RecordingEngine) -> None:
        self._infos = recording.infos
        self._answers = {asked: deque(answers) for asked, answers in recording.answers.items()}
        self._inputs = {
            role: [InputSpec(IMAGES, np.dtype(np.uint8), (None, info.input_height, info.input_width, 3))]
            for role, info in recording.infos.items()
        }
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="engine")

    @property
    def left(self) -> int:
        """Recorded answers that nobody asked for yet."""
        return sum(len(answers) for answers in self._answers.values())

    def describe(self, role: ModelRole) -> ModelInfo:
        """Say which network was recorded."""
        return self._infos[role]

    async def open(self, roles: Iterable[ModelRole]) -> None:
        """Nothing to load: answers are at hand."""

    async def infer(self, role: ModelRole, tensors: Tensors) -> Tensors:
        """Give the recorded answer.

        Raises:
            LookupError: the run asks what the recorded one did not.
        """
        return await asyncio.get_running_loop().run_in_executor(self._executor, self._answer, role, tensors)

    async def close(self) -> None:
        """End the executor. Safe to call twice."""
        self._executor.shutdown()

    def _answer(self, role: ModelRole, tensors: Tensors) -> Tensors:
        check_inputs(role, self._inputs[role], tensors)
        feed = {name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}
        waiting = self._answers.get(question(role, feed))
        if not waiting:
            raise LookupError(f"{role.value} was asked something that was not recorded: the runs differ")
        return waiting.popleft()


def question(role: ModelRole, tensors: Tensors) -> Question:
    """Describe a call so that it is known again."""
    images = tensors[IMAGES]
    step = max(images.size // LOOKED_AT, 1)
    return role, images.shape, images.reshape(-1)[::step].tobytes()
