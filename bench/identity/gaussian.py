"""People nobody has met: real vectors -> unit vectors drawn from a Gaussian fitted to them.

So few real vectors leave their covariance of low rank, and draws from it are far more alike than strangers are. So it
is shrunk towards a multiple of the identity, which keeps mean and spread, by as much as makes the cosines of two draws
vary as those of two real people do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]
HALVINGS = 40


@dataclass(frozen=True, slots=True, eq=False)
class Gaussian:
    """A distribution of unit vectors.

    Attributes:
        mean: (D,) of the real vectors.  deviations: (N, D) of theirs from it.
        shrinkage: share of the spread that goes in all directions alike, in [0, 1].
    """

    mean: npt.NDArray[np.float64]
    deviations: npt.NDArray[np.float64]
    shrinkage: float

    def draw(self, count: int, chance: np.random.Generator) -> Vectors:
        """Draw (count, D) unit vectors."""
        rows, dimension = self.deviations.shape
        along = chance.standard_normal((count, rows)) @ self.deviations / np.sqrt(rows)
        spread = np.square(self.deviations).sum() / rows / dimension
        around = chance.standard_normal((count, dimension)) * np.sqrt(spread)
        drawn = self.mean + np.sqrt(1 - self.shrinkage) * along + np.sqrt(self.shrinkage) * around
        return np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True), np.float32)


def fit(vectors: Vectors, people: Sequence[int]) -> Gaussian:
    """Fit a Gaussian to views of several people.

    Args:
        vectors: (N, D) of unit norm.
        people: N of them: whose each is.
    """
    values = vectors.astype(np.float64)
    mean = values.mean(axis=0)
    deviations = values - mean
    first, second = np.triu_indices(len(values), 1)
    owners = np.asarray(people)
    strangers = owners[first] != owners[second]
    wanted = float((values @ values.T)[first, second][strangers].var())
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if _variance(mean, deviations, middle) > wanted else (low, middle)
    return Gaussian(mean, deviations, (low + high) / 2)


def _variance(mean: npt.NDArray[np.float64], deviations: npt.NDArray[np.float64], shrinkage: float) -> float:
    """Give the variance of the product of two draws: the squared covariance's trace, and twice the mean's share."""
    rows, dimension = deviations.shape
    products = deviations @ deviations.T / rows
    spread = float(np.trace(products)) / dimension
    alone = 1 - shrinkage
    squared = alone**2 * np.square(products).sum() + 2 * alone * shrinkage * spread * np.trace(products)
    squared += dimension * (shrinkage * spread) ** 2
    along = alone * np.square(deviations @ mean).sum() / rows + shrinkage * spread * (mean @ mean)
    return float(squared + 2 * along)
