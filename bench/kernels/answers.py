"""The whole answer by NumPy: everybody's similarities -> per gate the best identity and the best other one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from bench.kernels.gallery import PROTOTYPES
from haven_core.search import Match, Rules, Scores, Standing

ROUNDING = 1e-5
"""More than two ways of summing 512 products of float32 differ by."""

Reals = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]


def best_of_each(similarities: Reals) -> Reals:
    """Reduce (N * 10,) similarities to the best of each person, (N,)."""
    return np.asarray(np.maximum.reduceat(similarities, np.arange(0, len(similarities), PROTOTYPES)))


def answer(similarities: Sequence[Reals], averaged: Sequence[Reals], rules: Rules) -> Match:
    """Reduce, fuse, gate and order; query and gallery have all signals.

    Args:
        similarities: per signal (N * 10,), of one query with all prototypes, person by person.
        averaged: per signal (N,), with the moving averages.
    """
    best = np.stack([best_of_each(one) for one in similarities])
    fused = rules.weights @ np.maximum(best, np.stack(averaged)) / rules.weights.sum()
    vetoed = np.any(best < rules.vetoes[:, np.newaxis], axis=0)
    passed = (best > rules.thresholds[:, np.newaxis]) & np.all(best > rules.floors[:, :, np.newaxis], axis=1)

    def scores(person: int) -> Scores:
        return Scores(person, tuple(best[:, person].tolist()), float(fused[person]))

    def stand(gate: int) -> Standing:
        first = _first(best[gate], fused, passed[gate] & ~vetoed)
        passes = first is not None
        if first is None:
            first = _first(best[gate], fused, ~vetoed)
        if first is None:
            return Standing(False, None, None)
        rest = ~vetoed
        rest[first] = False
        other = _first(best[gate], fused, rest)
        if other is not None and float(best[gate, first]) - float(best[gate, other]) > rules.reaches[gate]:
            other = None
        return Standing(passes, scores(first), None if other is None else scores(other))

    kept_out = np.flatnonzero(vetoed & passed.any(axis=0)).tolist()
    return Match(tuple(stand(gate) for gate in range(len(best))), tuple(kept_out), best.shape[1])


def agree(one: Match, other: Match) -> bool:
    """Tell whether two answers name the same people in the same places, with scores that differ by rounding alone."""
    return (
        one[1:] == other[1:]
        and [standing.passed for standing in one.standings] == [standing.passed for standing in other.standings]
        and all(
            _agree(getattr(left, place), getattr(right, place))
            for left, right in zip(one.standings, other.standings, strict=True)
            for place in ("best", "other")
        )
    )


def _agree(one: Scores | None, other: Scores | None) -> bool:
    if one is None or other is None:
        return one is other
    if one.global_id != other.global_id:
        return False
    left, right = (np.array((*scores.similarities, scores.fused), np.float64) for scores in (one, other))
    return bool(np.abs(left - right).max() < ROUNDING)


def _first(similarities: Reals, fused: Reals, among: Flags) -> int | None:
    """Choose by similarity, then fused score, then lowest id; None where there is nobody to choose from."""
    people = np.flatnonzero(among)
    if not len(people):
        return None
    ties = people[similarities[people] == similarities[people].max()]
    return int(ties[fused[ties].argmax()])
