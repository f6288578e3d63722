"""What is remembered of whom: a prototype bank, and the rules by which it forgets."""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Any, NamedTuple

import numpy as np

from haven_core import packing
from haven_core.search import PrototypeBank
from haven_server.reid.fusion import SIGNALS
from haven_server.reid.prototypes import find_weakest, lifetime
from haven_server.settings import MemorySettings
from haven_server.types import Assurance, BankKey, MeanRow, Modality, PrototypeRow, Vector

_EARLIEST = -(2**63)
"""The least time a bank can tell, ns."""


class Prototype(NamedTuple):
    """One remembered view, as the bank has it.

    Attributes:
        captured_at: ns.
    """

    embedding_id: int
    captured_at: int
    quality: float
    vector: Vector


class PrototypeMemory:
    """The prototypes of everybody, at most ``memory_size`` per identity and signal.

    Only who has a prototype is in the bank. A signal's dimension is that of the first vector seen.

    Args:
        outfit: similarity under which two views of somebody's appearance show different clothes.

    Attributes:
        bank: to search in; changed here only.
        size: prototypes per identity and signal at most.
    """

    def __init__(self, settings: MemorySettings, outfit: float) -> None:
        self.bank = PrototypeBank([0] * len(SIGNALS), settings.memory_size)
        self.size = settings.memory_size
        self._settings = settings
        self._outfit = outfit

    def define(self, modality: Modality, dimension: int) -> None:
        """Set the dimension of a signal that has none yet."""
        signal = SIGNALS.index(modality)
        if self.bank.dimensions[signal] == 0:
            self.bank.define(signal, dimension)

    def known(self) -> frozenset[Modality]:
        """Return the signals in which anybody is remembered."""
        return frozenset(modality for signal, modality in enumerate(SIGNALS) if self.bank.total(signal))

    def has(self, global_id: int, modality: Modality) -> bool:
        """Tell whether an identity has a living prototype in a signal."""
        return global_id in self.bank and self.bank.used(SIGNALS.index(modality), global_id) > 0

    def recall(self, key: BankKey, value: memoryview) -> None:
        """Put what was stored of an identity in the place of what is remembered of it in that signal.

        Of more prototypes than are kept the newest are taken: what has expired and is still stored is older.

        Raises:
            ValueError: this is no packed bank, or one of vectors of another length.
        """
        count, _, dimension = packing.read_header(value)
        if dimension != key.dimension:
            raise ValueError(f"packed {key.modality.value}: wanted vectors of length {key.dimension}, got {dimension}")
        if count == 0:
            return
        self.define(key.modality, key.dimension)
        if key.global_id not in self.bank:
            self.bank.add(key.global_id)
        packed = value if count <= self.size else _newest(value, self.size)
        self.bank.unpack(SIGNALS.index(key.modality), key.global_id, packed)

    def add(self, row: PrototypeRow) -> int | None:
        """Remember one prototype; where memory is full, the one missed least goes.

        Returns:
            The embedding id that had to go, which may be the new one's own; None when there was room.
        """
        self.define(row.modality, len(row.vector))
        evicted = self._make_room(row)
        if evicted == row.embedding_id:
            return evicted
        if row.global_id not in self.bank:
            self.bank.add(row.global_id)
        signal = SIGNALS.index(row.modality)
        position = self.bank.used(signal, row.global_id)
        self.bank.put(
            signal, row.global_id, position, row.vector, row.embedding_id, row.captured_at, quality=row.quality
        )
        return evicted

    def move_mean(self, row: PrototypeRow) -> MeanRow:
        """Move the average of an identity that has a prototype in the signal towards a new view."""
        mean = self._move_mean(row.modality, row.global_id, row.vector)
        return MeanRow(row.global_id, row.modality, mean, row.model_hash)

    def move(self, global_id: int, to: PrototypeMemory) -> None:
        """Have another memory keep what is remembered of an identity; it is forgotten here."""
        if global_id not in self.bank:
            return
        to.bank.add(global_id)
        for signal, modality in enumerate(SIGNALS):
            if self.bank.used(signal, global_id):
                to.define(modality, self.bank.dimensions[signal])
                to.bank.unpack(signal, global_id, self.bank.pack(signal, global_id))
        self.forget(global_id)

    def sum_up(self, global_id: int, members: Sequence[int], kept: PrototypeMemory) -> None:
        """Remember an identity by the best of what another memory keeps of all that were merged into it.

        The average is that of whoever showed the newest view.
        """
        self.forget(global_id)
        for signal, modality in enumerate(SIGNALS):
            packs = [packing.unpack(kept.bank.pack(signal, one)) for one in members if kept.has(one, modality)]
            if not packs:
                continue
            self.define(modality, packs[0].vectors.shape[1])
            if global_id not in self.bank:
                self.bank.add(global_id)
            self.bank.unpack(signal, global_id, _best(packs, self.size))

    def portrait(self, global_id: int, modality: Modality) -> Prototype | None:
        """Return the best view of an identity in a signal, the newest among equals; None without any."""
        if not self.has(global_id, modality):
            return None
        signal = SIGNALS.index(modality)
        records, vectors = self.bank.records(signal, global_id), self.bank.prototypes(signal, global_id)
        best = int(np.lexsort((records["embedding_id"], records["quality"]))[-1])
        return _prototype(records[best], vectors[best])

    def put(self, global_id: int, modality: Modality, prototype: Prototype) -> None:
        """Remember a view that was taken out of somebody else's memory; there must be room."""
        self.define(modality, len(prototype.vector))
        if global_id not in self.bank:
            self.bank.add(global_id)
        signal = SIGNALS.index(modality)
        number, captured_at, quality, vector = prototype
        position = self.bank.used(signal, global_id)
        self.bank.put(signal, global_id, position, vector, number, captured_at, quality=quality)

    def take_out(self, global_id: int, modality: Modality, embedding_ids: Set[int]) -> list[Prototype]:
        """Forget some prototypes of an identity; return those that were there, oldest first."""
        if global_id not in self.bank:
            return []
        signal = SIGNALS.index(modality)
        records, vectors = self.bank.records(signal, global_id), self.bank.prototypes(signal, global_id)
        chosen = [row for row in np.argsort(records["embedding_id"]) if records["embedding_id"][row] in embedding_ids]
        # From the end, since the last one takes the position of the one that is dropped.
        for position in sorted(chosen, reverse=True):
            self.bank.drop(signal, global_id, position)
        self._forget_if_empty(global_id)
        return [_prototype(records[row], vectors[row]) for row in chosen]

    def renew_mean(self, global_id: int, modality: Modality) -> Vector | None:
        """Make the average of an identity anew of the prototypes it has; None without any."""
        if not self.has(global_id, modality):
            return None
        signal = SIGNALS.index(modality)
        order = np.argsort(self.bank.records(signal, global_id)["embedding_id"])
        oldest, *newer = self.bank.prototypes(signal, global_id)[order]
        self.bank.set_mean(signal, global_id, oldest)
        for vector in newer:
            self._move_mean(modality, global_id, vector)
        return self.bank.mean(signal, global_id)

    def embedding_ids(self, global_id: int, modality: Modality) -> frozenset[int]:
        """Return the ids of an identity's living prototypes in a signal."""
        if global_id not in self.bank:
            return frozenset()
        return frozenset(self.bank.records(SIGNALS.index(modality), global_id)["embedding_id"].tolist())

    def deadline(self, global_id: int, assurance: Assurance) -> int | None:
        """Return when the next prototype of an identity expires, ns; None when it has none."""
        if global_id not in self.bank:
            return None
        oldest = ((modality, self.bank.oldest(signal, global_id)) for signal, modality in enumerate(SIGNALS))
        deadlines = (at + lifetime(modality, assurance, self._settings) for modality, at in oldest if at is not None)
        return min(deadlines, default=None)

    def expire(self, global_id: int, assurance: Assurance, now: int) -> None:
        """Forget an identity's prototypes whose deadline is before ``now``."""
        if global_id not in self.bank:
            return
        for signal, modality in enumerate(SIGNALS):
            before = max(now - lifetime(modality, assurance, self._settings), _EARLIEST)
            self.bank.expire(signal, global_id, before)
        self._forget_if_empty(global_id)

    def forget(self, global_id: int) -> None:
        """Forget an identity whole."""
        if global_id in self.bank:
            self.bank.remove(global_id)

    def _move_mean(self, modality: Modality, global_id: int, vector: Vector) -> Vector:
        """Move an average; that of clothes begins anew with another outfit, since two outfits' mean is nobody's."""
        signal = SIGNALS.index(modality)
        mean = self.bank.mean(signal, global_id)
        changed = modality is Modality.APPEARANCE and mean is not None and float(mean @ vector) < self._outfit
        return self.bank.move_mean(signal, global_id, vector, 1.0 if changed else self._settings.ema_alpha)

    def _forget_if_empty(self, global_id: int) -> None:
        if not any(self.has(global_id, modality) for modality in SIGNALS):
            self.forget(global_id)

    def _make_room(self, row: PrototypeRow) -> int | None:
        signal = SIGNALS.index(row.modality)
        if row.global_id not in self.bank or self.bank.used(signal, row.global_id) < self.size:
            return None
        vectors, records = self.bank.prototypes(signal, row.global_id), self.bank.records(signal, row.global_id)
        # By age and not by position, so that a memory loaded from the store decides alike.
        order = np.argsort(records["embedding_id"])
        qualities = np.append(records["quality"][order], row.quality)
        (weakest,) = find_weakest(np.vstack([vectors[order], row.vector]), qualities, 1)
        if weakest == len(order):
            return row.embedding_id
        position = int(order[weakest])
        self.bank.drop(signal, row.global_id, position)
        return int(records["embedding_id"][position])


def _prototype(record: Any, vector: Vector) -> Prototype:
    embedding_id, captured_at, quality = record.tolist()
    return Prototype(embedding_id, captured_at, quality, vector)


def _best(packs: Sequence[packing.Packed], limit: int) -> bytes:
    """Pack several banks into one, by age; of more prototypes than ``limit`` those missed least go."""
    records = np.concatenate([packed.records for packed in packs])
    vectors = np.concatenate([packed.vectors for packed in packs])
    newest = max(packs, key=lambda packed: int(packed.records["embedding_id"].max()))
    kept = np.argsort(records["embedding_id"])
    if len(kept) > limit:
        kept = np.delete(kept, find_weakest(vectors[kept], records["quality"][kept], len(kept) - limit))
    return packing.pack(records[kept], vectors[kept], newest.mean)


def _newest(value: memoryview, count: int) -> bytes:
    """Pack the newest prototypes of a bank anew, in their order."""
    packed = packing.unpack(value)
    newest = np.sort(np.lexsort((packed.records["embedding_id"], packed.records["captured_at"]))[-count:])
    return packing.pack(packed.records[newest], packed.vectors[newest], packed.mean)
