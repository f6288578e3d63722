"""The prototype bank: bad input, updates in place, and answers equal to the reference's."""

from __future__ import annotations

import math
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from haven_core.reference_search import ReferenceBank
from haven_core.search import PrototypeBank, Rules

DIMENSIONS = (4, 4, 20)
MEMORY = 3
NO_FLOOR = np.full((3, 3), -np.inf)


def make_rules(
    thresholds: tuple[float, float, float] = (0.6, 0.7, 0.8),
    veto: float = -np.inf,
    floors: npt.NDArray[np.float64] = NO_FLOOR,
    required: npt.NDArray[np.uint8] | None = None,
    reach: float = np.inf,
) -> Rules:
    return Rules(
        weights=np.array([0.6, 0.3, 0.1]),
        thresholds=np.array(thresholds),
        floors=floors,
        required=np.zeros((3, 3), np.uint8) if required is None else required,
        vetoes=np.array([veto, -np.inf, -np.inf]),
        reaches=np.full(3, reach),
    )


def unit(*values: float, dimension: int = 4) -> npt.NDArray[np.float32]:
    vector = np.zeros(dimension)
    vector[: len(values)] = values
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def exact_vectors(dimension: int) -> st.SearchStrategy[npt.NDArray[np.float32]]:
    """Unit vectors whose products have no rounding, few enough to give ties and duplicates."""
    halves = st.tuples(*[st.sampled_from([-0.5, 0.5])] * 4).map(lambda v: unit(*v, dimension=dimension))
    axes = st.integers(0, dimension - 1).map(lambda i: np.eye(dimension, dtype=np.float32)[i])
    return halves | axes


queries_strategy = st.tuples(*[st.none() | exact_vectors(dimension) for dimension in DIMENSIONS])
level = st.sampled_from([-math.inf, -0.5, 0.0, 0.25, 0.5, 0.75, 1.0])


@st.composite
def rules_strategy(draw: st.DrawFn) -> Rules:
    return Rules(
        weights=np.array([0.6, 0.3, 0.1]),
        thresholds=np.array([draw(level) for _ in range(3)]),
        floors=np.array([[draw(level) if gate != signal else -np.inf for signal in range(3)] for gate in range(3)]),
        required=np.array([[draw(st.integers(0, 1)) for _ in range(3)] for _ in range(3)], np.uint8),
        vetoes=np.array([draw(level) for _ in range(3)]),
        reaches=np.array([draw(st.sampled_from([0.0, 0.25, math.inf])) for _ in range(3)]),
    )


def step(draw: st.DrawFn, banks: tuple[PrototypeBank, ReferenceBank], ids: list[int]) -> None:
    """Change both banks alike in one random, permitted way."""
    kernel, reference = banks
    what = draw(st.sampled_from(["add", "put", "put", "put", "drop", "mean", "remove"]))
    if what == "add" or not ids:
        global_id = draw(st.integers(1, 60).filter(lambda i: i not in ids))
        ids.append(global_id)
        kernel.add(global_id)
        reference.add(global_id)
        return
    global_id = draw(st.sampled_from(ids))
    if what == "remove":
        ids.remove(global_id)
        kernel.remove(global_id)
        reference.remove(global_id)
        return
    signal = draw(st.integers(0, 2))
    used = reference.used(signal, global_id)
    if what == "put" or used == 0:
        position = draw(st.integers(0, min(used, MEMORY - 1)))
        vector = draw(exact_vectors(DIMENSIONS[signal]))
        kernel.put(signal, global_id, position, vector)
        reference.put(signal, global_id, position, vector)
    elif what == "drop":
        position = draw(st.integers(0, used - 1))
        kernel.drop(signal, global_id, position)
        reference.drop(signal, global_id, position)
    else:
        vector = draw(exact_vectors(DIMENSIONS[signal]))
        kernel.set_mean(signal, global_id, vector)
        reference.set_mean(signal, global_id, vector)


@settings(deadline=None, max_examples=100)
@given(st.data())
def test_any_history_of_changes_answers_as_the_reference_does(data: st.DataObject) -> None:
    banks = PrototypeBank(DIMENSIONS, MEMORY), ReferenceBank(DIMENSIONS, MEMORY)
    ids: list[int] = []
    history = data.draw(st.integers(0, 60))

    @st.composite
    def change(draw: st.DrawFn) -> None:
        step(draw, banks, ids)

    for _ in range(history):
        data.draw(change())
    queries, rules = data.draw(queries_strategy), data.draw(rules_strategy())
    excluded = data.draw(st.sets(st.integers(1, 60), max_size=5))
    kernel, reference = banks
    assert kernel.match(queries, rules, excluded) == reference.match(queries, rules, excluded)
    for global_id in ids:
        assert kernel.score(queries, global_id, rules.weights) == reference.score(queries, global_id, rules.weights)


@pytest.mark.parametrize("count", [1, 17, 300])
@pytest.mark.parametrize("missing", [None, 0, 1, 2])
def test_random_vectors_score_exactly_as_the_reference_does(count: int, missing: int | None) -> None:
    random = np.random.default_rng(count)
    dimensions = (512, 37, 128)
    kernel, reference = PrototypeBank(dimensions, MEMORY), ReferenceBank(dimensions, MEMORY)

    def draw(dimension: int) -> npt.NDArray[np.float32]:
        vector = random.normal(size=dimension)
        return (vector / np.linalg.norm(vector)).astype(np.float32)

    for global_id in range(1, count + 1):
        for bank in (kernel, reference):
            bank.add(global_id)
        for signal, dimension in enumerate(dimensions):
            for position in range(random.integers(0, MEMORY + 1)):
                vector, mean = draw(dimension), draw(dimension)
                for bank in (kernel, reference):
                    bank.put(signal, global_id, position, vector)
                    bank.set_mean(signal, global_id, mean)
    queries = tuple(None if s == missing else draw(dimension) for s, dimension in enumerate(dimensions))
    assert kernel.match(queries, make_rules()) == reference.match(queries, make_rules())


def test_a_tie_goes_to_the_lowest_id_whatever_the_order_of_arrival() -> None:
    bank = PrototypeBank(DIMENSIONS, MEMORY)
    for global_id in (9, 4, 6):
        bank.add(global_id)
        bank.put(0, global_id, 0, unit(1))
    standing = bank.match((unit(1), None, None), make_rules()).standings[0]
    assert standing.passed and standing.best is not None and standing.other is not None
    assert (standing.best.global_id, standing.other.global_id) == (4, 6)


def test_the_moving_average_counts_in_the_fused_score_only() -> None:
    bank = PrototypeBank(DIMENSIONS, MEMORY)
    bank.add(1)
    bank.put(0, 1, 0, unit(0, 1))
    bank.set_mean(0, 1, unit(1))
    standing = bank.match((unit(1), None, None), make_rules()).standings[0]
    assert not standing.passed and standing.best is not None
    assert standing.best.similarities == (0.0, None, None) and standing.best.fused == 1.0


def test_a_passing_identity_goes_before_a_more_similar_one_that_fails_the_gates_floor() -> None:
    bank = PrototypeBank(DIMENSIONS, MEMORY)
    for global_id, gait, appearance in ((1, unit(1), unit(0, 1, dimension=20)), (2, unit(3, 1), unit(1, dimension=20))):
        bank.add(global_id)
        bank.put(1, global_id, 0, gait)
        bank.put(2, global_id, 0, appearance)
    floors = NO_FLOOR.copy()
    floors[1, 2] = 0.4
    standing = bank.match((None, unit(1), unit(1, dimension=20)), make_rules(floors=floors)).standings[1]
    assert standing.passed and standing.best is not None and standing.other is not None
    assert (standing.best.global_id, standing.other.global_id) == (2, 1)


def test_a_required_signal_that_cannot_be_compared_fails_the_gate() -> None:
    bank = PrototypeBank(DIMENSIONS, MEMORY)
    bank.add(1)
    bank.put(1, 1, 0, unit(1))
    required = np.zeros((3, 3), np.uint8)
    required[1, 2] = 1
    assert bank.match((None, unit(1), None), make_rules()).standings[1].passed
    assert not bank.match((None, unit(1), None), make_rules(required=required)).standings[1].passed


def test_a_vetoed_identity_stands_nowhere_and_is_named_if_it_would_have_passed() -> None:
    bank = PrototypeBank(DIMENSIONS, MEMORY)
    for global_id, face in ((1, unit(0, 1)), (2, unit(1)), (3, unit(0, 0, 1))):
        bank.add(global_id)
        bank.put(0, global_id, 0, face)
    bank.put(2, 1, 0, unit(1, dimension=20))
    answer = bank.match((unit(1), None, unit(1, dimension=20)), make_rules(veto=0.2))
    assert answer.vetoed == (1,)
    assert answer.considered == 3
    assert answer.standings[0].other is None and answer.standings[2].best is None


@pytest.mark.parametrize(("reach", "other"), [(np.inf, 2), (1.0, 2), (0.99, None), (0.0, None)])
def test_another_further_behind_than_the_gates_reach_is_not_told(reach: float, other: int | None) -> None:
    bank = PrototypeBank(DIMENSIONS, MEMORY)
    for global_id, face in ((1, unit(1)), (2, unit(0, 1))):
        bank.add(global_id)
        bank.put(0, global_id, 0, face)
    standing = bank.match((unit(1), None, None), make_rules(reach=reach)).standings[0]
    assert standing.best is not None and standing.best.global_id == 1
    assert (standing.other and standing.other.global_id) == other


def test_another_exactly_within_reach_is_told_however_little_tells_them_apart() -> None:
    bank = PrototypeBank(DIMENSIONS, MEMORY)
    least = np.array([-1e-42, 1, 0, 0], np.float32)
    for global_id, face in ((1, unit(1)), (2, least)):
        bank.add(global_id)
        bank.put(0, global_id, 0, face)
    other = bank.match((unit(1), None, None), make_rules(reach=1.0)).standings[0].other
    assert other is not None and (other.global_id, other.similarities[0]) == (2, float(least[0]))


def test_the_average_moves_on_the_unit_sphere() -> None:
    bank = PrototypeBank(DIMENSIONS, MEMORY)
    bank.add(1)
    bank.put(0, 1, 0, unit(1))
    assert np.array_equal(bank.move_mean(0, 1, unit(1), 0.3), unit(1))
    assert bank.move_mean(0, 1, unit(0, 1), 0.5) == pytest.approx(unit(1, 1))
    bank.set_mean(0, 1, unit(1))
    assert np.array_equal(bank.move_mean(0, 1, unit(-1), 0.5), unit(-1))
    mean = bank.mean(0, 1)
    assert mean is not None and np.array_equal(mean, unit(-1))


def test_merging_gives_one_identity_all_that_both_were_remembered_by() -> None:
    bank = PrototypeBank(DIMENSIONS, MEMORY)
    for global_id, face in ((1, unit(1)), (2, unit(0, 1)), (3, unit(0, 0, 1))):
        bank.add(global_id)
        bank.put(0, global_id, 0, face, embedding_id=10 * global_id)
    bank.set_mean(0, 2, unit(0, 1))
    bank.merge(1, 2)
    mean = bank.mean(0, 1)
    assert len(bank) == 2 and 2 not in bank and bank.total(0) == 3
    assert bank.records(0, 1)["embedding_id"].tolist() == [10, 20]
    assert mean is not None and np.array_equal(mean, unit(0, 1))
    best = bank.match((unit(0, 1), None, None), make_rules()).standings[0].best
    assert best is not None and (best.global_id, best.similarities[0]) == (1, 1.0)


def test_two_with_too_many_prototypes_are_not_merged_and_stay_as_they_are() -> None:
    bank = PrototypeBank(DIMENSIONS, MEMORY)
    for global_id in (1, 2):
        bank.add(global_id)
        for position in range(2):
            bank.put(0, global_id, position, unit(1))
    with pytest.raises(ValueError, match="at most 3 prototypes in signal 0, got 4 of identities 1 and 2: drop some"):
        bank.merge(1, 2)
    with pytest.raises(ValueError, match="wanted two identities, got 1 twice"):
        bank.merge(1, 1)
    assert (bank.used(0, 1), bank.used(0, 2)) == (2, 2)


def test_what_was_captured_before_a_time_expires() -> None:
    bank = PrototypeBank(DIMENSIONS, MEMORY)
    bank.add(1)
    for position, captured_at in enumerate((30, 10, 20)):
        bank.put(0, 1, position, unit(1), embedding_id=position, captured_at=captured_at, quality=0.5)
    assert bank.oldest(0, 1) == 10 and bank.oldest(1, 1) is None
    assert bank.expire(0, 1, 10) == 0
    assert bank.expire(0, 1, 30) == 2
    assert bank.records(0, 1).tolist() == [(0, 30, 0.5)]
    assert (bank.used(0, 1), bank.total(0), bank.oldest(0, 1)) == (1, 1, 30)


def test_the_last_prototype_takes_the_average_with_it() -> None:
    bank = PrototypeBank(DIMENSIONS, MEMORY)
    bank.add(1)
    bank.put(0, 1, 0, unit(1))
    bank.set_mean(0, 1, unit(1))
    bank.drop(0, 1, 0)
    assert bank.mean(0, 1) is None and bank.used(0, 1) == 0
    bank.put(0, 1, 0, unit(0, 1))
    assert bank.mean(0, 1) is None


def test_what_is_read_back_is_what_was_written_over_growth_and_removal() -> None:
    bank = PrototypeBank((5,), MEMORY)
    vectors = np.random.default_rng(1).normal(size=(100, 5))
    rows = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    for global_id in range(100):
        bank.add(global_id)
        bank.put(0, global_id, 0, rows[global_id])
        bank.set_mean(0, global_id, rows[-global_id])
    for global_id in range(0, 100, 3):
        bank.remove(global_id)
    assert len(bank) == 66 and 3 not in bank and 4 in bank
    for global_id in (g for g in range(100) if g % 3):
        assert np.array_equal(bank.prototypes(0, global_id), rows[global_id][None])
        mean = bank.mean(0, global_id)
        assert mean is not None and np.array_equal(mean, rows[-global_id])


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """Let the process have only so many bytes of addresses more than it has."""
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (used + size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def test_a_bank_without_room_to_grow_stays_as_it_is() -> None:
    bank = PrototypeBank(DIMENSIONS, 65536)
    for global_id in range(16):
        bank.add(global_id)
        bank.put(0, global_id, 0, unit(1))
    before = bank.match((unit(1), None, None), make_rules())
    # Enough for one table of 128 MiB to be moved, too little for the next.
    with room_for(170 << 20), pytest.raises(MemoryError, match="no room for 32 rows"):
        bank.add(16)
    assert len(bank) == 16 and 16 not in bank
    assert bank.match((unit(1), None, None), make_rules()) == before
    bank.add(16)
    bank.put(0, 16, 0, unit(1))
    assert bank.match((unit(1), None, None), make_rules()).considered == 17


def test_an_unused_signal_takes_no_vector() -> None:
    bank = PrototypeBank((4, 0, 20), MEMORY)
    bank.add(1)
    with pytest.raises(ValueError, match=r"prototype of signal 1: wanted \(0,\) float32, got \(4,\) float32"):
        bank.put(1, 1, 0, unit(1))


def test_a_signal_may_be_given_its_length_once_when_it_is_first_seen() -> None:
    bank = PrototypeBank((4, 0, 20), MEMORY)
    for global_id in range(40):
        bank.add(global_id)
    bank.define(1, 7)
    bank.put(1, 39, 0, unit(1, dimension=7))
    assert bank.dimensions == (4, 7, 20)
    assert bank.match((None, unit(1, dimension=7), None), make_rules()).considered == 1
    with pytest.raises(ValueError, match="signal 1: wanted an unused one"):
        bank.define(1, 7)


@pytest.mark.parametrize(
    ("vector", "message"),
    [
        (unit(1, dimension=5), r"wanted \(4,\) float32, got \(5,\) float32"),
        (unit(1).astype(np.float64), r"wanted \(4,\) float32, got \(4,\) float64"),
        (unit(1)[None], r"got \(1, 4\) float32"),
        ([1.0, 0.0, 0.0, 0.0], "got list"),
        (unit(1) * np.float32(np.nan), "got NaN or Inf"),
        (np.array([np.inf, 0, 0, 0], np.float32), "got NaN or Inf"),
        (np.zeros(4, np.float32), "wanted unit norm, got 0"),
        (np.full(4, 1e-42, np.float32), "wanted unit norm"),
        (np.array([2, 0, 0, 0], np.float32), "wanted unit norm, got 2"),
    ],
)
def test_a_bad_vector_is_refused_by_name_and_changes_nothing(vector: Any, message: str) -> None:
    bank = PrototypeBank(DIMENSIONS, MEMORY)
    bank.add(1)
    bank.put(0, 1, 0, unit(1))
    for name, call in (
        ("prototype of signal 0", lambda: bank.put(0, 1, 1, vector)),
        ("mean of signal 0", lambda: bank.set_mean(0, 1, vector)),
        ("query of signal 0", lambda: bank.match((vector, None, None), make_rules())),
    ):
        with pytest.raises(ValueError, match=f"{name}: .*{message}"):
            call()
    assert bank.used(0, 1) == 1 and bank.mean(0, 1) is None


def test_a_strided_query_is_as_good_as_a_contiguous_one() -> None:
    bank = PrototypeBank(DIMENSIONS, MEMORY)
    bank.add(1)
    bank.put(0, 1, 0, np.repeat(unit(1, 1, 1, 1), 2)[::2])
    best = bank.match((np.repeat(unit(1, 1, 1, 1), 2)[::2], None, None), make_rules()).standings[0].best
    assert best is not None and best.similarities[0] == 1.0


def test_misuse_is_an_error_that_says_what_was_wanted() -> None:
    bank = PrototypeBank(DIMENSIONS, MEMORY)
    bank.add(1)
    with pytest.raises(ValueError, match="identity 1 is in the bank already"):
        bank.add(1)
    with pytest.raises(KeyError, match="identity 2 is not in the bank"):
        bank.remove(2)
    with pytest.raises(ValueError, match="position: wanted 0 to 0, got 1"):
        bank.put(0, 1, 1, unit(1))
    with pytest.raises(ValueError, match="position: wanted less than 0 used rows, got 0"):
        bank.drop(0, 1, 0)
    with pytest.raises(ValueError, match="signal: wanted 0 to 2, got 3"):
        bank.used(3, 1)
    with pytest.raises(ValueError, match="identity 1 has no prototype in it"):
        bank.set_mean(0, 1, unit(1))
    with pytest.raises(ValueError, match=r"alpha: wanted more than 0 and at most 1, got 0\.0"):
        bank.move_mean(0, 1, unit(1), 0)
    with pytest.raises(ValueError, match="excluded: wanted one collection for each of 2 queries, got 1"):
        bank.match_many([(None, None, None)] * 2, make_rules(), [()])
    with pytest.raises(ValueError, match="reaches: wanted numbers of at least 0"):
        bank.match((None, None, None), make_rules(reach=-1))
    with pytest.raises(ValueError, match=r"isa: wanted one of .*, which run here, got 'abacus'"):
        PrototypeBank(DIMENSIONS, MEMORY, isa="abacus")
    with pytest.raises(ValueError, match="queries: wanted 3 signals, got 1"):
        bank.match((None,), make_rules())
    with pytest.raises(ValueError, match=r"thresholds: wanted \(3,\) numbers"):
        bank.match((None, None, None), make_rules(thresholds=(0.5, math.nan, 0.5)))
    with pytest.raises(ValueError, match=r"weights: wanted \(3,\) numbers"):
        bank.score((None, None, None), 1, np.ones(2))
    for weight in (0, np.inf):
        with pytest.raises(ValueError, match="weights: wanted positive, finite numbers"):
            bank.score((None, None, None), 1, np.full(3, weight))
    with pytest.raises(ValueError, match=r"required: wanted \(3, 3\) numbers of uint8"):
        bank.match((None, None, None), make_rules(required=np.full((3, 3), 0.5)))
    nothing: Any = None
    with pytest.raises(TypeError, match="data"):
        bank.unpack(0, 1, nothing)
    for memory_size in (0, 65537):
        with pytest.raises(ValueError, match=f"memory_size: wanted 1 to 65536, got {memory_size}"):
            PrototypeBank(DIMENSIONS, memory_size)
    with pytest.raises(ValueError, match="dimensions: wanted"):
        PrototypeBank((), 1)
