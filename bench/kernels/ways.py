"""Ways to ask a gallery who somebody is: what one is, HAVEN's own, and NumPy's, by which all others are judged."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from bench.kernels.answers import agree, answer, best_of_each
from bench.kernels.gallery import Gallery, Query, Vectors
from haven_core.search import Match, PrototypeBank, Rules

Reals = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is true of one query.

    Attributes:
        match: the whole answer, by NumPy.
        nearest: per signal, whose prototype is the most similar.
    """

    match: Match
    nearest: tuple[int, ...]


class Way(ABC):
    """One way to ask.

    Attributes:
        name: of the way.
        answers: how much of the answer it gives: all of it, who is nearest in each signal, or everybody's scores.
    """

    name: ClassVar[str]
    answers: ClassVar[str]

    @abstractmethod
    def ask(self, queries: Sequence[Query]) -> Sequence[Any]:
        """Answer several queries at once, in their order."""

    @abstractmethod
    def is_right(self, given: Any, wanted: Wanted) -> bool:
        """Judge one answer."""


class WholeAnswer(Way):
    """A way that gives the whole answer: per gate the best and the best other, with all their scores."""

    answers = "all"

    def is_right(self, given: Match, wanted: Wanted) -> bool:
        """Compare all of it."""
        return agree(given, wanted.match)


class Nearest(Way):
    """A way that finds the most similar prototype per signal, and leaves fusing, gating and the other to the user."""

    answers = "nearest"

    def is_right(self, given: tuple[int, ...], wanted: Wanted) -> bool:
        """Compare whose prototypes they are."""
        return given == wanted.nearest


class Haven(WholeAnswer):
    """HAVEN's own."""

    name = "HAVEN"

    def __init__(self, bank: PrototypeBank, rules: Rules) -> None:
        self._bank, self._rules = bank, rules

    def ask(self, queries: Sequence[Query]) -> Sequence[Match]:
        """Answer all in one pass over the bank."""
        if len(queries) == 1:
            return [self._bank.match(queries[0], self._rules)]
        return self._bank.match_many(queries, self._rules)


class NumPy(WholeAnswer):
    """Matrix times vector, then NumPy for the rest: what all others are checked against."""

    name = "numpy"

    def __init__(self, gallery: Gallery, rules: Rules) -> None:
        self._gallery, self._rules = gallery, rules

    def ask(self, queries: Sequence[Query]) -> Sequence[Match]:
        """Compare all queries with all vectors, then answer one by one."""
        similarities, averaged = (
            [self._compare(vectors, stacked(queries, row)) for row, vectors in enumerate(matrices)]
            for matrices in (self._gallery.prototypes, self._gallery.means)
        )
        return [
            answer([one[number] for one in similarities], [one[number] for one in averaged], self._rules)
            for number in range(len(queries))
        ]

    def wanted(self, query: Query) -> Wanted:
        """Say what is true of one query."""
        nearest = [
            int(best_of_each(self._compare(vectors, stacked([query], row))[0]).argmax())
            for row, vectors in enumerate(self._gallery.prototypes)
        ]
        return Wanted(self.ask([query])[0], tuple(nearest))

    def _compare(self, vectors: Vectors, queries: Reals) -> Reals:
        """Return (Q, rows) similarities."""
        # One row each: a product of two matrices turned round, and of a matrix and a vector, which BLAS does faster.
        return np.ascontiguousarray((vectors @ queries.T).T) if len(queries) > 1 else (vectors @ queries[0])[np.newaxis]


def stacked(queries: Sequence[Query], row: int) -> Reals:
    """Lay one signal of all queries out as (Q, D)."""
    return np.stack([query[row] for query in queries])
