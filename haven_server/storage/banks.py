"""Prototype banks: all that one identity is remembered by in one signal, packed into one value.

A key is big-endian, so that keys sort: u64 global id, u8 signal, u32 dimension, then the network's hash. A value is
that of ``haven_core.packing``, prototypes by ascending embedding id; the rest is a JSON list of each one's camera id.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from haven_core import packing
from haven_server.types import BankKey, MeanRow, Modality, PrototypeRow

_GLOBAL_ID = struct.Struct(">Q")
_KIND = struct.Struct(">BI")
_SIGNALS = {Modality.FACE: 1, Modality.GAIT: 2, Modality.APPEARANCE: 3}
_MODALITIES = {number: modality for modality, number in _SIGNALS.items()}


def key_of(row: PrototypeRow | MeanRow) -> BankKey:
    """Say to which bank a row belongs: to that of whom it was decided for, so that no merge touches a bank."""
    owner = row.owner if isinstance(row, PrototypeRow) else row.global_id
    return BankKey(owner, row.modality, len(row.vector), row.model_hash)


def pack_key(key: BankKey) -> bytes:
    """Write a key; keys sort by global id, then signal."""
    return identity_prefix(key.global_id) + _KIND.pack(_SIGNALS[key.modality], key.dimension) + key.model_hash.encode()


def unpack_key(data: bytes) -> BankKey:
    """Read a key."""
    (global_id,) = _GLOBAL_ID.unpack_from(data)
    return BankKey(global_id, *_unpack_kind(data[_GLOBAL_ID.size :]))


def identity_prefix(global_id: int) -> bytes:
    """Return how all keys of an identity begin."""
    return _GLOBAL_ID.pack(global_id)


@lru_cache(maxsize=64)
def _unpack_kind(data: bytes) -> tuple[Modality, int, str]:
    """Read what the keys of thousands of identities share."""
    signal, dimension = _KIND.unpack_from(data)
    return _MODALITIES[signal], dimension, data[_KIND.size :].decode()


@dataclass(frozen=True, slots=True, eq=False)
class Bank:
    """One bank.

    Attributes:
        prototypes: by ascending embedding id.
        mean: None where no average is kept.
    """

    key: BankKey
    prototypes: tuple[PrototypeRow, ...]
    mean: MeanRow | None

    def pack(self) -> bytes:
        """Write the value."""
        records = [(row.embedding_id, row.captured_at, row.quality) for row in self.prototypes]
        vectors = [row.vector for row in self.prototypes]
        return (
            packing.pack(
                np.array(records, packing.RECORD),
                np.array(vectors, np.float32).reshape(len(vectors), self.key.dimension),
                self.mean.vector if self.mean else None,
            )
            + json.dumps([row.camera_id for row in self.prototypes]).encode()
        )

    @classmethod
    def unpack(cls, key: BankKey, data: packing.Buffer) -> Bank:
        """Read a value; the vectors are read-only views of ``data``.

        Raises:
            ValueError: this is no such value, or a piece of one.
        """
        packed = packing.unpack(data)
        rows = zip(packed.records.tolist(), packed.vectors, json.loads(bytes(packed.rest)), strict=True)
        prototypes = tuple(
            PrototypeRow(number, key.global_id, key.modality, at, vector, quality, camera, key.model_hash)
            for (number, at, quality), vector, camera in rows
        )
        mean = None if packed.mean is None else MeanRow(key.global_id, key.modality, packed.mean, key.model_hash)
        return cls(key, prototypes, mean)


def gather(prototypes: Iterable[PrototypeRow], means: Iterable[MeanRow]) -> list[Bank]:
    """Sort rows into banks.

    Args:
        prototypes: by ascending embedding id.
    Returns:
        Banks by ascending packed key, as LMDB gives them back.
    """
    members: dict[BankKey, list[PrototypeRow]] = {}
    averages: dict[BankKey, MeanRow] = {}
    for row in prototypes:
        members.setdefault(key_of(row), []).append(row)
    for mean in means:
        averages[key_of(mean)] = mean
    keys = sorted(members.keys() | averages.keys(), key=pack_key)
    return [Bank(key, tuple(members.get(key, ())), averages.get(key)) for key in keys]
