"""One gallery and all ways to ask it, in turns: Gallery -> rows of figures."""

from __future__ import annotations

import importlib.util
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import cycle

import numpy as np

from bench.common import interleaved
from bench.kernels.gallery import PROTOTYPES, SIGNALS, Gallery, Query, look_at
from bench.kernels.machine import Stopwatch, free_gigabytes, read
from bench.kernels.peers import FaissIndex, FaissProducts, SeedLoop, Usearch
from bench.kernels.ways import Haven, NumPy, Wanted, Way
from haven_core.search import Rules

PEOPLE = ("known", "unknown")
"""Who is looked for."""
QUERIES = 8
"""People looked for, and how many are at once at most."""
STRANGER = 10_000_000
"""Number of the first of those whom no gallery knows."""
LOOP_PEOPLE = 1_000
"""In a larger gallery the Python loop would take minutes."""
SPARE_GB = 2.0
"""Memory that stays free when FAISS copies the gallery."""
UPDATES = 999
INT8, FP32 = "int8 read", "fp32 read"
DIMENSIONS = sum(signal.dimension for signal in SIGNALS)


@dataclass(frozen=True, slots=True)
class Row:
    """One figure.

    Attributes:
        person: one of ``PEOPLE``.
        queries: how many of them at once.
        answers: how much of the answer it gives.
        median_us: of one call, whatever the number of queries.
    """

    identities: int
    person: str
    queries: int
    way: str
    answers: str
    median_us: float


class Session:
    """One gallery, loaded into everything that is there to ask it.

    Args:
        report: takes a line that says what was left out and why.
    """

    def __init__(self, gallery: Gallery, rules: Rules, report: Callable[[str], None]) -> None:
        self._gallery = gallery
        self._bank = gallery.bank()
        self._judge = NumPy(gallery, rules)
        self._ways = [Haven(self._bank, rules), self._judge, *_peers(gallery, rules, report)]
        # As many bytes as the prototypes have numbers; a full answer in float32 needs the moving averages, too.
        codes = np.ones(len(gallery) * PROTOTYPES * DIMENSIONS // 4, np.float32)
        self._limits = {
            INT8: partial(read, [codes]),
            FP32: partial(read, [*gallery.prototypes, *gallery.means]),
        }

    def measure(self, rounds: int) -> Iterator[Row]:
        """Ask for known and for unknown people, one and eight at a time.

        Raises:
            RuntimeError: a way gave a wrong answer.
        """
        known = np.linspace(0, len(self._gallery) - 1, QUERIES).astype(int).tolist()
        for person, numbers in zip(PEOPLE, (known, range(STRANGER, STRANGER + QUERIES)), strict=True):
            queries = [look_at(number) for number in numbers]
            wanted = [self._judge.wanted(query) for query in queries]
            for at_once in (1, QUERIES):
                batches = [slice(begin, begin + at_once) for begin in range(0, QUERIES, at_once)]
                for way in self._ways:
                    for batch in batches:
                        _check(way, queries[batch], wanted[batch])
                yield from self._time(person, [queries[batch] for batch in batches], rounds)

    def update_us(self) -> float:
        """Replace prototypes of people all over the gallery; the median of single calls."""
        people = np.random.default_rng(0).integers(0, len(self._gallery), UPDATES).tolist()
        times = []
        for person, (signal, vector) in zip(people, cycle(enumerate(look_at(STRANGER))), strict=False):
            start = time.process_time()
            self._bank.put(signal, person, PROTOTYPES // 2, vector)
            times.append(time.process_time() - start)
        return 1e6 * statistics.median(times)

    def _time(self, person: str, batches: Sequence[Sequence[Query]], rounds: int) -> Iterator[Row]:
        works: dict[str, Callable[[], object]] = {**self._limits}
        works |= {way.name: _asking(way, batches) for way in self._ways}
        answers = {way.name: way.answers for way in self._ways}
        medians = interleaved({name: Stopwatch(work).microseconds for name, work in works.items()}, rounds)
        for name, median_us in medians.items():
            yield Row(len(self._gallery), person, len(batches[0]), name, answers.get(name, "nothing"), median_us)


def _peers(gallery: Gallery, rules: Rules, report: Callable[[str], None]) -> Iterator[Way]:
    """Load one peer after the other."""
    if len(gallery) <= LOOP_PEOPLE:
        yield SeedLoop(gallery, rules)
    if importlib.util.find_spec("usearch") is None or importlib.util.find_spec("faiss") is None:
        report("FAISS and USearch are left out, they are not installed: make bench-kernels")
        return
    yield FaissProducts(gallery, rules)
    yield Usearch(gallery)
    needed, free = sum(vectors.nbytes for vectors in gallery.prototypes) / (1 << 30) + SPARE_GB, free_gigabytes()
    if free < needed:
        report(f"{FaissIndex.name} is left out: its copy needs {needed:.1f} GB free, there are {free:.1f}")
    else:
        yield FaissIndex(gallery)


def _check(way: Way, queries: Sequence[Query], wanted: Sequence[Wanted]) -> None:
    for given, right in zip(way.ask(queries), wanted, strict=True):
        if not way.is_right(given, right):
            raise RuntimeError(f"{way.name} answers {given}, right is {right}")


def _asking(way: Way, batches: Sequence[Sequence[Query]]) -> Callable[[], object]:
    """Make something that asks for the next batch at each call."""
    turns = cycle(batches)
    return lambda: way.ask(next(turns))
