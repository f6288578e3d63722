"""Prototype banks: all that one identity is remembered by in one signal, packed into one value.

A key is big-endian, so that keys sort: u64 global id, u8 signal, u32 dimension D, then the network's hash.
A value is little-endian and laid out so that vectors are aligned for float32:

=============  ==========================================================================================
bytes          content
=============  ==========================================================================================
16             header: magic ``HVB1``, u32 prototypes N, u32 means (0 or 1), u32 zero
32 N           records: i64 embedding id, i64 captured at (ns), f64 quality, u32 camera, u32 zero
4 D (N + mean) float32 vectors: the prototypes by ascending embedding id, then the mean
rest           JSON list of the camera ids that the records count from 0
=============  ==========================================================================================
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from haven_server.types import MeanRow, Modality, PrototypeRow

_MAGIC = b"HVB1"
_HEADER = struct.Struct("<4sIII")
_RECORD = np.dtype([("id", "<i8"), ("captured_at", "<i8"), ("quality", "<f8"), ("camera", "<u4"), ("zero", "<u4")])
_KEY = struct.Struct(">QBI")
_GLOBAL_ID = struct.Struct(">Q")
_SIGNALS = {Modality.FACE: 1, Modality.GAIT: 2, Modality.APPEARANCE: 3}
_MODALITIES = {number: modality for modality, number in _SIGNALS.items()}


@dataclass(frozen=True, slots=True)
class BankKey:
    """Whose bank, in which signal, made by which network: vectors that cannot be compared never share one."""

    global_id: int
    modality: Modality
    dimension: int
    model_hash: str

    @classmethod
    def of(cls, row: PrototypeRow | MeanRow) -> BankKey:
        """Say to which bank a row belongs."""
        return cls(row.global_id, row.modality, len(row.vector), row.model_hash)

    def pack(self) -> bytes:
        """Write the key; keys sort by global id, then signal."""
        return _KEY.pack(self.global_id, _SIGNALS[self.modality], self.dimension) + self.model_hash.encode()

    @classmethod
    def unpack(cls, data: bytes) -> BankKey:
        """Read a key."""
        global_id, signal, dimension = _KEY.unpack_from(data)
        return cls(global_id, _MODALITIES[signal], dimension, data[_KEY.size :].decode())


def identity_prefix(global_id: int) -> bytes:
    """Return how all keys of an identity begin."""
    return _GLOBAL_ID.pack(global_id)


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
        means = (self.mean,) if self.mean else ()
        cameras = sorted({row.camera_id for row in self.prototypes})
        numbers = {camera_id: number for number, camera_id in enumerate(cameras)}
        records = np.array(
            [(row.embedding_id, row.captured_at, row.quality, numbers[row.camera_id], 0) for row in self.prototypes],
            dtype=_RECORD,
        )
        vectors = np.stack([row.vector for row in (*self.prototypes, *means)])
        return b"".join(
            [
                _HEADER.pack(_MAGIC, len(self.prototypes), len(means), 0),
                records.tobytes(),
                vectors.astype("<f4", copy=False).tobytes(),
                json.dumps(cameras).encode(),
            ]
        )

    @classmethod
    def unpack(cls, key: BankKey, data: bytes) -> Bank:
        """Read a value; the vectors are read-only views of ``data``.

        Raises:
            ValueError: this is no such value, or a piece of one.
        """
        if len(data) < _HEADER.size or data[:4] != _MAGIC:
            raise ValueError(f"not a prototype bank: {data[:4]!r}")
        _, count, means, _ = _HEADER.unpack_from(data)
        shape = (count + means, key.dimension)
        records = np.frombuffer(data, _RECORD, count, _HEADER.size)
        start = _HEADER.size + records.nbytes
        vectors = np.frombuffer(data, "<f4", shape[0] * shape[1], start).reshape(shape)
        cameras = json.loads(data[start + vectors.nbytes :])
        prototypes = tuple(
            PrototypeRow(number, key.global_id, key.modality, at, vector, quality, cameras[camera], key.model_hash)
            for (number, at, quality, camera, _), vector in zip(records.tolist(), vectors, strict=False)
        )
        mean = MeanRow(key.global_id, key.modality, vectors[count], key.model_hash) if means else None
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
        members.setdefault(BankKey.of(row), []).append(row)
    for mean in means:
        averages[BankKey.of(mean)] = mean
    keys = sorted(members.keys() | averages.keys(), key=BankKey.pack)
    return [Bank(key, tuple(members.get(key, ())), averages.get(key)) for key in keys]
