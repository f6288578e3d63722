"""The specification of ``haven_core.search``: the same answers from dictionaries, lists and loops."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from haven_core.search import Match, Rules, Scores, Standing

Vector = npt.NDArray[np.float32]


LANES = 16
"""A dot product is summed in so many lanes, which are then added up by halves: the order of every kernel."""


@dataclass
class _Memory:
    prototypes: list[Vector] = field(default_factory=list)
    captured_at: list[int] = field(default_factory=list)
    mean: Vector | None = None


class ReferenceBank:
    """A `PrototypeBank` that is slow and plain."""

    def __init__(self, dimensions: Sequence[int], memory_size: int) -> None:
        self._signals = range(len(dimensions))
        self._memory_size = memory_size
        self._identities: dict[int, tuple[_Memory, ...]] = {}

    def __len__(self) -> int:
        return len(self._identities)

    def add(self, global_id: int) -> None:
        """Make room for an identity."""
        self._identities[global_id] = tuple(_Memory() for _ in self._signals)

    def remove(self, global_id: int) -> None:
        """Forget an identity."""
        del self._identities[global_id]

    def used(self, signal: int, global_id: int) -> int:
        """Count prototypes."""
        return len(self._identities[global_id][signal].prototypes)

    def put(self, signal: int, global_id: int, position: int, vector: Vector, captured_at: int = 0) -> None:
        """Replace a prototype or append one."""
        memory = self._identities[global_id][signal]
        assert position < self._memory_size
        memory.prototypes[position : position + 1] = [vector]
        memory.captured_at[position : position + 1] = [captured_at]

    def drop(self, signal: int, global_id: int, position: int) -> None:
        """Forget a prototype; the last one takes its position."""
        memory = self._identities[global_id][signal]
        memory.prototypes[position] = memory.prototypes[-1]
        memory.prototypes.pop()
        memory.captured_at[position] = memory.captured_at[-1]
        memory.captured_at.pop()
        if not memory.prototypes:
            memory.mean = None

    def expire(self, signal: int, global_id: int, before_ns: int) -> int:
        """Forget prototypes captured before then; return how many those were."""
        times = self._identities[global_id][signal].captured_at
        expired = [position for position, captured_at in enumerate(times) if captured_at < before_ns]
        for position in reversed(expired):
            self.drop(signal, global_id, position)
        return len(expired)

    def merge(self, target: int, source: int) -> None:
        """Give one identity all that another is remembered by, and forget the other."""
        for into, memory in zip(self._identities[target], self._identities.pop(source), strict=True):
            into.prototypes += memory.prototypes
            into.captured_at += memory.captured_at
            assert len(into.prototypes) <= self._memory_size
            into.mean = memory.mean if into.mean is None else into.mean

    def prototypes(self, signal: int, global_id: int) -> list[Vector]:
        """List prototypes by position."""
        return list(self._identities[global_id][signal].prototypes)

    def set_mean(self, signal: int, global_id: int, vector: Vector) -> None:
        """Set the moving average."""
        self._identities[global_id][signal].mean = vector

    def move_mean(self, signal: int, global_id: int, vector: Vector, alpha: float) -> Vector:
        """Move the average towards a view, on the unit sphere; where they cancel out, the view becomes it."""
        memory = self._identities[global_id][signal]
        if memory.mean is None:
            memory.mean = vector
        else:
            moved = alpha * vector.astype(np.float64) + (1 - alpha) * memory.mean.astype(np.float64)
            norm = np.sqrt(np.square(moved).cumsum()[-1])
            memory.mean = vector if norm < 1e-6 else (moved / norm).astype(np.float32)
        return memory.mean

    def mean(self, signal: int, global_id: int) -> Vector | None:
        """Return the moving average."""
        return self._identities[global_id][signal].mean

    def match_many(
        self, queries: Sequence[Sequence[Vector | None]], rules: Rules, excluded: Sequence[Collection[int]] = ()
    ) -> list[Match]:
        """Compare some people with every identity."""
        left_out = excluded or [()] * len(queries)
        return [self.match(query, rules, ids) for query, ids in zip(queries, left_out, strict=True)]

    def match(self, queries: Sequence[Vector | None], rules: Rules, excluded: Collection[int] = ()) -> Match:
        """Compare one person with every identity."""
        scored = [
            scores
            for global_id in sorted(self._identities)
            if global_id not in excluded and (scores := self.score(queries, global_id, rules.weights)) is not None
        ]
        standing = [scores for scores in scored if not _vetoed(scores, rules)]
        return Match(
            standings=tuple(_stand(gate, standing, rules) for gate in self._signals),
            vetoed=tuple(
                scores.global_id
                for scores in scored
                if _vetoed(scores, rules) and any(_passes(scores, gate, rules) for gate in self._signals)
            ),
            considered=len(scored),
        )

    def score(
        self, queries: Sequence[Vector | None], global_id: int, weights: npt.NDArray[np.float64]
    ) -> Scores | None:
        """Compare one person with one identity; None when they share no signal."""
        similarities: list[float | None] = []
        total = weight = 0.0
        for query, memory, signal_weight in zip(queries, self._identities[global_id], weights, strict=True):
            if query is None or not memory.prototypes:
                similarities.append(None)
                continue
            best = max(similarity_of(query, prototype) for prototype in memory.prototypes)
            smooth = best if memory.mean is None else max(best, similarity_of(query, memory.mean))
            similarities.append(best)
            total += float(signal_weight) * smooth
            weight += float(signal_weight)
        return Scores(global_id, tuple(similarities), total / weight) if weight else None


def similarity_of(left: Vector, right: Vector) -> float:
    """Return the dot product in float32, summed in double precision, in which every product is exact."""
    products = np.zeros(-(-len(left) // LANES) * LANES)
    products[: len(left)] = left.astype(np.float64) * right
    sums = np.zeros(LANES)
    for block in products.reshape(-1, LANES):
        sums += block
    while len(sums) > 1:
        half = len(sums) // 2
        sums = sums[:half] + sums[half:]
    return float(np.float32(sums[0]))


def _passes(scores: Scores, gate: int, rules: Rules) -> bool:
    own = scores.similarities[gate]
    return (
        own is not None
        and own > rules.thresholds[gate]
        and all(
            not rules.required[gate, signal] if similarity is None else similarity > rules.floors[gate, signal]
            for signal, similarity in enumerate(scores.similarities)
        )
    )


def _vetoed(scores: Scores, rules: Rules) -> bool:
    return any(
        similarity is not None and similarity < veto
        for similarity, veto in zip(scores.similarities, rules.vetoes, strict=True)
    )


def _order(gate: int) -> Callable[[Scores], tuple[float, float, int]]:
    def key(scores: Scores) -> tuple[float, float, int]:
        similarity = scores.similarities[gate]
        assert similarity is not None
        return -similarity, -scores.fused, scores.global_id

    return key


def _stand(gate: int, candidates: Sequence[Scores], rules: Rules) -> Standing:
    ranked = sorted((scores for scores in candidates if scores.similarities[gate] is not None), key=_order(gate))
    passing = [scores for scores in ranked if _passes(scores, gate, rules)]
    best = next(iter(passing or ranked), None)
    other = next((scores for scores in ranked if scores is not best), None)
    if best is not None and other is not None and _lead(gate, best, other) > rules.reaches[gate]:
        other = None
    return Standing(bool(passing), best, other)


def _lead(gate: int, best: Scores, other: Scores) -> float:
    left, right = best.similarities[gate], other.similarities[gate]
    assert left is not None and right is not None
    return left - right
