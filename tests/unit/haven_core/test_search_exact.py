"""Every build of the search answers as the reference does, bit for bit, whatever the vectors and the bank's history."""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import import_module

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import haven_core
from haven_core.reference_search import ReferenceBank, similarity_of
from haven_core.search import PrototypeBank, Rules

DIMENSIONS = (4, 70, 130)
SIGNALS = range(len(DIMENSIONS))
Vector = npt.NDArray[np.float32]
Query = tuple[Vector | None, ...]

every_build = pytest.mark.parametrize("isa", haven_core.isas())


def unit(vector: npt.NDArray[np.float64]) -> Vector:
    return (vector / np.linalg.norm(vector)).astype(np.float32)


@dataclass
class World:
    """A kernel's bank and the reference's, changed alike; vectors are drawn from few, so that many are nearly equal."""

    random: np.random.Generator
    isa: str
    memory: int

    def __post_init__(self) -> None:
        self.kernel = PrototypeBank(DIMENSIONS, self.memory, self.isa)
        self.reference = ReferenceBank(DIMENSIONS, self.memory)
        self.pools = [[unit(self.random.normal(size=dimension)) for _ in range(4)] for dimension in DIMENSIONS]
        self.ids: list[int] = []

    def vector(self, signal: int) -> Vector:
        """A vector out of the pool, so that there are ties; or hard to tell from one, or hard to write in 8 bits."""
        base = self.pools[signal][self.random.integers(4)]
        dimension = DIMENSIONS[signal]
        at = self.random.integers(dimension)
        match self.random.integers(12):
            case 0:
                nudged = base.copy()
                nudged[at] = np.nextafter(nudged[at], np.float32(self.random.choice([-1, 1])))
                return nudged
            case 1:
                return unit(base + self.random.normal(size=dimension) * 1e-4)
            case 2:
                return np.asarray(base * np.float32(1 + 0.0009 * self.random.uniform(-1, 1)))
            case 3:
                return np.asarray(np.eye(dimension)[at] * self.random.choice([-1, 1]), np.float32)
            case 4:
                spike = self.random.normal(size=dimension) * 0.003
                spike[at] = 1
                return unit(spike)
            case 5:
                return np.asarray(np.eye(dimension)[at] + 1e-42, np.float32)
            case _:
                return base

    def change(self) -> None:
        """Change both banks in one random, permitted way."""
        often = ["add"] * 3 + ["put"] * 9
        what = self.random.choice([*often, "drop", "mean", "move", "repack", "expire", "merge", "remove"])
        if what == "add" or not self.ids:
            self._add(int(self.random.integers(1, 1000)))
            return
        global_id = int(self.random.choice(self.ids))
        signal = int(self.random.integers(len(DIMENSIONS)))
        used = self.reference.used(signal, global_id)
        if what == "remove":
            self._remove(global_id)
        elif what == "merge":
            self._merge(global_id, int(self.random.choice(self.ids)))
        elif what == "put" or used == 0:
            position, at = int(self.random.integers(min(used, self.memory - 1) + 1)), int(self.random.integers(100))
            vector = self.vector(signal)
            self.kernel.put(signal, global_id, position, vector, captured_at=at)
            self.reference.put(signal, global_id, position, vector, at)
        elif what == "repack":
            self.kernel.unpack(signal, global_id, self.kernel.pack(signal, global_id))
        elif what == "drop":
            position = int(self.random.integers(used))
            self.kernel.drop(signal, global_id, position)
            self.reference.drop(signal, global_id, position)
        elif what == "expire":
            before = int(self.random.integers(30))
            assert self.kernel.expire(signal, global_id, before) == self.reference.expire(signal, global_id, before)
        elif what == "mean":
            vector = self.vector(signal)
            self.kernel.set_mean(signal, global_id, vector)
            self.reference.set_mean(signal, global_id, vector)
        else:
            vector = self.vector(signal)
            moved = self.kernel.move_mean(signal, global_id, vector, 0.3)
            assert np.array_equal(moved, self.reference.move_mean(signal, global_id, vector, 0.3))

    def query(self) -> Query:
        return tuple(None if self.random.random() < 0.2 else self.vector(signal) for signal in SIGNALS)

    def rules(self, queries: Sequence[Query]) -> Rules:
        """Rules whose limits now and then are exactly some similarity."""

        def limits(likely: Sequence[float], *shape: int) -> npt.NDArray[np.float64]:
            values = [
                float(self.random.choice([*likely, self._some_similarity(queries)])) for _ in range(math.prod(shape))
            ]
            return np.array(values).reshape(shape)

        count = len(DIMENSIONS)
        return Rules(
            weights=self.random.uniform(0.1, 1, count),
            thresholds=limits((-math.inf, 0.0, 0.6, 0.9), count),
            floors=limits((-math.inf, -math.inf, 0.4), count, count),
            required=(self.random.random((count, count)) < 0.2).astype(np.uint8),
            vetoes=limits((-math.inf, -math.inf, 0.2), count),
            reaches=np.abs(limits((0.0, 0.05, math.inf), count)),
        )

    def agrees(self, queries: Sequence[Query]) -> bool:
        rules = self.rules(queries)
        some = [*self.ids, 2000]
        excluded = [set(self.random.choice(some, self.random.integers(3)).tolist()) for _ in queries]
        wanted = self.reference.match_many(queries, rules, excluded)
        return self.kernel.match_many(queries, rules, excluded) == wanted and all(
            self.kernel.score(queries[0], one, rules.weights) == self.reference.score(queries[0], one, rules.weights)
            for one in self.ids
        )

    def _add(self, global_id: int) -> None:
        if global_id not in self.ids:
            self.ids.append(global_id)
            self.kernel.add(global_id)
            self.reference.add(global_id)

    def _remove(self, global_id: int) -> None:
        self.ids.remove(global_id)
        self.kernel.remove(global_id)
        self.reference.remove(global_id)

    def _merge(self, target: int, source: int) -> None:
        counts = [self.reference.used(signal, one) for signal in SIGNALS for one in (target, source)]
        if target != source and max(map(sum, zip(counts[::2], counts[1::2], strict=True))) <= self.memory:
            self.ids.remove(source)
            self.kernel.merge(target, source)
            self.reference.merge(target, source)

    def _some_similarity(self, queries: Sequence[Query]) -> float:
        signal = int(self.random.integers(len(DIMENSIONS)))
        vector = queries[0][signal]
        return 0.5 if vector is None else similarity_of(vector, self.vector(signal))


@every_build
@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 2**32), memory=st.sampled_from([1, 3, 11]), history=st.integers(0, 200), many=st.integers(1, 9)
)
def test_any_history_any_queries_and_any_rules_answer_as_the_reference_does(
    isa: str, seed: int, memory: int, history: int, many: int
) -> None:
    world = World(np.random.default_rng(seed), isa, memory)
    for _ in range(history):
        world.change()
    assert world.agrees([world.query() for _ in range(many)])


@every_build
@settings(deadline=None, max_examples=10)
@given(seed=st.integers(0, 2**32))
def test_a_crowd_answers_as_the_reference_does_after_every_change(isa: str, seed: int) -> None:
    world = World(np.random.default_rng(seed), isa, 11)
    for _ in range(300):
        world.change()
    for _ in range(5):
        world.change()
        assert world.agrees([world.query()])


@every_build
def test_more_prototypes_than_a_kernel_takes_at_a_time_are_all_compared(isa: str) -> None:
    world = World(np.random.default_rng(5), isa, 150)
    world._add(1)
    for position in range(150):
        vector = world.vector(1)
        world.kernel.put(1, 1, position, vector)
        world.reference.put(1, 1, position, vector)
    assert world.agrees([world.query() for _ in range(3)])


@every_build
@pytest.mark.parametrize("many", [1, 2])
def test_the_longest_vectors_overflow_nowhere(isa: str, many: int) -> None:
    bank = PrototypeBank((65536,), 1, isa)
    even = np.full(65536, 1 / 256, np.float32)
    for global_id, vector in ((1, even), (2, -even)):
        bank.add(global_id)
        bank.put(0, global_id, 0, vector)
    ones, zeros = np.ones(1), np.zeros((1, 1))
    rules = Rules(ones, ones * 0.5, zeros - np.inf, zeros.astype(np.uint8), ones - np.inf, ones * np.inf)
    for match in bank.match_many([(even,)] * many, rules):
        best, other = match.standings[0].best, match.standings[0].other
        assert best is not None and other is not None
        assert (best.similarities, other.similarities) == ((1.0,), (-1.0,))


def test_several_threads_may_match_at_once() -> None:
    world = World(np.random.default_rng(3), haven_core.isa(), 11)
    for _ in range(300):
        world.change()
    queries = [world.query() for _ in range(40)]
    rules = world.rules(queries)
    wanted = [world.reference.match(query, rules) for query in queries]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda query: world.kernel.match(query, rules), queries)) == wanted


@every_build
def test_every_build_is_compiled_for_what_it_is_called(isa: str) -> None:
    assert isa == import_module(f"haven_core._arithmetic_{isa}").BUILT_FOR
    assert PrototypeBank(DIMENSIONS, 1, isa).isa == isa


def test_the_fastest_build_that_runs_is_used_unless_another_is_asked_for() -> None:
    assert haven_core.isa() == haven_core.isas()[0] == PrototypeBank(DIMENSIONS, 1).isa


@given(seed=st.integers(0, 2**32), dimension=st.integers(1, 200))
def test_the_references_dot_product_is_the_exact_one_rounded(seed: int, dimension: int) -> None:
    left, right = (unit(vector) for vector in np.random.default_rng(seed).normal(size=(2, dimension)))
    exact = math.fsum(float(a) * float(b) for a, b in zip(left, right, strict=True))
    assert abs(similarity_of(left, right) - exact) <= float(np.spacing(np.float32(abs(exact))))
