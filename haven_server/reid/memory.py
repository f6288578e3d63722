"""What is remembered of whom: a prototype bank and the age and quality of all that is in it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from haven_core.search import PrototypeBank
from haven_server.reid.fusion import SIGNALS
from haven_server.reid.prototypes import find_weakest, lifetime, move_mean
from haven_server.settings import MemorySettings
from haven_server.types import Assurance, MeanRow, Modality, PrototypeRow


@dataclass(frozen=True, slots=True)
class _Kept:
    """What is known of a prototype beside its vector, which only the bank holds."""

    embedding_id: int
    captured_at: int
    quality: float


class PrototypeMemory:
    """The prototypes of everybody, at most ``memory_size`` per identity and signal.

    Only who has a prototype is in the bank. A signal's dimension is that of the first vector seen.

    Attributes:
        bank: to search in; changed here only.
    """

    def __init__(self, settings: MemorySettings) -> None:
        self.bank = PrototypeBank([0] * len(SIGNALS), settings.memory_size)
        self._settings = settings
        # Lists run parallel to the bank's positions.
        self._kept: dict[int, dict[Modality, list[_Kept]]] = {}
        self._counts: Counter[Modality] = Counter()

    def define(self, modality: Modality, dimension: int) -> None:
        """Set the dimension of a signal that has none yet."""
        signal = SIGNALS.index(modality)
        if self.bank.dimensions[signal] == 0:
            self.bank.define(signal, dimension)

    def known(self) -> frozenset[Modality]:
        """Return the signals in which anybody is remembered."""
        return frozenset(+self._counts)

    def has(self, global_id: int, modality: Modality) -> bool:
        """Tell whether an identity has a living prototype in a signal."""
        return bool(self._kept.get(global_id, {}).get(modality))

    def add(self, row: PrototypeRow) -> int | None:
        """Remember one prototype; where memory is full, the one missed least goes.

        Returns:
            The embedding id that had to go, which may be the new one's own; None when there was room.
        """
        self.define(row.modality, len(row.vector))
        evicted = self._make_room(row)
        if evicted == row.embedding_id:
            return evicted
        if row.global_id not in self._kept:
            self.bank.add(row.global_id)
            self._kept[row.global_id] = {modality: [] for modality in SIGNALS}
        kept = self._kept[row.global_id][row.modality]
        self.bank.put(SIGNALS.index(row.modality), row.global_id, len(kept), row.vector)
        kept.append(_Kept(row.embedding_id, row.captured_at, row.quality))
        self._counts[row.modality] += 1
        return evicted

    def move_mean(self, row: PrototypeRow) -> MeanRow:
        """Move the average of an identity that has a prototype in the signal towards a new view."""
        signal = SIGNALS.index(row.modality)
        mean = move_mean(self.bank.mean(signal, row.global_id), row.vector, self._settings.ema_alpha)
        return self.set_mean(MeanRow(row.global_id, row.modality, mean, row.model_hash))

    def set_mean(self, row: MeanRow) -> MeanRow:
        """Set the average of an identity that has a prototype in the signal."""
        self.bank.set_mean(SIGNALS.index(row.modality), row.global_id, row.vector)
        return row

    def deadline(self, global_id: int, assurance: Assurance) -> int | None:
        """Return when the next prototype of an identity expires, ns; None when it has none."""
        memories = self._kept.get(global_id, {}).items()
        return min(
            (self._deadline(one, modality, assurance) for modality, kept in memories for one in kept), default=None
        )

    def expire(self, global_id: int, assurance: Assurance, now: int) -> None:
        """Forget an identity's prototypes whose deadline is before ``now``."""
        for modality, kept in self._kept.get(global_id, {}).items():
            for position in reversed(range(len(kept))):
                if self._deadline(kept[position], modality, assurance) < now:
                    self._drop(global_id, modality, position)
        if not any(self._kept.get(global_id, {}).values()):
            self.forget(global_id)

    def forget(self, global_id: int) -> None:
        """Forget an identity whole."""
        for modality, kept in self._kept.pop(global_id, {}).items():
            self._counts[modality] -= len(kept)
        if global_id in self.bank:
            self.bank.remove(global_id)

    def _make_room(self, row: PrototypeRow) -> int | None:
        kept = self._kept.get(row.global_id, {}).get(row.modality, [])
        if len(kept) < self._settings.memory_size:
            return None
        vectors = self.bank.prototypes(SIGNALS.index(row.modality), row.global_id)
        # By age and not by position, so that a memory loaded from the store decides alike.
        order = sorted(range(len(kept)), key=lambda position: kept[position].embedding_id)
        qualities = [kept[position].quality for position in order]
        weakest = find_weakest(np.vstack([vectors[order], row.vector]), [*qualities, row.quality])
        if weakest == len(order):
            return row.embedding_id
        evicted = kept[order[weakest]].embedding_id
        self._drop(row.global_id, row.modality, order[weakest])
        return evicted

    def _drop(self, global_id: int, modality: Modality, position: int) -> None:
        kept = self._kept[global_id][modality]
        self.bank.drop(SIGNALS.index(modality), global_id, position)
        kept[position] = kept[-1]
        kept.pop()
        self._counts[modality] -= 1

    def _deadline(self, kept: _Kept, modality: Modality, assurance: Assurance) -> int:
        return kept.captured_at + lifetime(modality, assurance, self._settings)
