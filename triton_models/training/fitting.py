"""Trains one network, so that it can be broken off and taken up again: lesson, plan -> trained weights, log."""

from __future__ import annotations

import copy
import json
import math
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import torch
from torch import Tensor, nn

CHECKPOINT_S: Final = 300.0
"""Seconds of work that are lost at most when training is broken off."""
LOG_STEPS: Final = 50
STEEPEST: Final = 10.0
"""Norm to which a gradient is cut."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how fast a network learns.

    Attributes:
        steps: batches.
        batch: pictures in each.
        rate: greatest learning rate of AdamW; it rises over ``warm_up`` steps and falls along a cosine.
        decay: of the weights.
        smoothing: of the moving average of the weights, which is what is kept.
        seed: of first weights and of every batch.
    """

    steps: int
    batch: int
    rate: float
    warm_up: int = 200
    decay: float = 0.02
    smoothing: float = 0.998
    seed: int = 1


class Lesson(Protocol):
    """What there is to learn."""

    @property
    def learner(self) -> nn.Module:
        """Everything with weights: the network and whatever its loss needs."""

    @property
    def network(self) -> nn.Module:
        """What of it is the network."""

    def batch(self, step: int, plan: Plan) -> Any:
        """Draw the material of one step; the same for the same step, so that training can be taken up anywhere."""

    def losses(self, batch: Any, progress: float) -> Mapping[str, Tensor]:
        """Judge the learner on a batch; ``progress`` runs from 0 to 1 over the training."""


def fit(lesson: Lesson, plan: Plan, folder: Path, compiled: bool = False) -> nn.Module:
    """Train, from the last checkpoint of the same plan where there is one.

    Args:
        folder: for `checkpoint.pt` and `log.jsonl`.
        compiled: compile the network first: about a third quicker after a minute, and needs a C++ compiler.
    Returns:
        The learner with the averaged weights, ready for use.
    """
    folder.mkdir(parents=True, exist_ok=True)
    learning = _Learning(lesson, plan)
    learning.take_up(folder)
    if compiled:
        lesson.network.compile()
    log = _Log(folder / "log.jsonl", plan, anew=learning.step == 0)
    saved = time.monotonic()
    with ThreadPoolExecutor(1) as ahead:
        waiting = ahead.submit(lesson.batch, learning.step, plan)
        while learning.step < plan.steps:
            batch = waiting.result()
            waiting = ahead.submit(lesson.batch, learning.step + 1, plan)
            log.add(learning.learn(batch))
            if learning.step % LOG_STEPS == 0 or learning.step == plan.steps:
                log.write(learning.step, learning.seconds)
            if time.monotonic() - saved > CHECKPOINT_S or learning.step == plan.steps:
                learning.save(folder)
                saved = time.monotonic()
    return learning.average.eval()


class _Learning:
    """A learner on its way.

    Attributes:
        average: of the learner's weights, smoothed over time.
        step: the next one.
        seconds: worked so far.
    """

    def __init__(self, lesson: Lesson, plan: Plan) -> None:
        self._lesson, self._plan = lesson, plan
        self._learner = lesson.learner.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = copy.deepcopy(self._learner)
        self._optimizer = torch.optim.AdamW(groups(self._learner, plan.decay), lr=plan.rate, betas=(0.9, 0.99))
        self.step, self.seconds = 0, 0.0

    def learn(self, batch: Any) -> Mapping[str, Tensor]:
        """Take one step; give the parts of its loss."""
        begun = time.monotonic()
        self._learner.train()
        for group in self._optimizer.param_groups:
            group["lr"] = self._plan.rate * rate_share(self.step, self._plan)
        parts = self._lesson.losses(batch, self.step / self._plan.steps)
        self._optimizer.zero_grad()
        torch.stack(list(parts.values())).sum().backward()
        nn.utils.clip_grad_norm_(self._learner.parameters(), STEEPEST)
        self._optimizer.step()
        self.step += 1
        _blend(self.average, self._learner, min(self._plan.smoothing, self.step / (self.step + 9)))
        self.seconds += time.monotonic() - begun
        return {name: value.detach() for name, value in parts.items()}

    def save(self, folder: Path) -> None:
        """Write a checkpoint, whole or not at all."""
        state = {"plan": asdict(self._plan), "step": self.step, "seconds": self.seconds}
        state |= {name: part.state_dict() for name, part in self._parts().items()}
        torch.save(state, folder / "checkpoint.new")
        (folder / "checkpoint.new").replace(folder / "checkpoint.pt")

    def take_up(self, folder: Path) -> None:
        """Go to the last checkpoint of this plan; one of another plan is left aside."""
        path = folder / "checkpoint.pt"
        state: dict[str, Any] = torch.load(path, weights_only=True) if path.exists() else {"plan": None}
        if state["plan"] != asdict(self._plan):
            return
        for name, part in self._parts().items():
            part.load_state_dict(state[name])
        self.step, self.seconds = state["step"], state["seconds"]

    def _parts(self) -> dict[str, Any]:
        return {"learner": self._learner, "average": self.average, "optimizer": self._optimizer}


class _Log:
    """The mean of each part of the loss, one line for every few steps, after a first line with the plan."""

    def __init__(self, path: Path, plan: Plan, *, anew: bool) -> None:
        self._path = path
        self._sums: dict[str, float] = {}
        self._count = 0
        if anew:
            path.write_text(json.dumps({"plan": asdict(plan)}) + "\n")

    def add(self, parts: Mapping[str, Tensor]) -> None:
        """Count one step."""
        self._count += 1
        for name, value in parts.items():
            self._sums[name] = self._sums.get(name, 0.0) + float(value)

    def write(self, step: int, seconds: float) -> None:
        """Write a line and begin the next."""
        means = {name: round(value / self._count, 4) for name, value in self._sums.items()}
        with self._path.open("a") as file:
            print(json.dumps({"step": step, "seconds": round(seconds, 1), **means}), file=file)
        self._sums.clear()
        self._count = 0


def rate_share(step: int, plan: Plan) -> float:
    """Say which share of the greatest learning rate holds at a step."""
    if step < plan.warm_up:
        return (step + 1) / plan.warm_up
    done = (step - plan.warm_up) / max(plan.steps - plan.warm_up, 1)
    return 0.01 + 0.99 * (1 + math.cos(math.pi * done)) / 2


def groups(learner: nn.Module, decay: float) -> list[dict[str, Any]]:
    """Sort the parameters: matrices and filters decay, biases and normalisation do not."""
    parameters = list(learner.parameters())
    return [
        {"params": [parameter for parameter in parameters if parameter.ndim > 1], "weight_decay": decay},
        {"params": [parameter for parameter in parameters if parameter.ndim <= 1], "weight_decay": 0.0},
    ]


@torch.no_grad()
def _blend(average: nn.Module, learner: nn.Module, keep: float) -> None:
    """Move the averaged weights and normalisation towards the present ones."""
    olds, news = list(average.state_dict().values()), list(learner.state_dict().values())
    for old, new in zip(olds, news, strict=True):
        if old.is_floating_point():
            old.lerp_(new, 1 - keep)
        else:
            old.copy_(new)
