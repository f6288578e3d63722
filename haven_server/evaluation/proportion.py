"""A share of counted cases, and what so few cases leave open: counts -> Proportion."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, exp, lgamma, log, log1p, sqrt
from statistics import NormalDist
from typing import Any

CONFIDENCE = 0.95
"""With which the true share lies within the bounds."""
_Z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
_HALVINGS = 60
"""Of the interval in which a limit is looked for: as exact as a float."""


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


def upper_limit(count: int, total: int) -> float:
    """Say what the true share does not exceed with ``CONFIDENCE``, one-sided: the share at which so few are that rare.

    A threshold that lets the ``count`` highest of ``total`` chance values through has this limit even where it was
    chosen by those values, since the share above an order statistic has the same distribution.

    Args:
        count, total: cases, 0 <= count <= total.
    Source: Clopper and Pearson, The use of confidence or fiducial limits, Biometrika 26(4), 1934; for thresholds
        Wilks, Determination of sample sizes for setting tolerance limits, Annals of Mathematical Statistics 12, 1941.
    """
    if count >= total:
        return 1.0
    low, high = count / total, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if _at_most(count, total, middle) > 1 - CONFIDENCE else (low, middle)
    return high


def most_allowed(total: int, share: float) -> int | None:
    """Say how many of ``total`` may be counted that the true share is still shown to be at most ``share``.

    Returns:
        None: so few show it with not a single one counted.
    """
    if total < cases_needed(share):
        return None
    low, high = 0, total
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if upper_limit(middle, total) <= share else (low, middle)
    return low


def cases_needed(share: float) -> int:
    """Say how many cases, none of them counted, show that the true share is at most this one, in (0, 1)."""
    return ceil(log(1 - CONFIDENCE) / log1p(-share))


def _at_most(count: int, total: int, share: float) -> float:
    """Give the chance that of ``total`` at most ``count`` are counted where each is with the chance ``share``."""
    if share >= 1:
        return 0.0
    return sum(
        exp(
            lgamma(total + 1)
            - lgamma(one + 1)
            - lgamma(total - one + 1)
            + one * log(share if one else 1.0)
            + (total - one) * log1p(-share)
        )
        for one in range(count + 1)
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
