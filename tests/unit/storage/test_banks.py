"""Packed prototype banks: what goes in comes out, and what is no bank is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from haven_server.storage.banks import Bank, gather, identity_prefix, pack_key, unpack_key
from haven_server.storage.rows import mean_values, prototype_values
from haven_server.types import BankKey, MeanRow, Modality, PrototypeRow

keys = st.builds(
    BankKey,
    global_id=st.integers(min_value=1, max_value=2**40),
    modality=st.sampled_from(Modality),
    dimension=st.integers(1, 20),
    model_hash=st.text("0123456789abcdef", min_size=1, max_size=64),
)


@st.composite
def banks(draw: st.DrawFn) -> Bank:
    key = draw(keys)
    count = draw(st.integers(0, 11))
    vectors = (
        np.random.default_rng(draw(st.integers(0, 1000))).normal(size=(count + 1, key.dimension)).astype(np.float32)
    )
    prototypes = tuple(
        PrototypeRow(
            embedding_id=number,
            global_id=key.global_id,
            modality=key.modality,
            captured_at=draw(st.integers(0, 2**62)),
            vector=vectors[number],
            quality=draw(st.floats(0, 1)),
            camera_id=draw(st.text('aé\0"\\', max_size=4)),
            model_hash=key.model_hash,
        )
        for number in range(count)
    )
    has_mean = not prototypes or draw(st.booleans())
    mean = MeanRow(key.global_id, key.modality, vectors[count], key.model_hash) if has_mean else None
    return Bank(key, prototypes, mean)


@given(banks())
def test_a_bank_comes_back_exactly(bank: Bank) -> None:
    read = Bank.unpack(unpack_key(pack_key(bank.key)), bank.pack())
    assert read.key == bank.key
    assert [prototype_values(row) for row in read.prototypes] == [prototype_values(row) for row in bank.prototypes]
    assert (read.mean and mean_values(read.mean)) == (bank.mean and mean_values(bank.mean))


@given(banks())
def test_vectors_are_aligned_read_only_views(bank: Bank) -> None:
    data = bank.pack()
    for row in Bank.unpack(bank.key, data).prototypes:
        assert not row.vector.flags.writeable
        assert row.vector.flags.aligned


@given(st.lists(keys, unique=True))
def test_keys_sort_by_identity_then_signal(some: list[BankKey]) -> None:
    order = [Modality.FACE, Modality.GAIT, Modality.APPEARANCE]

    def sorting(key: BankKey) -> tuple[int, int, int, str]:
        return key.global_id, order.index(key.modality), key.dimension, key.model_hash

    expected = sorted(some, key=sorting)
    assert sorted(some, key=pack_key) == expected
    assert all(pack_key(key).startswith(identity_prefix(key.global_id)) for key in some)


def test_gathered_rows_are_parted_by_identity_signal_and_network() -> None:
    one = np.ones(1, np.float32)

    def row(number: int, global_id: int, network: str) -> PrototypeRow:
        return PrototypeRow(number, global_id, Modality.FACE, 0, one, 1.0, "cam1", network)

    means = [MeanRow(3, Modality.FACE, one, "a"), MeanRow(1, Modality.FACE, one, "b")]
    found = gather([row(1, 2, "a"), row(2, 1, "a"), row(3, 1, "b"), row(4, 2, "a")], means)
    parts = [(b.key.global_id, b.key.model_hash, [p.embedding_id for p in b.prototypes], bool(b.mean)) for b in found]
    assert parts == [(1, "a", [2], False), (1, "b", [3], True), (2, "a", [1, 4], False), (3, "a", [], True)]


@pytest.mark.parametrize("harm", [lambda data: data[:10], lambda data: data[:60], lambda data: b"????" + data[4:]])
def test_what_is_no_bank_is_refused(harm: object) -> None:
    assert callable(harm)
    key = BankKey(1, Modality.FACE, 16, "a")
    data = Bank(key, (), MeanRow(1, Modality.FACE, np.ones(16, np.float32), "a")).pack()
    with pytest.raises(ValueError):
        Bank.unpack(key, harm(data))
