"""What a detection costs, embedded and through Triton: latency, CPU, throughput, batches, at 1, 4 and 8 cameras.

CPU is that of this process and of Triton with its stubs. ``full`` cameras ask again as soon as they are answered,
others have so many frames a second. Then how config.pbtxt is best set. Run ``python -m bench engine``; goal: with
shared memory at 8 cameras a detection costs at most 1.5 times the CPU of an embedded one.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from prometheus_client import CollectorRegistry
from rich.console import Console
from rich.table import Table
from tritonclient.grpc import aio

from bench.common import ROOT, test_data, write_results
from bench.engine.engine_plot import plot
from bench.engine.load import ROLE, Cost, joining, load
from bench.engine.servers import serve
from haven_server.clock import SystemClock
from haven_server.engine.embedded import EmbeddedEngine
from haven_server.engine.triton import TritonEngine
from haven_server.models import import_models
from haven_server.models.triton import INSTANCES, QUEUE, warm_up
from haven_server.perception.contract import IMAGES
from haven_server.ports import Engine
from haven_server.types import ModelRole

GOAL = 1.5
"""CPU of a detection through Triton by shared memory over that of an embedded one, at ``MOST_CAMERAS``."""
CAMERAS = (1, 4, 8)
MOST_CAMERAS = CAMERAS[-1]
RATES: Mapping[str, float | None] = {"full": None, "5 frames/s": 5.0}
WAIT_S = 0.008
SHARED_MB = 32
REAL = "yolov8n_320"
EMBEDDED, SHARED = "embedded", "Triton, shared memory"
WAYS = (EMBEDDED, "embedded, joined", "Triton, wire", "Triton, wire, joined", SHARED, f"{SHARED}, joined")
Row = dict[str, Any]


def main() -> None:
    """Measure, print tables, write bench/results/engine.json and docs/engine.png."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="interleaved rounds of which the medians count")
    parser.add_argument("--seconds", type=float, default=3.0, help="of each measurement")
    options = parser.parse_args()
    rows: list[Row] = []
    summary: Row = {"goal": GOAL}
    with networks() as repositories:
        for name, repository in repositories.items():
            found = asyncio.run(compare(repository, options.rounds, options.seconds))
            rows += [{"network": name} | row for row in found]
            for way in WAYS[2:]:
                summary[f"{name}: {way}"] = overhead(found, way)
        tuned = asyncio.run(tune(repositories["demo"], options.rounds, options.seconds))
    show(rows)
    show(tuned)
    print(write_results("engine", [*rows, *tuned], summary))
    print(plot(rows, ROOT / "docs" / "engine.png"))


@contextmanager
def networks() -> Iterator[dict[str, Path]]:
    """Give repositories with a detector: the demonstration's small one, and a real one where HAVEN_TEST_DATA has it."""
    found = {"demo": ROOT / "triton_models" / "demo"}
    with tempfile.TemporaryDirectory() as folder:
        if (data := test_data()) is not None:
            import_models(data / "models" / f"{REAL}.onnx", Path(folder))
            found[REAL] = Path(folder)
        yield found


async def compare(repository: Path, rounds: int, seconds: float) -> list[Row]:
    """Measure every way in turns."""
    costs: dict[tuple[str, int, str], list[Cost]] = {}
    with serve(repository, [ROLE]) as server:
        embedded = EmbeddedEngine(repository, "cpu", 1)
        wire = TritonEngine(repository, server.address, 60.0)
        shared = TritonEngine(repository, server.address, 60.0, SHARED_MB)
        engines: list[tuple[Engine, int | None]] = [(embedded, None), (wire, server.pid), (shared, server.pid)]
        ways: dict[str, tuple[Engine, int | None, CollectorRegistry]] = {}
        for (engine, group), way in zip(engines, WAYS[::2], strict=True):
            await engine.open([ROLE])
            ways[way] = (engine, group, CollectorRegistry())
            together, registry = joining(engine, SystemClock(), WAIT_S)
            ways[f"{way}, joined"] = (together, group, registry)
        for _ in range(rounds):
            for rate_name, rate in RATES.items():
                for cameras in CAMERAS:
                    for way, (engine, group, registry) in ways.items():
                        cost = await load(engine, cameras, seconds, rate, group, registry)
                        costs.setdefault((way, cameras, rate_name), []).append(cost)
        for engine, _ in engines:
            await engine.close()
    return [{"way": way, "cameras": cameras, "load": rate} | middle(one) for (way, cameras, rate), one in costs.items()]


async def tune(repository: Path, rounds: int, seconds: float) -> list[Row]:
    """Measure settings of config.pbtxt, in turns: all cameras at full load by shared memory, and a first call."""
    settings: dict[str, Sequence[str]] = {
        "Triton's defaults": (),
        "1 instance": ("instance_group [ { count: 1 } ]",),
        "2 instances": INSTANCES,
        "queue, 1 instance": (*QUEUE, "instance_group [ { count: 1 } ]"),
        "queue, 2 instances": (*QUEUE, *INSTANCES),
        "queue with 2 ms delay, 2 instances": (
            "dynamic_batching { max_queue_delay_microseconds: 2000 }",
            *INSTANCES,
        ),
    }
    costs: dict[str, list[Cost]] = {name: [] for name in settings}
    for _ in range(rounds):
        for name, tuning in settings.items():
            with serve(repository, [ROLE], tuning) as server:
                engine = TritonEngine(repository, server.address, 60.0, SHARED_MB)
                await engine.open([ROLE])
                together, registry = joining(engine, SystemClock(), WAIT_S)
                costs[name].append(await load(together, MOST_CAMERAS, seconds, None, server.pid, registry))
                await engine.close()
    rows: list[Row] = [
        {"network": "demo", "config.pbtxt": name, "cameras": MOST_CAMERAS} | middle(one) for name, one in costs.items()
    ]
    role = ModelRole.APPEARANCE_EMBEDDER
    for name, tuning in {"no warm-up": (), "warm-up": warm_up(role)}.items():
        firsts = [await first_call_ms(repository, role, tuning) for _ in range(rounds)]
        rows.append({"network": "demo", "config.pbtxt": name, "first_call_ms": round(median(firsts), 1)})
    return rows


async def first_call_ms(repository: Path, role: ModelRole, tuning: Sequence[str]) -> float:
    """Time the first call that a network gets, without the known question before it."""
    with serve(repository, [role], tuning) as server:
        async with aio.InferenceServerClient(server.address) as client:
            await client.is_model_ready(role.value)
            picture = np.zeros((1, 256, 128, 3), np.uint8)
            value = aio.InferInput(IMAGES, list(picture.shape), "UINT8").set_data_from_numpy(picture)
            start = time.perf_counter()
            await client.infer(role.value, [value])
            return 1e3 * (time.perf_counter() - start)


def middle(costs: Sequence[Cost]) -> Row:
    """Take the medians of all rounds, and the batches of all of them."""
    rows = [cost.row() for cost in costs]
    batches: dict[str, int] = {}
    for cost in costs:
        for bound, count in cost.batches.items():
            batches[bound] = batches.get(bound, 0) + count
    figures: Row = {
        name: round(median(float(str(row[name])) for row in rows), 3) for name in rows[0] if name != "batches"
    }
    return figures | {"batches": batches}


def overhead(rows: Sequence[Row], way: str) -> float:
    """Say how many times the CPU of an embedded detection one costs, with most cameras at full load."""
    cpu = {
        row["way"]: row["cpu_ms_per_frame"] for row in rows if (row["cameras"], row["load"]) == (MOST_CAMERAS, "full")
    }
    return round(float(cpu[way] / cpu[EMBEDDED]), 2)


def show(rows: Sequence[Row]) -> None:
    """Print a table."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    table = Table(*names)
    for row in rows:
        table.add_row(*(str(row.get(name, "")) for name in names))
    Console(width=200).print(table)


if __name__ == "__main__":
    main()
