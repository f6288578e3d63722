"""What a prototype bank remembers: changes in place, growth, and what it refuses."""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from haven_core.search import PrototypeBank, Scores

DIMENSIONS = (4, 4, 20)
MEMORY = 3


def unit(*values: float, dimension: int = 4) -> npt.NDArray[np.float32]:
    vector = np.zeros(dimension)
    vector[: len(values)] = values
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def score(bank: PrototypeBank, global_id: int, *queries: npt.NDArray[np.float32] | None) -> Scores | None:
    """Compare somebody with an identity; signals that are not given are missing."""
    return bank.score((*queries, *[None] * (len(DIMENSIONS) - len(queries))), global_id, np.ones(len(DIMENSIONS)))


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
    assert score(bank, 1, unit(0, 1)) == Scores(1, (1.0, None, None), 1.0)


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
    before = [score(bank, global_id, unit(1)) for global_id in range(16)]
    # Enough for one table of 128 MiB to be moved, too little for the next.
    with room_for(170 << 20), pytest.raises(MemoryError, match="no room for 32 rows"):
        bank.add(16)
    assert len(bank) == 16 and 16 not in bank
    assert [score(bank, global_id, unit(1)) for global_id in range(16)] == before
    bank.add(16)
    bank.put(0, 16, 0, unit(1))
    assert score(bank, 16, unit(1)) == Scores(16, (1.0, None, None), 1.0)


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
    assert score(bank, 39, None, unit(1, dimension=7)) == Scores(39, (None, 1.0, None), 1.0)
    assert score(bank, 38, None, unit(1, dimension=7)) is None
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
    calls: dict[str, Callable[[], object]] = {
        "prototype": lambda: bank.put(0, 1, 1, vector),
        "mean": lambda: bank.set_mean(0, 1, vector),
        "query": lambda: score(bank, 1, vector),
    }
    for name, call in calls.items():
        with pytest.raises(ValueError, match=f"{name} of signal 0: .*{message}"):
            call()
    assert bank.used(0, 1) == 1 and bank.mean(0, 1) is None


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
    with pytest.raises(ValueError, match=r"isa: wanted one of .*, which run here, got 'abacus'"):
        PrototypeBank(DIMENSIONS, MEMORY, isa="abacus")
    nothing: Any = None
    with pytest.raises(TypeError, match="data"):
        bank.unpack(0, 1, nothing)
    for memory_size in (0, 65537):
        with pytest.raises(ValueError, match=f"memory_size: wanted 1 to 65536, got {memory_size}"):
            PrototypeBank(DIMENSIONS, memory_size)
    with pytest.raises(ValueError, match="dimensions: wanted"):
        PrototypeBank((), 1)
