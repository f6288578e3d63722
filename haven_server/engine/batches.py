"""Cuts a call into batches that an engine takes, and joins the answers: Tensors -> Tensors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from haven_server.types import Tensors


def cut(tensors: Tensors, most: int) -> Iterator[Tensors]:
    """Give the rows of all tensors in order, at most so many at a time."""
    count = len(next(iter(tensors.values())))
    for first in range(0, count, most):
        yield {name: tensor[first : first + most] for name, tensor in tensors.items()}


def join(answers: Sequence[Tensors]) -> Tensors:
    """Lay the answers of one network, at least one, one after another."""
    if len(answers) == 1:
        return answers[0]
    return {name: np.concatenate([answer[name] for answer in answers]) for name in answers[0]}
