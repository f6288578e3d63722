"""What everybody is remembered by, each identity by itself and each person as a whole: views -> Remembered.

An identity that is not merged with others is a person, with one memory. Of those that were merged, each goes on being
remembered by itself, and the person they are by the best views of all. So undoing a merge has nothing to take apart.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

import numpy as np

from haven_core.search import PrototypeBank
from haven_server.reid.fusion import SIGNALS
from haven_server.reid.memory import Prototype, PrototypeMemory
from haven_server.reid.unions import Unions
from haven_server.settings import MemorySettings
from haven_server.types import (
    Assurance,
    BankKey,
    Feature,
    Features,
    MeanRow,
    Modality,
    PrototypeRow,
    TrackSpan,
    Vector,
)

Queries = Sequence[Vector | None]
"""One vector per signal, in their order; None where it is missing."""


@dataclass(slots=True)
class Remembered:
    """What a change of people's memories writes.

    Attributes:
        forgotten: embedding ids that were stored before.
        forgotten_means: averages of which no prototype is left.
    """

    prototypes: list[PrototypeRow] = field(default_factory=list)
    means: list[MeanRow] = field(default_factory=list)
    forgotten: list[int] = field(default_factory=list)
    forgotten_means: list[tuple[int, Modality]] = field(default_factory=list)


class Memories:
    """The memories of all identities and people. A person bears the number of the identity the others merged into.

    Args:
        outfit: similarity under which two views of somebody's appearance show different clothes.
        unions: who was merged into whom; changed here only.
        model_hashes: of the network that makes each signal's features now.
        next_embedding_id: the first number never used.
    """

    def __init__(
        self,
        settings: MemorySettings,
        outfit: float,
        unions: Unions,
        model_hashes: Mapping[Modality, str],
        next_embedding_id: int,
    ) -> None:
        self._people = PrototypeMemory(settings, outfit)
        self._members = PrototypeMemory(settings, outfit)
        self._unions = unions
        self._model_hashes = model_hashes
        self._next_embedding_id = next_embedding_id

    @property
    def bank(self) -> PrototypeBank:
        """Everybody, to search in."""
        return self._people.bank

    def known(self) -> frozenset[Modality]:
        """Return the signals in which anybody is remembered."""
        return self._people.known()

    def define(self, modality: Modality, dimension: int) -> None:
        """Set the dimension of a signal that has none yet."""
        for memory in (self._people, self._members):
            memory.define(modality, dimension)

    def of(self, global_id: int) -> PrototypeMemory:
        """Return the memory that keeps what an identity itself is remembered by."""
        return self._members if self._unions.is_joined(global_id) else self._people

    def recall(self, key: BankKey, value: memoryview) -> None:
        """Put what was stored of an identity in the place of what it is remembered by; see ``sum_up``."""
        self.of(key.global_id).recall(key, value)

    def remembers(self, person: int, modality: Modality, but: Set[int] = frozenset()) -> bool:
        """Tell whether a person has a living prototype in a signal, some embedding ids left out."""
        return not self._people.embedding_ids(person, modality) <= but

    def remembers_own(self, global_id: int, modality: Modality, but: Set[int] = frozenset()) -> bool:
        """Tell the same of one identity, without those it was merged with."""
        return not self.of(global_id).embedding_ids(global_id, modality) <= but

    def portrait(self, person: int) -> Features:
        """Return the best view of a person in each signal."""
        views = {modality: self._people.portrait(person, modality) for modality in SIGNALS}
        return {
            modality: Feature(view.vector, view.quality, self._model_hashes[modality])
            for modality, view in views.items()
            if view is not None
        }

    def closest(self, global_id: int, queries: Queries) -> int:
        """Return which of the identities that a person was merged from is most like some features.

        The strongest signal that anybody shares with them decides, so that a track is decided for whoever it would have
        been without the merge.
        """
        if not self._unions.is_joined(global_id):
            return global_id
        weights = np.ones(len(SIGNALS))
        members = [one for one in self._unions.members(global_id) if one in self._members.bank]
        scores = [self._members.bank.score(queries, one, weights) for one in members]
        likeness = {
            scored.global_id: [-2.0 if value is None else value for value in scored.similarities]
            for scored in scores
            if scored is not None
        }
        return max(likeness, key=lambda one: (likeness[one], -one), default=global_id)

    def take_in(self, view: PrototypeRow, remembered: Remembered) -> None:
        """Add one view, yet without number, to its identity's memory; under the next number if it stays.

        ``sum_up`` is left to the caller, here and below.
        """
        number, owner = self._next_embedding_id, view.global_id
        row, memory, person = replace(view, embedding_id=number), self.of(owner), self._unions.root(owner)
        evicted = memory.add(row)
        if evicted != number:
            self._next_embedding_id += 1
            remembered.prototypes.append(row if person == owner else replace(row, global_id=person, decided_id=owner))
            remembered.forgotten += [] if evicted is None else [evicted]
        remembered.means.append(memory.move_mean(row))

    def hand_on(self, embedding_ids: Set[int], formerly: int, global_id: int, track: TrackSpan) -> Remembered:
        """Let an identity forget what a track taught it, and another one remember that.

        Args:
            embedding_ids: of the views, those included that were forgotten since.
        """
        remembered = Remembered(forgotten=sorted(embedding_ids))
        for modality in SIGNALS:
            taken = self.of(formerly).take_out(formerly, modality, embedding_ids)
            if not taken:
                continue
            self._renew_mean(formerly, modality, remembered)
            source = track.camera_id, self._model_hashes[modality], track.track_id
            for _, captured_at, quality, vector in taken:
                self.take_in(PrototypeRow(0, global_id, modality, captured_at, vector, quality, *source), remembered)
        return remembered

    def divide(self, person: int, embedding_ids: Set[int], target: int) -> Remembered:
        """Let a person forget some views, which a new identity without memories remembers under the same numbers."""
        remembered = Remembered()
        for modality in SIGNALS:
            taken: list[Prototype] = []
            for owner in self._unions.members(person):
                if found := self.of(owner).take_out(owner, modality, embedding_ids):
                    taken += found
                    self._renew_mean(owner, modality, remembered)
            # Each member kept as many as fit; of all together the newest stay.
            for one in sorted(taken)[-self._people.size :]:
                self._people.put(target, modality, one)
            if taken:
                self._renew_mean(target, modality, remembered)
        return remembered

    def join(self, target: int, source: int) -> None:
        """Let one person be another, both their own until then."""
        for one in (target, source):
            if not self._unions.is_joined(one):
                self._people.move(one, self._members)
            self._people.forget(one)
        self._unions.join(target, source)
        self.sum_up(target)

    def part(self, source: int) -> None:
        """Let an identity that was merged be its own again, as if it always had been."""
        formerly = self._unions.root(source)
        self._people.forget(formerly)
        self._unions.part(source)
        for one in (formerly, source):
            if self._unions.is_joined(one):
                self.sum_up(one)
            else:
                self._members.move(one, self._people)

    def sum_up(self, person: int) -> None:
        """Make anew what a person is remembered by, after a change of what a member is."""
        if self._unions.is_joined(person):
            self._people.sum_up(person, self._unions.members(person), self._members)

    def expire(self, global_id: int, assurance: Assurance, now: int) -> None:
        """Forget an identity's prototypes whose deadline is before ``now``."""
        self.of(global_id).expire(global_id, assurance, now)

    def deadline(self, global_id: int, assurance: Assurance) -> int | None:
        """Return when the next prototype of an identity expires, ns; None when it has none."""
        return self.of(global_id).deadline(global_id, assurance)

    def forget(self, members: Collection[int]) -> None:
        """Forget a person, given with all that were merged into it."""
        for one in members:
            self.of(one).forget(one)
            self._people.forget(one)

    def _renew_mean(self, owner: int, modality: Modality, remembered: Remembered) -> None:
        mean = self.of(owner).renew_mean(owner, modality)
        if mean is None:
            remembered.forgotten_means.append((owner, modality))
        else:
            remembered.means.append(MeanRow(owner, modality, mean, self._model_hashes[modality]))
