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
    learner = lesson.learner
    learner.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = copy.deepcopy(learner)
    if compiled:
        lesson.network.compile()
    optimizer = torch.optim.AdamW(groups(learner, plan.decay), lr=plan.rate, betas=(0.9, 0.99))
    folder.mkdir(parents=True, exist_ok=True)
    start, worked_s = _take_up(folder, plan, learner, average, optimizer)
    begun = saved = time.monotonic()
    sums: dict[str, float] = {}
    with ThreadPoolExecutor(1) as ahead, (folder / "log.jsonl").open("a" if start else "w") as log:
        if not start:
            print(json.dumps({"plan": asdict(plan)}), file=log, flush=True)
        waiting = ahead.submit(lesson.batch, start, plan)
        for step in range(start, plan.steps):
            batch = waiting.result()
            waiting = ahead.submit(lesson.batch, step + 1, plan)
            learner.train()
            for group in optimizer.param_groups:
                group["lr"] = plan.rate * rate_share(step, plan)
            parts = lesson.losses(batch, step / plan.steps)
            optimizer.zero_grad()
            torch.stack(list(parts.values())).sum().backward()
            nn.utils.clip_grad_norm_(learner.parameters(), 10.0)
            optimizer.step()
            _blend(average, learner, min(plan.smoothing, (step + 1) / (step + 10)))
            for name, value in parts.items():
                sums[name] = sums.get(name, 0.0) + float(value.detach())
            if (step + 1) % LOG_STEPS == 0 or step + 1 == plan.steps:
                count = (step % LOG_STEPS) + 1
                seconds = worked_s + time.monotonic() - begun
                line = {"step": step + 1, "seconds": round(seconds, 1)}
                line |= {name: round(value / count, 4) for name, value in sums.items()}
                print(json.dumps(line), file=log, flush=True)
                sums.clear()
            if time.monotonic() - saved > CHECKPOINT_S or step + 1 == plan.steps:
                _save(folder, plan, step + 1, worked_s + time.monotonic() - begun, learner, average, optimizer)
                saved = time.monotonic()
    return average.eval()


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


def _save(
    folder: Path, plan: Plan, step: int, seconds: float, learner: nn.Module, average: nn.Module, optimizer: Any
) -> None:
    """Write a checkpoint, whole or not at all."""
    state = {
        "plan": asdict(plan),
        "step": step,
        "seconds": seconds,
        "learner": learner.state_dict(),
        "average": average.state_dict(),
        "optimizer": optimizer.state_dict(),
    }
    torch.save(state, folder / "checkpoint.new")
    (folder / "checkpoint.new").replace(folder / "checkpoint.pt")


def _take_up(folder: Path, plan: Plan, learner: nn.Module, average: nn.Module, optimizer: Any) -> tuple[int, float]:
    """Go back to the last checkpoint of this plan; a checkpoint of another plan is left aside.

    Returns:
        The next step, and the seconds worked so far.
    """
    path = folder / "checkpoint.pt"
    if not path.exists():
        return 0, 0.0
    state = torch.load(path, weights_only=True)
    if state["plan"] != asdict(plan):
        return 0, 0.0
    learner.load_state_dict(state["learner"])
    average.load_state_dict(state["average"])
    optimizer.load_state_dict(state["optimizer"])
    return state["step"], state["seconds"]
