"""A share of few cases says how little it tells."""

from __future__ import annotations

import pytest

from haven_server.evaluation.proportion import Proportion


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
