"""Who is this? Exact search over a bank of prototypes: vectors of one person -> the best identities per signal."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

class Rules(NamedTuple):
    """What a call of ``match`` demands. S signals, and one gate per signal.

    A gate passes an identity whose best prototype in the gate's own signal is over its threshold, and which in each
    other signal is over the gate's floor or, unless that signal is required, cannot be compared.

    Attributes:
        weights: (S,) float64, of the signals in the fused score, positive.
        thresholds: (S,) float64, of each gate.
        floors: (S, S) float64, by gate and signal; -inf where any similarity will do.
        required: (S, S) uint8, by gate and signal; 1 where the signal must be comparable.
        vetoes: (S,) float64; an identity under it in that signal stands nowhere; -inf for no veto.
    """

    weights: npt.NDArray[np.float64]
    thresholds: npt.NDArray[np.float64]
    floors: npt.NDArray[np.float64]
    required: npt.NDArray[np.uint8]
    vetoes: npt.NDArray[np.float64]

class Scores(NamedTuple):
    """How one identity compares with the query.

    Attributes:
        similarities: per signal the best prototype's cosine; None where one side lacks the signal.
        fused: weighted mean over the signals both sides have, of the best among prototypes and moving average.
    """

    global_id: int
    similarities: tuple[float | None, ...]
    fused: float

class Standing(NamedTuple):
    """Who stands where before one gate, by similarity in its signal, then fused score, then lowest id.

    Attributes:
        passed: True when ``best`` passed the gate.
        best: the first of those who passed; when nobody did, the first of all; None when nobody can be compared.
        other: the first of all the rest, whether or not they passed.
    """

    passed: bool
    best: Scores | None
    other: Scores | None

class Match(NamedTuple):
    """The answer to one query.

    Attributes:
        standings: one per gate, in order of the signals.
        vetoed: identities that passed a gate and were kept out by ``Rules.vetoes``, ascending.
        considered: identities that were not excluded and share a signal with the query.
    """

    standings: tuple[Standing, ...]
    vetoed: tuple[int, ...]
    considered: int

class PrototypeBank:
    """Remembered views of identities: prototypes and one moving average per identity and signal.

    Changing one identity costs the same whatever the bank's size, growth by doubling aside. One thread may change a
    bank, and none may while another matches; ``match`` releases the GIL.

    Args:
        dimensions: length of the vectors of each signal; 0 for a signal that is not used (yet).
        memory_size: prototypes per identity and signal at most.
    Raises:
        ValueError: no signal, a negative dimension, or no room for a prototype.
    """

    def __init__(self, dimensions: Sequence[int], memory_size: int) -> None: ...
    @property
    def dimensions(self) -> tuple[int, ...]:
        """Length of the vectors of each signal."""

    @property
    def memory_size(self) -> int:
        """Prototypes per identity and signal at most."""

    def define(self, signal: int, dimension: int) -> None:
        """Give a signal that was not used the length of its vectors.

        Raises:
            ValueError: it has one already, or ``dimension`` is not positive.
        """

    def __len__(self) -> int: ...
    def __contains__(self, global_id: int) -> bool: ...
    def add(self, global_id: int) -> None:
        """Make room for an identity, empty in all signals.

        Raises:
            ValueError: it is in the bank already.
        """

    def remove(self, global_id: int) -> None:
        """Forget an identity whole.

        Raises:
            KeyError: it is not in the bank.
        """

    def used(self, signal: int, global_id: int) -> int:
        """Count an identity's prototypes in one signal."""

    def put(self, signal: int, global_id: int, position: int, vector: npt.NDArray[np.float32]) -> None:
        """Replace the prototype at ``position``, or append one at the first free position.

        Raises:
            ValueError: no such position, or not a finite float32 vector of the signal's length and unit norm.
            KeyError: the identity is not in the bank.
        """

    def drop(self, signal: int, global_id: int, position: int) -> None:
        """Forget one prototype; the last one takes its position. The average goes with the last prototype."""

    def prototypes(self, signal: int, global_id: int) -> npt.NDArray[np.float32]:
        """Copy an identity's prototypes in one signal, (used, dimension), by position."""

    def set_mean(self, signal: int, global_id: int, vector: npt.NDArray[np.float32]) -> None:
        """Set the moving average of an identity that has a prototype in the signal.

        Raises:
            ValueError: it has none, or the vector is not one (see ``put``).
        """

    def mean(self, signal: int, global_id: int) -> npt.NDArray[np.float32] | None:
        """Copy an identity's moving average in one signal; None without one."""

    def match(
        self, queries: Sequence[npt.NDArray[np.float32] | None], rules: Rules, excluded: Collection[int] = ()
    ) -> Match:
        """Compare one person with every identity.

        Args:
            queries: per signal a (dimension,) float32 vector of unit norm; None where the signal is missing.
            excluded: identities that stand nowhere and are not counted; unknown ids are no error.
        Raises:
            ValueError: a vector or rule of another shape, dtype or norm, NaN or Inf among them.
        """

    def score(
        self, queries: Sequence[npt.NDArray[np.float32] | None], global_id: int, weights: npt.NDArray[np.float64]
    ) -> Scores | None:
        """Compare one person with one identity; None when they share no signal."""
