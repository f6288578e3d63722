"""Who is this? Exact search over a bank of prototypes: vectors of one person -> the best identities per signal."""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

class Rules(NamedTuple):
    """What a call of ``match`` demands. S signals, and one gate per signal.

    A gate passes an identity whose best prototype in the gate's own signal is over its threshold, and which in each
    other signal is over the gate's floor or, unless that signal is required, cannot be compared.

    Attributes:
        weights: (S,) float64, of the signals in the fused score, positive and finite.
        thresholds: (S,) float64, of each gate.
        floors: (S, S) float64, by gate and signal; -inf where any similarity will do.
        required: (S, S) uint8, by gate and signal; 1 where the signal must be comparable.
        vetoes: (S,) float64; an identity under it in that signal stands nowhere; -inf for no veto.
        reaches: (S,) float64 of at least 0; how far behind the best one the other is still told, by gate; inf: however
            far. Less reach is less to read: somebody who is known costs little only if the other need not be found at
            any distance.
    """

    weights: npt.NDArray[np.float64]
    thresholds: npt.NDArray[np.float64]
    floors: npt.NDArray[np.float64]
    required: npt.NDArray[np.uint8]
    vetoes: npt.NDArray[np.float64]
    reaches: npt.NDArray[np.float64]

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
        other: the first of all the rest, whether or not they passed; None when that is further behind ``best`` than
            the gate's reach.
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

    Changing one identity costs the same whatever the bank's size, growth included. One thread may change a bank, and
    none may while another matches; ``match`` releases the GIL.

    Args:
        dimensions: length of the vectors of each signal, at most 65536; 0 for a signal that is not used (yet).
        memory_size: prototypes per identity and signal at most; itself at most 65536.
        isa: build of the arithmetic, one of ``haven_core.isas()``; None: the fastest. All answer alike, bit for bit.
    Raises:
        ValueError: no signal, a dimension or memory size out of range, or a build that does not run here.
        MemoryError: no room, for this or for one more identity; the bank then stays as it is.
    """

    def __init__(self, dimensions: Sequence[int], memory_size: int, isa: str | None = None) -> None: ...
    @property
    def dimensions(self) -> tuple[int, ...]:
        """Length of the vectors of each signal."""

    @property
    def memory_size(self) -> int:
        """Prototypes per identity and signal at most."""

    @property
    def isa(self) -> str:
        """The build in use."""

    def define(self, signal: int, dimension: int) -> None:
        """Give a signal that was not used the length of its vectors.

        Raises:
            ValueError: it has one already, or ``dimension`` is out of range.
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

    def merge(self, target: int, source: int) -> None:
        """Give one identity all prototypes of another, after its own, and forget the other.

        Where both have an average, the target's stays.

        Raises:
            ValueError: in some signal they have more than ``memory_size`` prototypes together (nothing is changed: drop
                some first), or both are the same.
            KeyError: one is not in the bank.
        """

    def used(self, signal: int, global_id: int) -> int:
        """Count an identity's prototypes in one signal."""

    def total(self, signal: int) -> int:
        """Count everybody's prototypes in one signal."""

    def put(
        self,
        signal: int,
        global_id: int,
        position: int,
        vector: npt.NDArray[np.float32],
        embedding_id: int = 0,
        captured_at: int = 0,
        quality: float = 0.0,
    ) -> None:
        """Replace the prototype at ``position``, or append one at the first free position.

        Args:
            vector: (dimension,) float32 of unit norm, to a thousandth.
            embedding_id, captured_at, quality: kept with it, see ``records``; times in ns.
        Raises:
            ValueError: no such position, or not a finite float32 vector of the signal's length and unit norm.
            KeyError: the identity is not in the bank.
        """

    def drop(self, signal: int, global_id: int, position: int) -> None:
        """Forget one prototype; the last one takes its position. The average goes with the last prototype."""

    def expire(self, signal: int, global_id: int, before_ns: int) -> int:
        """Drop an identity's prototypes that were captured before then; return how many those were."""

    def oldest(self, signal: int, global_id: int) -> int | None:
        """Return when an identity's oldest prototype was captured, ns; None when it has none in the signal."""

    def prototypes(self, signal: int, global_id: int) -> npt.NDArray[np.float32]:
        """Copy an identity's prototypes in one signal, (used, dimension), by position."""

    def records(self, signal: int, global_id: int) -> npt.NDArray[Any]:
        """Copy what is kept beside an identity's prototypes, (used,) of ``packing.RECORD``, by position."""

    def set_mean(self, signal: int, global_id: int, vector: npt.NDArray[np.float32]) -> None:
        """Set the moving average of an identity that has a prototype in the signal.

        Raises:
            ValueError: it has none, or the vector is not one (see ``put``).
        """

    def move_mean(
        self, signal: int, global_id: int, vector: npt.NDArray[np.float32], alpha: float
    ) -> npt.NDArray[np.float32]:
        """Move the moving average towards a new view, on the unit sphere; return a copy of it.

        Without an average, and where the two cancel out, the view becomes the average.

        Args:
            alpha: weight of the new view, (0, 1].
        Raises:
            ValueError: see ``set_mean``; or no such weight.
        Source: SEED 5.4.
        """

    def mean(self, signal: int, global_id: int) -> npt.NDArray[np.float32] | None:
        """Copy an identity's moving average in one signal; None without one."""

    def pack(self, signal: int, global_id: int) -> bytes:
        """Write down all an identity is remembered by in one signal, as ``haven_core.packing`` says."""

    def unpack(self, signal: int, global_id: int, data: bytes | memoryview) -> None:
        """Put what ``pack`` wrote in the place of all an identity is remembered by in one signal.

        Bytes after the vectors are passed over.

        Raises:
            ValueError: this is no such value, or a piece of one; its vectors are of another length; it holds more than
                ``memory_size`` prototypes, or an average without any. Then nothing is changed. Or a vector is not of
                unit norm, and the identity is remembered by nothing in the signal.
            KeyError: the identity is not in the bank.
        """

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

    def match_many(
        self,
        queries: Sequence[Sequence[npt.NDArray[np.float32] | None]],
        rules: Rules,
        excluded: Sequence[Collection[int]] = (),
    ) -> list[Match]:
        """Compare several people with every identity, eight in one pass over memory.

        Args:
            queries: one of ``match`` for each person.
            excluded: one of ``match`` for each person, or none at all.
        Returns:
            What ``match`` answers for each by itself.
        Raises:
            ValueError: see ``match``; or another number of ``excluded``.
        """

    def score(
        self, queries: Sequence[npt.NDArray[np.float32] | None], global_id: int, weights: npt.NDArray[np.float64]
    ) -> Scores | None:
        """Compare one person with one identity; None when they share no signal."""
