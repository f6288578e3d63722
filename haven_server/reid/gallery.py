"""Everybody who is known, and what is remembered of them: Features -> Comparison."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Set
from dataclasses import replace

from haven_core.search import PrototypeBank, Rules
from haven_server.reid.comparison import FACE_DISAGREES, Candidate, Comparison, Gate
from haven_server.reid.expiry import Expiry
from haven_server.reid.fusion import SIGNALS
from haven_server.reid.memories import Memories, Queries, Remembered
from haven_server.reid.unions import Unions
from haven_server.settings import MemorySettings, ThresholdSettings
from haven_server.types import (
    Assurance,
    BankKey,
    Features,
    GalleryState,
    IdentityRow,
    Modality,
    PrototypeRow,
    TakeBank,
    TrackSpan,
)


class Gallery:
    """All identities that may be matched, and their memories. One caller at a time.

    Times are capture times, ns. Prototypes of other models than the current ones are never compared: they are left
    out here and stay in the store.

    An identity that was merged into another keeps its own row, memory and lifetimes, and goes on learning from tracks
    that were decided for it; matching sees one person, remembered by the best views of all members. So undoing a merge
    has nothing to take apart. Every method takes the number of any member; what is found bears that of the identity
    they were merged into.

    Args:
        model_hashes: of the network that makes each signal's features now; a signal left out is not used.
        read_banks: hands on what people are remembered by, see ``Store.read_banks``; None: they are not remembered.
        outfit: similarity under which two views of somebody's appearance show different clothes.
    """

    def __init__(
        self,
        state: GalleryState,
        memory: MemorySettings,
        model_hashes: Mapping[Modality, str],
        read_banks: Callable[[TakeBank], None] | None = None,
        outfit: float = ThresholdSettings().appearance_contradicts,
    ) -> None:
        self._model_hashes = dict(model_hashes)
        self._outfit = outfit
        self._unions = Unions(state.merged)
        self._memories = Memories(memory, outfit, self._unions, self._model_hashes, state.next_embedding_id)
        self._people = {row.global_id: row for row in (*state.identities, *state.merged)}
        self._matches: Counter[int] = Counter()
        self._next_global_id = state.next_global_id
        if read_banks is not None:
            read_banks(self._recall)
        for global_id in sorted({self.root(one) for one in self._unions.absorbed} & self._people.keys()):
            self._memories.sum_up(global_id)
        self._begin_expiry()

    @property
    def model_hashes(self) -> Mapping[Modality, str]:
        """The network that makes each signal's features now."""
        return self._model_hashes

    def __len__(self) -> int:
        return len(self._people) - sum(one in self._people for one in self._unions.absorbed)

    def __contains__(self, global_id: int) -> bool:
        return self.root(global_id) in self._people

    def root(self, global_id: int) -> int:
        """Return who an identity is taken for: itself, where it was not merged into another."""
        return self._unions.root(global_id)

    def members(self, global_id: int) -> tuple[int, ...]:
        """Return an identity and all that were merged into it, ascending."""
        return self._unions.members(global_id)

    def roots(self) -> tuple[int, ...]:
        """Return everybody who may be matched, those seen last first."""
        own = [row for one, row in self._people.items() if self.root(one) == one]
        return tuple(row.global_id for row in sorted(own, key=lambda row: (-row.last_seen_at, row.global_id)))

    def identity(self, global_id: int) -> IdentityRow:
        """Return an identity's own row as it is now.

        Raises:
            KeyError: it is not among those who may be matched.
        """
        return self._people[global_id]

    def advance(self, now: int, active_window: int) -> None:
        """Let time pass: prototypes expire, and who was not seen for ``active_window`` ns leaves the gallery.

        Confirmed identities stay for as long as one of their faces lives. Nothing of this is written: the store
        keeps its rows until retention removes them.
        """
        for global_id in self._expiry.due(now):
            for one in self.members(global_id):
                self._memories.expire(one, self._people[one].assurance, now)
            self._refresh(global_id)
            if not self._expiry.is_active(global_id):
                self._leave_unless_lasting(global_id)
        for global_id in self._expiry.idle(now - active_window):
            self._leave_unless_lasting(global_id)

    def compare(
        self, features: Features, rules: Rules, excluded: Mapping[int, str], likely: Set[int] = frozenset()
    ) -> Comparison:
        """Compare one person with everybody.

        Args:
            excluded: identities kept out, with the reason.
            likely: identities that may just have walked over; they are scored whether or not they stand out.
        Raises:
            ValueError: a feature of a signal or model the gallery does not use.
        """
        match = self._memories.bank.match(self._queries(features), rules, excluded)
        vetoed = dict(excluded) | dict.fromkeys(match.vetoed, FACE_DISAGREES)
        came = {one: self.score(features, one, rules) for one in sorted(likely - vetoed.keys())}
        vetoed |= {one: FACE_DISAGREES for one, candidate in came.items() if candidate and _is_vetoed(candidate, rules)}
        # Two who may have walked over make neither of them likely, unless the other one wears something else.
        left = [candidate for one, candidate in came.items() if one not in vetoed]
        if len(left) > 1:
            left = [candidate for candidate in left if candidate is None or not self._wears_other(candidate)]
        return Comparison(
            gates={modality: Gate.of(standing) for modality, standing in zip(SIGNALS, match.standings, strict=True)},
            hand_over=left[0] if len(left) == 1 else None,
            vetoed=vetoed,
            considered=match.considered,
            known=self._memories.known(),
        )

    def _wears_other(self, candidate: Candidate) -> bool:
        """Tell whether clothes speak against a candidate."""
        similarity = candidate.similarities.get(Modality.APPEARANCE)
        return similarity is not None and similarity <= self._outfit

    def score(self, features: Features, global_id: int, rules: Rules) -> Candidate | None:
        """Compare one person with one identity; None when they share no signal."""
        global_id = self.root(global_id)
        return _score(self._memories.bank, self._queries(features), global_id, rules)

    def score_own(self, features: Features, global_id: int, rules: Rules) -> Candidate | None:
        """Compare one person with one identity, without those it was merged with; None when they share no signal."""
        return _score(self._memories.of(global_id).bank, self._queries(features), global_id, rules)

    def closest(self, global_id: int, features: Features) -> int:
        """Return which of the identities that a person was merged from is most like some features."""
        return self._memories.closest(global_id, self._queries(features))

    def create(self, created_at: int, last_seen_at: int) -> IdentityRow:
        """Make a new identity, tentative and without memories, under the next number."""
        row = IdentityRow(self._next_global_id, created_at, last_seen_at, Assurance.TENTATIVE)
        self._next_global_id += 1
        self._people[row.global_id] = row
        self._expiry.see(row.global_id, last_seen_at)
        return row

    def see(self, global_id: int, at: int) -> IdentityRow:
        """Note that an identity is in view."""
        row = self._people[global_id]
        if at > row.last_seen_at:
            self._people[global_id] = row = replace(row, last_seen_at=at)
        self._expiry.see(self.root(global_id), at)
        return row

    def count_match(self, global_id: int) -> int:
        """Count one more track that was matched to an identity by itself.

        Returns:
            How many there have been since the gallery was built.
        """
        self._matches[global_id] += 1
        return self._matches[global_id]

    def discount_match(self, global_id: int) -> None:
        """Take back that a track was matched to an identity by itself."""
        self._matches[global_id] -= 1

    def is_matched(self, global_id: int) -> bool:
        """Tell whether an identity is more than the track it was made for: since the start or by a merge."""
        return self._matches[global_id] > 0 or self._unions.is_joined(global_id)

    def confirm(self, global_id: int) -> IdentityRow:
        """Make an identity one to rely on; its faces and gait live longer from now on."""
        self._people[global_id] = row = replace(self._people[global_id], assurance=Assurance.CONFIRMED)
        return row

    def remembers(self, global_id: int, modality: Modality, but: Set[int] = frozenset()) -> bool:
        """Tell whether a person has a living prototype in a signal, some embedding ids left out."""
        return self._memories.remembers(self.root(global_id), modality, but)

    def remembers_own(self, global_id: int, modality: Modality, but: Set[int] = frozenset()) -> bool:
        """Tell the same of one identity, without those it was merged with."""
        return self._memories.remembers_own(global_id, modality, but)

    def remember(
        self, global_id: int, features: Features, camera_id: str, captured_at: int, track_id: int | None = None
    ) -> Remembered:
        """Add views to an identity's memory; where that is full, the view missed least is forgotten.

        Args:
            track_id: the camera's track that showed them.
        Raises:
            ValueError: a feature of a signal or model the gallery does not use.
        """
        self._queries(features)
        remembered = Remembered()
        for modality in (signal for signal in SIGNALS if signal in features):
            one = features[modality]
            view = PrototypeRow(
                0, global_id, modality, captured_at, one.vector, one.quality, camera_id, one.model_hash, track_id
            )
            self._memories.take_in(view, remembered)
        self._refresh(global_id)
        return remembered

    def hand_on(self, embedding_ids: Set[int], formerly: int, global_id: int, track: TrackSpan) -> Remembered:
        """Let an identity forget what a track taught it, and another one remember that.

        What the former had to forget for it does not come back. Its averages are made anew.

        Args:
            embedding_ids: of the views, those included that were forgotten since.
            track: the one that showed them.
        """
        remembered = self._memories.hand_on(embedding_ids, formerly, global_id, track)
        self._refresh(formerly)
        self._refresh(global_id)
        return remembered

    def join(self, target: int, source: int) -> IdentityRow:
        """Let one person be another, both their own until then and in the gallery; returns the source's row."""
        self._memories.join(target, source)
        self._people[source] = row = replace(self._people[source], status="merged", merged_into=target)
        self._expiry.join(target, source, max(self._last_seen(one) for one in self.members(target)))
        self._watch(target)
        return row

    def part(self, source: int) -> IdentityRow:
        """Let an identity that was merged be its own again, as if it always had been. Returns its row."""
        self._people[source] = row = replace(self._people[source], status="active", merged_into=None)
        self._memories.part(source)
        self._begin_expiry()
        return row

    def divide(self, global_id: int, embedding_ids: Set[int], target: int) -> Remembered:
        """Let a person forget some views, which a new identity without memories remembers under the same numbers.

        What had to be forgotten for them does not come back. Averages are made anew.
        """
        remembered = self._memories.divide(self.root(global_id), embedding_ids, target)
        self._refresh(global_id)
        self._refresh(target)
        return remembered

    def restore(self, rows: Iterable[IdentityRow], read_banks: Callable[[TakeBank, Collection[int]], None]) -> None:
        """Take back people who were not seen for long and had left, with all that the store remembers them by."""
        returning = {row.global_id: row for row in rows}
        self._people |= returning
        read_banks(self._recall, tuple(returning))
        for global_id in sorted({self.root(one) for one in returning}):
            self._memories.sum_up(global_id)
        self._begin_expiry()

    def portrait(self, global_id: int) -> Features:
        """Return the best view of a person in each signal."""
        return self._memories.portrait(self.root(global_id))

    def _refresh(self, global_id: int) -> None:
        """Follow a change of what a person is remembered by."""
        person = self.root(global_id)
        self._memories.sum_up(person)
        self._watch(person)

    def _begin_expiry(self) -> None:
        """Count everybody's time anew, from what their rows say."""
        roots = [one for one in self._people if self.root(one) == one]
        self._expiry = Expiry((one, max(self._last_seen(member) for member in self.members(one))) for one in roots)
        for one in roots:
            self._watch(one)

    def _last_seen(self, global_id: int) -> int:
        return self._people[global_id].last_seen_at

    def _recall(self, key: BankKey, value: memoryview) -> None:
        if key.global_id in self._people and key.model_hash == self._model_hashes.get(key.modality):
            self._memories.recall(key, value)

    def _queries(self, features: Features) -> Queries:
        for modality, feature in features.items():
            wanted = self._model_hashes.get(modality)
            if feature.model_hash != wanted:
                used = "none, the signal is not used" if wanted is None else f"model {wanted}"
                raise ValueError(f"{modality.value} feature: wanted {used}, got one of model {feature.model_hash}")
            self._memories.define(modality, len(feature.vector))
        return tuple(features[modality].vector if modality in features else None for modality in SIGNALS)

    def _watch(self, global_id: int) -> None:
        deadlines = [self._memories.deadline(one, self._people[one].assurance) for one in self.members(global_id)]
        self._expiry.watch(global_id, min((one for one in deadlines if one is not None), default=None))

    def _leave_unless_lasting(self, global_id: int) -> None:
        if any(self._is_lasting(one) for one in self.members(global_id)):
            return
        for one in self.members(global_id):
            del self._people[one]
            del self._matches[one]
        self._memories.forget(self.members(global_id))
        self._expiry.forget(global_id)

    def _is_lasting(self, global_id: int) -> bool:
        confirmed = self._people[global_id].assurance is Assurance.CONFIRMED
        return confirmed and self._memories.remembers_own(global_id, Modality.FACE)


def _score(bank: PrototypeBank, queries: Queries, global_id: int, rules: Rules) -> Candidate | None:
    scores = bank.score(queries, global_id, rules.weights) if global_id in bank else None
    return None if scores is None else Candidate.of(scores)


def _is_vetoed(candidate: Candidate, rules: Rules) -> bool:
    return any(
        modality in candidate.similarities and candidate.similarities[modality] < veto
        for modality, veto in zip(SIGNALS, rules.vetoes, strict=True)
    )
