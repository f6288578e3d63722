"""A share of few cases says how little it tells."""

from __future__ import annotations

import pytest

from haven_server.evaluation.proportion import Proportion, cases_needed, most_allowed, upper_limit


@pytest.mark.parametrize(
    ("count", "total", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_bounds_are_those_that_the_literature_gives(count: int, total: int, low: float, high: float) -> None:
    """Source: Newcombe, Two-sided confidence intervals, Statistics in Medicine 1998, table I, method 3."""
    assert Proportion(count, total).bounds == pytest.approx((low, high), abs=5e-5)


def test_no_case_has_neither_share_nor_bounds() -> None:
    assert (Proportion(0, 0).share, Proportion(0, 0).bounds) == (None, None)
    assert Proportion(0, 0).as_dict() == {"count": 0, "of": 0, "share": None, "low": None, "high": None}


def test_more_cases_leave_less_open() -> None:
    few, many = Proportion(9, 10).as_dict(), Proportion(180, 200).as_dict()
    assert few["share"] == many["share"] == 0.9
    assert few["low"] < many["low"] < 0.9 < many["high"] < few["high"]


@pytest.mark.parametrize(
    ("count", "total", "limit"),
    [(0, 28, 0.1015), (0, 299, 0.00997), (0, 3000, 0.000998), (1, 10, 0.3942), (5, 50, 0.1988), (50, 50, 1.0)],
)
def test_the_one_sided_limit_is_clopper_and_pearsons(count: int, total: int, limit: float) -> None:
    """Source: quantiles of the beta distribution, scipy.stats.beta.ppf(0.95, count + 1, total - count)."""
    assert upper_limit(count, total) == pytest.approx(limit, abs=5e-5)


def test_a_rate_is_shown_by_so_many_cases_and_no_fewer() -> None:
    needed = cases_needed(0.01)
    assert needed == 299
    assert upper_limit(0, needed) <= 0.01 < upper_limit(0, needed - 1)
    assert most_allowed(needed - 1, 0.01) is None
    assert most_allowed(needed, 0.01) == 0


def test_more_cases_allow_more_of_them() -> None:
    allowed = most_allowed(10_000, 0.01)
    assert allowed is not None and upper_limit(allowed, 10_000) <= 0.01 < upper_limit(allowed + 1, 10_000)
