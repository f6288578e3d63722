"""Pictures that are rendered once and kept in parts."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest

from triton_models.training import shards
from triton_models.training.shards import Arrays


def numbered(part: int, made: list[int] | None = None) -> Arrays:
    if made is not None:
        made.append(part)
    return {"pictures": np.full((2, 3), part), "people": np.array([2 * part, 2 * part + 1])}


def test_parts_are_read_in_their_order(tmp_path: Path) -> None:
    shards.render(numbered, 3, tmp_path, workers=1)
    assert shards.load(tmp_path)["people"].tolist() == [0, 1, 2, 3, 4, 5]


def test_what_was_rendered_is_not_rendered_again(tmp_path: Path) -> None:
    made: list[int] = []
    shards.render(numbered, 2, tmp_path, workers=1)
    shards.render(partial(numbered, made=made), 4, tmp_path, workers=1)
    assert made == [2, 3]


def test_several_processes_render_the_same(tmp_path: Path) -> None:
    shards.render(numbered, 3, tmp_path, workers=2)
    assert shards.load(tmp_path)["pictures"][:, 0].tolist() == [0, 0, 1, 1, 2, 2]


def test_a_folder_without_pictures_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="render them first"):
        shards.load(tmp_path)
