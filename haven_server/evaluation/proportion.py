"""A share of counted cases, and what so few cases leave open: counts -> Proportion."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist
from typing import Any

CONFIDENCE = 0.95
"""With which the true share lies within the bounds."""
_Z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)


@dataclass(frozen=True, slots=True)
class Proportion:
    """Some cases of all.

    Attributes:
        count, total: cases, 0 <= count <= total.
    """

    count: int
    total: int

    @property
    def share(self) -> float | None:
        """Which share they are, in [0, 1]; None without any case."""
        return self.count / self.total if self.total else None

    @property
    def bounds(self) -> tuple[float, float] | None:
        """Between which shares the true one lies; None without any case.

        Source: Wilson, Probable inference, JASA 1927: sound for few cases and for shares of 0 and 1, too.
        """
        if not self.total:
            return None
        square = _Z * _Z
        middle = (self.count + square / 2) / (self.total + square)
        spread = self.count * (self.total - self.count) / self.total + square / 4
        reach = _Z * sqrt(spread) / (self.total + square)
        return max(middle - reach, 0.0), min(middle + reach, 1.0)

    def as_dict(self) -> dict[str, Any]:
        """Return counts, share and bounds as JSON values, rounded."""
        low, high = self.bounds or (None, None)
        return {
            "count": self.count,
            "of": self.total,
            "share": _rounded(self.share),
            "low": _rounded(low),
            "high": _rounded(high),
        }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
