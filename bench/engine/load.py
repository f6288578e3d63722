"""Cameras that ask an engine for detections, and what that costs: engine -> Cost. CPU counts wherever it is spent."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from prometheus_client import CollectorRegistry

from haven_server.engine.batcher import BatchingEngine
from haven_server.perception.contract import IMAGES
from haven_server.ports import Clock, Engine
from haven_server.types import ModelRole, Tensors

ROLE = ModelRole.PERSON_DETECTOR
_TICK_S = 1 / os.sysconf("SC_CLK_TCK")
_PICTURES = 16
"""Different pictures that a camera shows in turn."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What some cameras got in a while, and what it cost.

    Attributes:
        latencies_ms: of every call.
        cpu_s: of this process and of those that the engine has.
        batches: how many calls went out joined, by pictures at most; empty where none are joined.
    """

    seconds: float
    latencies_ms: Sequence[float]
    cpu_s: float
    batches: dict[str, int]

    @property
    def cpu_ms_per_frame(self) -> float:
        """CPU of one detection."""
        return 1e3 * self.cpu_s / len(self.latencies_ms)

    def row(self) -> dict[str, object]:
        """Return the figures by name."""
        p50, p95, p99 = (round(float(value), 2) for value in np.percentile(self.latencies_ms, (50, 95, 99)))
        return {
            "frames_per_s": round(len(self.latencies_ms) / self.seconds, 1),
            "cpu_ms_per_frame": round(self.cpu_ms_per_frame, 3),
            "p50_ms": p50,
            "p95_ms": p95,
            "p99_ms": p99,
            "batches": self.batches,
        }


def group_cpu_s(group: int | None) -> float:
    """Sum up the CPU time of the processes of a group that live; 0 for none."""
    total = 0.0
    for path in Path("/proc").glob("[0-9]*/stat") if group else ():
        try:
            fields = path.read_text(encoding="utf-8").rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[2]) == group:
            total += (int(fields[11]) + int(fields[12])) * _TICK_S
    return total


def joining(engine: Engine, clock: Clock, wait_s: float) -> tuple[Engine, CollectorRegistry]:
    """Let an engine's calls be joined, and count the batches."""
    registry = CollectorRegistry()
    return BatchingEngine(engine, clock, wait_s, registry), registry


async def load(
    engine: Engine, cameras: int, seconds: float, rate: float | None, group: int | None, registry: CollectorRegistry
) -> Cost:
    """Have some cameras ask for detections for a while.

    Args:
        rate: frames per second of each camera; None: the next as soon as there is an answer.
        group: process group of the engine's server, None without.
        registry: counts the batches, where they are joined.
    """
    info = engine.describe(ROLE)
    size = (_PICTURES, 1, info.input_height, info.input_width, 3)
    pictures = np.random.default_rng(0).integers(0, 256, size, dtype=np.uint8)
    await asyncio.gather(*(engine.infer(ROLE, {IMAGES: pictures[0]}) for _ in range(cameras)))
    latencies: list[float] = []
    counted = _batches(registry)
    start, cpu = time.perf_counter(), time.process_time() + group_cpu_s(group)

    async def camera(number: int) -> None:
        shown = number
        due = start + (number / cameras / rate if rate else 0.0)
        while True:
            if rate:
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                due += 1 / rate
            asked = time.perf_counter()
            if asked - start > seconds:
                return
            question: Tensors = {IMAGES: pictures[shown % _PICTURES]}
            await engine.infer(ROLE, question)
            latencies.append(1e3 * (time.perf_counter() - asked))
            shown += 1

    await asyncio.gather(*(camera(number) for number in range(cameras)))
    spent = time.process_time() + group_cpu_s(group) - cpu
    batches = {bound: count - counted.get(bound, 0) for bound, count in _batches(registry).items()}
    return Cost(time.perf_counter() - start, latencies, spent, {one: count for one, count in batches.items() if count})


def _batches(registry: CollectorRegistry) -> dict[str, int]:
    """Read how many batches had so many pictures; by the upper bound of the histogram's bucket."""
    found: dict[str, int] = {}
    below = 0
    for metric in registry.collect():
        for sample in metric.samples:
            if sample.name == "haven_batch_pictures_bucket" and sample.labels["network"] == ROLE.value:
                found[sample.labels["le"].removesuffix(".0")] = int(sample.value) - below
                below = int(sample.value)
    return found
