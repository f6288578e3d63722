"""What is remembered of whom: a prototype bank, and the rules by which it forgets."""

from __future__ import annotations

import numpy as np

from haven_core import packing
from haven_core.search import PrototypeBank
from haven_server.reid.fusion import SIGNALS
from haven_server.reid.prototypes import find_weakest, lifetime
from haven_server.settings import MemorySettings
from haven_server.types import Assurance, BankKey, MeanRow, Modality, PrototypeRow

_EARLIEST = -(2**63)
"""The least time a bank can tell, ns."""


class PrototypeMemory:
    """The prototypes of everybody, at most ``memory_size`` per identity and signal.

    Only who has a prototype is in the bank. A signal's dimension is that of the first vector seen.

    Attributes:
        bank: to search in; changed here only.
    """

    def __init__(self, settings: MemorySettings) -> None:
        self.bank = PrototypeBank([0] * len(SIGNALS), settings.memory_size)
        self._settings = settings

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
        packed = value if count <= self._settings.memory_size else _newest(value, self._settings.memory_size)
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
        signal = SIGNALS.index(row.modality)
        mean = self.bank.move_mean(signal, row.global_id, row.vector, self._settings.ema_alpha)
        return MeanRow(row.global_id, row.modality, mean, row.model_hash)

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
        if not any(self.has(global_id, modality) for modality in SIGNALS):
            self.forget(global_id)

    def forget(self, global_id: int) -> None:
        """Forget an identity whole."""
        if global_id in self.bank:
            self.bank.remove(global_id)

    def _make_room(self, row: PrototypeRow) -> int | None:
        signal = SIGNALS.index(row.modality)
        if row.global_id not in self.bank or self.bank.used(signal, row.global_id) < self._settings.memory_size:
            return None
        vectors, records = self.bank.prototypes(signal, row.global_id), self.bank.records(signal, row.global_id)
        # By age and not by position, so that a memory loaded from the store decides alike.
        order = np.argsort(records["embedding_id"])
        qualities = [*records["quality"][order].tolist(), row.quality]
        weakest = find_weakest(np.vstack([vectors[order], row.vector]), qualities)
        if weakest == len(order):
            return row.embedding_id
        position = int(order[weakest])
        self.bank.drop(signal, row.global_id, position)
        return int(records["embedding_id"][position])


def _newest(value: memoryview, count: int) -> bytes:
    """Pack the newest prototypes of a bank anew, in their order."""
    packed = packing.unpack(value)
    newest = np.sort(np.lexsort((packed.records["embedding_id"], packed.records["captured_at"]))[-count:])
    return packing.pack(packed.records[newest], packed.vectors[newest], packed.mean)
