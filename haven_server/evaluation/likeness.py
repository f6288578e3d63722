"""How alike views of one person and of different people are: vectors, owners -> Likeness.

Many pictures of few people are few cases: pictures of the same two people depend on one another. So what is counted is
pairs of people, each by the likeness of its most similar views, which is what a match goes by, and people, each by
that of the least similar ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Likeness:
    """Cosines in one signal.

    Attributes:
        strangers: (S,) of every two people, the greatest of their views'.
        selves: (P,) of everybody with two views or more, the least of the own views'.
        different, same: of every two views, of two people and of one.
    """

    strangers: Floats
    selves: Floats
    different: Floats
    same: Floats


def likeness_of(vectors: Floats, owners: Sequence[str], apart: Set[frozenset[str]] | None = None) -> Likeness:
    """Compare every view with every other one.

    Args:
        vectors: (N, D) of unit norm.
        owners: N of them: whose each is.
        apart: pairs of owners who are known to be two people; None: all are.
    """
    views = {owner: np.flatnonzero([one == owner for one in owners]) for owner in dict.fromkeys(owners)}
    cosines = vectors @ vectors.T
    pairs = [pair for pair in combinations(views, 2) if apart is None or frozenset(pair) in apart]
    between = [cosines[np.ix_(views[first], views[second])] for first, second in pairs]
    return gather(between, [upper(cosines[np.ix_(own, own)]) for own in views.values()])


def gather(between: Iterable[Floats], within: Iterable[Floats]) -> Likeness:
    """Put together what was compared.

    Args:
        between: for every two people the cosines of their views, in any shape, at least one.
        within: for every person those of the own views, possibly none.
    """
    apart = [cosines.ravel() for cosines in between]
    own = [cosines.ravel() for cosines in within if cosines.size]
    return Likeness(
        np.array([cosines.max() for cosines in apart], np.float32),
        np.array([cosines.min() for cosines in own], np.float32),
        np.concatenate([np.zeros(0, np.float32), *apart]),
        np.concatenate([np.zeros(0, np.float32), *own]),
    )


def upper(cosines: Floats) -> Floats:
    """Return the cosines of different views, each pair once."""
    first, second = np.triu_indices(len(cosines), 1)
    upper: Floats = cosines[first, second]
    return upper
