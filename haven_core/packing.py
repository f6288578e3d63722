"""The bytes of a bank: all that one identity is remembered by in one signal, in one value.

Values are little-endian and laid out so that vectors are aligned for float32:

=============  ==================================================================================
bytes          content
=============  ==================================================================================
16             header: magic ``HVB2``, u32 prototypes N, u32 means (0 or 1), u32 length D of a vector
24 N           records: i64 embedding id, i64 captured at (ns), f64 quality
4 D (N + mean) float32 vectors: the prototypes in the records' order, then the mean
rest           whatever the keeper of the value adds; a bank passes over it
=============  ==================================================================================

``PrototypeBank.pack`` and ``PrototypeBank.unpack`` write and read the same.
"""

from __future__ import annotations

import struct
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

HEADER = struct.Struct("<4sIII")
MAGIC = b"HVB2"
RECORD = np.dtype([("embedding_id", "<i8"), ("captured_at", "<i8"), ("quality", "<f8")])
"""What is kept of a prototype beside its vector."""

Buffer = bytes | memoryview


class Packed(NamedTuple):
    """One value, taken apart.

    Attributes:
        records: (N,) of ``RECORD``.
        vectors: (N, D) float32.
        mean: (D,) float32; None where no average is kept.
        rest: bytes after the vectors.
    """

    records: npt.NDArray[Any]
    vectors: npt.NDArray[np.float32]
    mean: npt.NDArray[np.float32] | None
    rest: Buffer


def pack(records: npt.NDArray[Any], vectors: npt.NDArray[np.float32], mean: npt.NDArray[np.float32] | None) -> bytes:
    """Write a value.

    Args:
        records: (N,) of ``RECORD``.
        vectors: (N, D) float32.
        mean: (D,) float32, None without.
    """
    header = HEADER.pack(MAGIC, len(records), int(mean is not None), vectors.shape[1])
    means = b"" if mean is None else mean.astype("<f4").tobytes()
    return b"".join([header, records.astype(RECORD).tobytes(), vectors.astype("<f4").tobytes(), means])


def unpack(data: Buffer) -> Packed:
    """Take a value apart; the arrays are read-only views of ``data``.

    Raises:
        ValueError: this is no such value, or a piece of one.
    """
    count, means, dimension = read_header(data)
    records = np.frombuffer(data, RECORD, count, HEADER.size)
    start = HEADER.size + records.nbytes
    vectors = np.frombuffer(data, "<f4", (count + means) * dimension, start).reshape(count + means, dimension)
    return Packed(records, vectors[:count], vectors[count] if means else None, data[start + vectors.nbytes :])


def read_header(data: Buffer) -> tuple[int, int, int]:
    """Tell how many prototypes and means a value holds, and the length of their vectors.

    Raises:
        ValueError: this is no such value.
    """
    if len(data) < HEADER.size or data[:4] != MAGIC:
        raise ValueError(f"not a prototype bank: {bytes(data[:4])!r}")
    _, count, means, dimension = HEADER.unpack_from(data)
    return count, means, dimension
