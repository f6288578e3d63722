"""Everybody who is known, and what is remembered of them: Features -> Comparison."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from haven_core.search import Rules
from haven_server.reid.comparison import FACE_DISAGREES, Candidate, Comparison, Gate
from haven_server.reid.expiry import Expiry
from haven_server.reid.fusion import SIGNALS
from haven_server.reid.memory import PrototypeMemory
from haven_server.settings import MemorySettings
from haven_server.types import (
    Assurance,
    BankKey,
    Features,
    GalleryState,
    IdentityRow,
    MeanRow,
    Modality,
    PrototypeRow,
    TakeBank,
    Vector,
)


@dataclass(frozen=True, slots=True)
class Remembered:
    """What remembering some features writes; ``forgotten`` holds embedding ids that were stored before."""

    prototypes: tuple[PrototypeRow, ...]
    means: tuple[MeanRow, ...]
    forgotten: tuple[int, ...]


class Gallery:
    """All identities that may be matched, and their memories. One caller at a time.

    Times are capture times, ns. Prototypes of other models than the current ones are never compared: they are left
    out here and stay in the store.

    Args:
        model_hashes: of the network that makes each signal's features now; a signal left out is not used.
        read_banks: hands on what people are remembered by, see ``Store.read_banks``; None: they are not remembered.
    """

    def __init__(
        self,
        state: GalleryState,
        memory: MemorySettings,
        model_hashes: Mapping[Modality, str],
        read_banks: Callable[[TakeBank], None] | None = None,
    ) -> None:
        self._model_hashes = dict(model_hashes)
        self._memory = PrototypeMemory(memory)
        self._people = {row.global_id: row for row in state.identities}
        self._matches: Counter[int] = Counter()
        self._expiry = Expiry((row.global_id, row.last_seen_at) for row in state.identities)
        self._next_global_id = state.next_global_id
        self._next_embedding_id = state.next_embedding_id
        if read_banks is not None:
            read_banks(self._recall)
        for global_id in self._people:
            self._watch(global_id)

    def __len__(self) -> int:
        return len(self._people)

    def __contains__(self, global_id: int) -> bool:
        return global_id in self._people

    def identity(self, global_id: int) -> IdentityRow:
        """Return an identity as it is now.

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
            self._memory.expire(global_id, self._people[global_id].assurance, now)
            self._watch(global_id)
            if not self._expiry.is_active(global_id):
                self._leave_unless_lasting(global_id)
        for global_id in self._expiry.idle(now - active_window):
            self._leave_unless_lasting(global_id)

    def compare(
        self, features: Features, rules: Rules, excluded: Mapping[int, str], hand_over: int | None = None
    ) -> Comparison:
        """Compare one person with everybody.

        Args:
            excluded: identities kept out, with the reason.
            hand_over: the identity that may just have walked over; it is scored whether or not it stands out.
        Raises:
            ValueError: a feature of a signal or model the gallery does not use.
        """
        match = self._memory.bank.match(self._queries(features), rules, excluded)
        vetoed = dict(excluded) | dict.fromkeys(match.vetoed, FACE_DISAGREES)
        candidate = None if hand_over is None or hand_over in vetoed else self.score(features, hand_over, rules)
        if candidate is not None and _is_vetoed(candidate, rules):
            vetoed[candidate.global_id] = FACE_DISAGREES
            candidate = None
        return Comparison(
            gates={modality: Gate.of(standing) for modality, standing in zip(SIGNALS, match.standings, strict=True)},
            hand_over=candidate,
            vetoed=vetoed,
            considered=match.considered,
            known=self._memory.known(),
        )

    def score(self, features: Features, global_id: int, rules: Rules) -> Candidate | None:
        """Compare one person with one identity; None when they share no signal."""
        if global_id not in self._memory.bank:
            return None
        scores = self._memory.bank.score(self._queries(features), global_id, rules.weights)
        return None if scores is None else Candidate.of(scores)

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
        self._expiry.see(global_id, at)
        return row

    def count_match(self, global_id: int) -> int:
        """Count one more track that was matched to an identity by itself.

        Returns:
            How many there have been since the gallery was built.
        """
        self._matches[global_id] += 1
        return self._matches[global_id]

    def confirm(self, global_id: int) -> IdentityRow:
        """Make an identity one to rely on; its faces and gait live longer from now on."""
        self._people[global_id] = row = replace(self._people[global_id], assurance=Assurance.CONFIRMED)
        return row

    def remembers(self, global_id: int, modality: Modality) -> bool:
        """Tell whether an identity has a living prototype in a signal."""
        return self._memory.has(global_id, modality)

    def remember(self, global_id: int, features: Features, camera_id: str, captured_at: int) -> Remembered:
        """Add views to an identity's memory; where that is full, the view missed least is forgotten.

        Raises:
            ValueError: a feature of a signal or model the gallery does not use.
        """
        self._queries(features)
        prototypes: list[PrototypeRow] = []
        means: list[MeanRow] = []
        forgotten: list[int] = []
        for modality in (signal for signal in SIGNALS if signal in features):
            one = features[modality]
            row = PrototypeRow(
                self._next_embedding_id,
                global_id,
                modality,
                captured_at,
                one.vector,
                one.quality,
                camera_id,
                one.model_hash,
            )
            evicted = self._memory.add(row)
            if evicted != row.embedding_id:
                self._next_embedding_id += 1
                prototypes.append(row)
                forgotten += [] if evicted is None else [evicted]
            means.append(self._memory.move_mean(row))
        self._watch(global_id)
        return Remembered(tuple(prototypes), tuple(means), tuple(forgotten))

    def _recall(self, key: BankKey, value: memoryview) -> None:
        if key.global_id in self._people and key.model_hash == self._model_hashes.get(key.modality):
            self._memory.recall(key, value)

    def _queries(self, features: Features) -> tuple[Vector | None, ...]:
        for modality, feature in features.items():
            wanted = self._model_hashes.get(modality)
            if feature.model_hash != wanted:
                used = "none, the signal is not used" if wanted is None else f"model {wanted}"
                raise ValueError(f"{modality.value} feature: wanted {used}, got one of model {feature.model_hash}")
            self._memory.define(modality, len(feature.vector))
        return tuple(features[modality].vector if modality in features else None for modality in SIGNALS)

    def _watch(self, global_id: int) -> None:
        self._expiry.watch(global_id, self._memory.deadline(global_id, self._people[global_id].assurance))

    def _leave_unless_lasting(self, global_id: int) -> None:
        confirmed = self._people[global_id].assurance is Assurance.CONFIRMED
        if not (confirmed and self._memory.has(global_id, Modality.FACE)):
            del self._people[global_id]
            del self._matches[global_id]
            self._memory.forget(global_id)
            self._expiry.forget(global_id)


def _is_vetoed(candidate: Candidate, rules: Rules) -> bool:
    return any(
        modality in candidate.similarities and candidate.similarities[modality] < veto
        for modality, veto in zip(SIGNALS, rules.vetoes, strict=True)
    )
