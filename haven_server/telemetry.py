"""What the server tells of itself: log lines on stderr, and how long each stage took."""

from __future__ import annotations

import asyncio
import logging
import random
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, ParamSpec, TypeVar, cast

import numpy as np
import structlog
from prometheus_client import CollectorRegistry, Histogram
from structlog.typing import EventDict, FilteringBoundLogger, WrappedLogger

from haven_server.redaction import Redactor
from haven_server.settings import Settings

P = ParamSpec("P")
T = TypeVar("T")

SAMPLES_KEPT = 4096
"""Durations kept per stage, drawn evenly from all; the rank of the median is then off by 0.8 % (one deviation)."""
BUCKETS_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


def logger(name: str) -> FilteringBoundLogger:
    """Return the log of one module; facts go in as keywords: ``log.info("camera opened", camera="cam1")``."""
    return cast(FilteringBoundLogger, structlog.get_logger(module=name))


def configure_logging(settings: Settings) -> None:
    """Send logs to stderr, from ``general.log_level`` up, with every secret of the settings masked.

    Libraries that log through the standard library are shown from WARNING up, masked likewise.
    """
    redact = Redactor(settings.secrets())

    def mask(_: WrappedLogger, __: str, line: EventDict) -> str:
        return redact(str(line))

    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            # Plain tracebacks: the rich ones show local variables, and with them whole frames and passwords.
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
            ),
            mask,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(settings.general.log_level)),
        # Looked up at each line, so that a progress bar that takes over stderr gets the line.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_MaskingFormatter(redact))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)


class _MaskingFormatter(logging.Formatter):
    """Formats a line of a library, traceback included, and masks secrets in it."""

    def __init__(self, redact: Redactor) -> None:
        super().__init__("%(levelname)s %(name)s: %(message)s")
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        return self._redact(super().format(record))


@dataclass(frozen=True, slots=True)
class StageSummary:
    """How one stage did.

    Attributes:
        mean_ms, p50_ms, p95_ms, p99_ms: wall time of one call.
        total_s: wall time of all calls; calls of several cameras overlap.
        cpu_ms: mean CPU time of one call in its own thread; None where it was not measured.
    """

    name: str
    calls: int
    mean_ms: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    total_s: float
    cpu_ms: float | None

    def as_dict(self) -> dict[str, Any]:
        """Return the figures by name, as the report's JSON holds them."""
        figures = asdict(self)
        del figures["name"]
        return figures


class _Stage:
    """Sums of one stage, and an even sample of its durations (Vitter's algorithm R)."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._calls = 0
        self._wall_s = 0.0
        self._cpu_calls = 0
        self._cpu_s = 0.0
        self._sample: list[float] = []
        self._random = random.Random(0)

    def add(self, wall_s: float, cpu_s: float | None) -> None:
        self._calls += 1
        self._wall_s += wall_s
        if cpu_s is not None:
            self._cpu_calls += 1
            self._cpu_s += cpu_s
        if len(self._sample) < SAMPLES_KEPT:
            self._sample.append(wall_s)
        elif (place := self._random.randrange(self._calls)) < SAMPLES_KEPT:
            self._sample[place] = wall_s

    def summary(self) -> StageSummary:
        p50, p95, p99 = (round(1e3 * float(value), 3) for value in np.percentile(self._sample, (50, 95, 99)))
        return StageSummary(
            name=self.name,
            calls=self._calls,
            mean_ms=round(1e3 * self._wall_s / self._calls, 3),
            p50_ms=p50,
            p95_ms=p95,
            p99_ms=p99,
            total_s=round(self._wall_s, 3),
            cpu_ms=round(1e3 * self._cpu_s / self._cpu_calls, 3) if self._cpu_calls else None,
        )


class StageTimes:
    """How long each stage takes, over all cameras; safe from any thread, and of bounded memory.

    Attributes:
        registry: holds ``haven_stage_seconds``, the same durations as a Prometheus histogram.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._histogram = Histogram(
            "haven_stage_seconds",
            "Wall time of one call of a stage.",
            ["stage"],
            registry=self.registry,
            buckets=BUCKETS_S,
        )
        self._stages: dict[str, _Stage] = {}
        self._lock = threading.Lock()

    @contextmanager
    def stage(self, name: str, *, cpu: bool = False) -> Iterator[None]:
        """Time the block; one that raises counts too.

        Args:
            cpu: take the thread's CPU time as well. Only where nothing is awaited inside: what other coroutines
                compute meanwhile would count.
        """
        wall, thread = time.perf_counter(), time.thread_time()
        try:
            yield
        finally:
            cpu_s = time.thread_time() - thread if cpu else None
            self._add(name, time.perf_counter() - wall, cpu_s)

    async def in_thread(self, name: str, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a blocking function off the event loop, and time it there, CPU included."""

        def timed() -> T:
            with self.stage(name, cpu=True):
                return function(*args, **kwargs)

        return await asyncio.to_thread(timed)

    def summary(self) -> tuple[StageSummary, ...]:
        """Sum up every stage called so far, in the order of their first calls."""
        with self._lock:
            return tuple(stage.summary() for stage in self._stages.values())

    def _add(self, name: str, wall_s: float, cpu_s: float | None) -> None:
        with self._lock:
            if name not in self._stages:  # a new stage seeds a generator: too dear to make one for nothing at each call
                self._stages[name] = _Stage(name)
            self._stages[name].add(wall_s, cpu_s)
        self._histogram.labels(name).observe(wall_s)
