"""A gallery as a site would have it, and people to look for: seed -> vectors.

Pruning lives on people being like themselves, so noise alone would not do: every identity has a centre on the unit
sphere, and its views lie round it. How like themselves people are, and how alike strangers, stands in ``SIGNALS``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from haven_core.reference_search import ReferenceBank
from haven_core.search import PrototypeBank

Vectors: TypeAlias = npt.NDArray[np.float32]
"""(N, D) float32, unit norm."""
Query: TypeAlias = tuple[npt.NDArray[np.float32], ...]
"""One person as seen now: a (D,) float32 of unit norm per signal."""

PROTOTYPES = 10
"""Per identity and signal, beside one moving average."""
EMA_ALPHA = 0.3
UNEVENNESS = 0.25
"""Standard deviation of the logarithm of a view's distance from its centre: some views are poor."""
BLOCK = 1000
"""Identities drawn at a time, so that drawing takes no memory worth naming."""
CENTRES, VIEWS, LOOKS = range(3)
"""What chance is drawn for: the same seed serves each but once."""


@dataclass(frozen=True, slots=True)
class Signal:
    """How people look in one signal.

    Attributes:
        dimension: of its vectors.
        same: median cosine of two views of one person.
        strangers: mean cosine of two people's centres; of their views, less.
    """

    name: str
    dimension: int
    same: float
    strangers: float


SIGNALS = (Signal("face", 512, 0.7, 0.0), Signal("gait", 128, 0.6, 0.0), Signal("appearance", 512, 0.7, 0.3))


@dataclass(frozen=True, slots=True)
class Gallery:
    """People 0 to N - 1, and what is remembered of them.

    Attributes:
        prototypes: per signal (N * 10, D), person by person.
        means: per signal (N, D), the moving averages.
    """

    prototypes: tuple[Vectors, ...]
    means: tuple[Vectors, ...]

    def __len__(self) -> int:
        return len(self.means[0])

    def first(self, count: int) -> Gallery:
        """Return the gallery of the first people; nothing is copied."""
        return Gallery(
            tuple(vectors[: count * PROTOTYPES] for vectors in self.prototypes),
            tuple(vectors[:count] for vectors in self.means),
        )

    def bank(self) -> PrototypeBank:
        """Put everybody into a prototype bank."""
        bank = PrototypeBank([signal.dimension for signal in SIGNALS], PROTOTYPES)
        self.fill(bank)
        return bank

    def fill(self, bank: PrototypeBank | ReferenceBank) -> None:
        """Put everybody into an empty bank of these signals."""
        for person in range(len(self)):
            bank.add(person)
            for signal, (prototypes, means) in enumerate(zip(self.prototypes, self.means, strict=True)):
                for position in range(PROTOTYPES):
                    bank.put(signal, person, position, prototypes[person * PROTOTYPES + position])
                bank.set_mean(signal, person, means[person])


def draw_gallery(count: int) -> Gallery:
    """Draw people; person n is the same in a gallery of any size."""
    gallery = Gallery(
        tuple(np.empty((count * PROTOTYPES, signal.dimension), np.float32) for signal in SIGNALS),
        tuple(np.empty((count, signal.dimension), np.float32) for signal in SIGNALS),
    )
    for row in range(len(SIGNALS)):
        for begin in range(0, count, BLOCK):
            end = min(begin + BLOCK, count)
            centres = _centres(row, begin // BLOCK)[: end - begin]
            views = _views(row, centres, PROTOTYPES, np.random.default_rng((VIEWS, row, begin)))
            gallery.prototypes[row][begin * PROTOTYPES : end * PROTOTYPES] = views.reshape(-1, views.shape[2])
            gallery.means[row][begin:end] = _averaged(views)
    return gallery


def look_at(person: int) -> Query:
    """See somebody once more: of the gallery if they are in it, a stranger if not."""
    return tuple(
        _views(
            row,
            _centres(row, person // BLOCK)[person % BLOCK, np.newaxis],
            1,
            np.random.default_rng((LOOKS, row, person)),
        )[0, 0]
        for row in range(len(SIGNALS))
    )


def _centres(row: int, block: int) -> Vectors:
    """Draw where a block of people lie in one signal."""
    signal = SIGNALS[row]
    common = _unit(np.random.default_rng((CENTRES, row)).standard_normal(signal.dimension, np.float32))
    own = _unit(np.random.default_rng((CENTRES, row, block)).standard_normal((BLOCK, signal.dimension), np.float32))
    return _unit(np.float32(np.sqrt(signal.strangers)) * common + np.float32(np.sqrt(1 - signal.strangers)) * own)


def _views(row: int, centres: Vectors, count: int, chance: np.random.Generator) -> Vectors:
    """Draw ``count`` views round each centre: (people, count, D).

    Two views that are ``d`` away from their centre in directions of their own have a cosine of 1 / (1 + d * d).
    """
    unevenness = np.exp(UNEVENNESS * chance.standard_normal((len(centres), count, 1), np.float32))
    away = np.float32(np.sqrt(1 / SIGNALS[row].same - 1)) * unevenness
    directions = _unit(chance.standard_normal((len(centres), count, centres.shape[1]), np.float32))
    return _unit(centres[:, np.newaxis] + away * directions)


def _averaged(views: Vectors) -> Vectors:
    """Move an average over each person's views, as learning does."""
    mean = views[:, 0]
    for number in range(1, views.shape[1]):
        mean = _unit(np.float32(1 - EMA_ALPHA) * mean + np.float32(EMA_ALPHA) * views[:, number])
    return mean


def _unit(vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True), np.float32)
