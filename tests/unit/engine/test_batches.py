"""Long calls are cut and their answers joined without a trace."""

from __future__ import annotations

import numpy as np

from haven_server.engine.batches import cut, join


def test_rows_stay_in_order_and_none_is_lost() -> None:
    parts = list(cut({"images": np.arange(7)}, 3))
    assert [part["images"].tolist() for part in parts] == [[0, 1, 2], [3, 4, 5], [6]]


def test_a_short_call_is_one_part() -> None:
    assert len(list(cut({"images": np.arange(3)}, 3))) == 1


def test_answers_are_laid_one_after_another() -> None:
    joined = join([{"count": np.array([[1], [2]], np.int32)}, {"count": np.array([[3]], np.int32)}])
    assert joined["count"].tolist() == [[1], [2], [3]]
    assert joined["count"].dtype == np.int32
