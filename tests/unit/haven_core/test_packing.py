"""A bank's bytes: what one bank writes another reads, and what is no such value is refused."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import haven_core
from haven_core import packing
from haven_core.search import PrototypeBank, Rules

MEMORY = 3
RULES = Rules(np.ones(1), np.zeros(1), np.zeros((1, 1)), np.zeros((1, 1), np.uint8), np.full(1, -np.inf), np.ones(1))


def unit_rows(count: int, dimension: int, seed: int) -> npt.NDArray[np.float32]:
    rows = np.random.default_rng(seed).normal(size=(count, dimension))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def make_bank(count: int, averaged: bool, dimension: int = 5, seed: int = 0) -> PrototypeBank:
    """A bank that remembers identity 1 by some prototypes."""
    bank, rows = PrototypeBank((dimension,), MEMORY), unit_rows(count + 1, dimension, seed)
    bank.add(1)
    for position, row in enumerate(rows[:count]):
        bank.put(0, 1, position, row, embedding_id=7 + position, captured_at=-position, quality=position / 4)
    if averaged:
        bank.set_mean(0, 1, rows[count])
    return bank


@pytest.mark.parametrize("isa", haven_core.isas())
@settings(deadline=None)
@given(count=st.integers(0, MEMORY), averaged=st.booleans(), dimension=st.integers(1, 100), seed=st.integers(0, 2**32))
def test_what_one_bank_writes_another_reads(isa: str, count: int, averaged: bool, dimension: int, seed: int) -> None:
    bank = make_bank(count, averaged and count > 0, dimension, seed)
    other = PrototypeBank((dimension,), MEMORY, isa)
    other.add(1)
    other.put(0, 1, 0, unit_rows(1, dimension, seed + 1)[0])
    other.unpack(0, 1, memoryview(bank.pack(0, 1) + b"more"))
    mean, read = bank.mean(0, 1), other.mean(0, 1)
    assert np.array_equal(other.prototypes(0, 1), bank.prototypes(0, 1))
    assert other.records(0, 1).tolist() == bank.records(0, 1).tolist()
    assert (mean is None) == (read is None) and (mean is None or read is None or np.array_equal(mean, read))
    assert other.total(0) == count
    query = (unit_rows(1, dimension, seed + 2)[0],)
    assert other.match(query, RULES) == bank.match(query, RULES)


@given(count=st.integers(0, MEMORY), averaged=st.booleans(), rest=st.binary(max_size=4))
def test_a_value_can_be_read_without_a_bank(count: int, averaged: bool, rest: bytes) -> None:
    bank = make_bank(count, averaged and count > 0)
    value, mean = bank.pack(0, 1), bank.mean(0, 1)
    packed = packing.unpack(value + rest)
    assert packing.pack(packed.records, packed.vectors, packed.mean) == value
    assert np.array_equal(packed.records, bank.records(0, 1)) and np.array_equal(packed.vectors, bank.prototypes(0, 1))
    assert (packed.mean is None) == (mean is None) and bytes(packed.rest) == rest


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (b"", "not a prototype bank: b''"),
        (b"HVB1" + bytes(12), "not a prototype bank: b'HVB1'"),
        (make_bank(2, True).pack(0, 1)[:-1], r"packed signal 0: wanted 124 bytes, got 123"),
        (make_bank(1, False, dimension=4).pack(0, 1), "of length 5, got 1 and 0 of length 4"),
        (packing.HEADER.pack(packing.MAGIC, MEMORY + 1, 0, 5), "at most 3 prototypes and one mean .* got 4 and 0"),
        (packing.HEADER.pack(packing.MAGIC, 1, 2, 5), "got 1 and 2"),
        (packing.HEADER.pack(packing.MAGIC, 0, 1, 5), "got 0 and 1"),
        (packing.HEADER.pack(packing.MAGIC, 2**32 - 1, 2**32 - 1, 5), "got 4294967295 and 4294967295"),
    ],
)
def test_what_is_no_value_of_the_signal_is_refused_and_changes_nothing(value: bytes, message: str) -> None:
    bank = make_bank(2, True)
    before = bank.pack(0, 1)
    with pytest.raises(ValueError, match=message):
        bank.unpack(0, 1, value)
    assert bank.pack(0, 1) == before


@pytest.mark.parametrize("factor", [2.0, np.nan, np.inf])
@pytest.mark.parametrize("which", [0, 1, 2])
def test_a_packed_vector_that_would_poison_a_search_is_refused_and_leaves_nothing(which: int, factor: float) -> None:
    bank, rows = make_bank(2, True), unit_rows(3, 5, seed=4)
    rows[which] *= np.float32(factor)
    with pytest.raises(ValueError, match=f"packed signal 0: wanted vectors of unit norm, vector {which} is not"):
        bank.unpack(0, 1, packing.pack(np.zeros(2, packing.RECORD), rows[:2], rows[2]))
    assert (bank.used(0, 1), bank.total(0), bank.mean(0, 1)) == (0, 0, None)
    assert bank.match((unit_rows(1, 5, seed=5)[0],), RULES).considered == 0
