"""Checks a call's tensors against what a network takes, the same for every engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from haven_server.errors import EngineInputError
from haven_server.types import ModelRole, Tensors


@dataclass(frozen=True, slots=True)
class InputSpec:
    """One tensor that a network takes.

    Attributes:
        shape: batch axis first; None for an axis of any length of at least 1.
    """

    name: str
    dtype: np.dtype[np.generic]
    shape: tuple[int | None, ...]

    def __str__(self) -> str:
        return f"{self.name} {self.dtype} {_spell(self.shape)}"


def check_inputs(role: ModelRole, wanted: Sequence[InputSpec], given: Tensors) -> None:
    """Refuse a call that a network could not answer.

    Raises:
        EngineInputError: a name, shape or dtype differs; the message says what was wanted and what was given.
    """
    if {spec.name for spec in wanted} == set(given) and all(_fits(spec, given) for spec in wanted):
        return
    takes = ", ".join(str(spec) for spec in wanted)
    got = ", ".join(f"{name} {tensor.dtype} {_spell(tensor.shape)}" for name, tensor in given.items()) or "nothing"
    raise EngineInputError(f"{role.value} takes {takes}; given {got}")


def _fits(spec: InputSpec, given: Tensors) -> bool:
    tensor = given[spec.name]
    return (
        tensor.dtype == spec.dtype
        and tensor.ndim == len(spec.shape)
        and all(got == want or (want is None and got > 0) for want, got in zip(spec.shape, tensor.shape, strict=True))
    )


def _spell(shape: Sequence[int | None]) -> str:
    return "[" + ",".join("?" if axis is None else str(axis) for axis in shape) + "]"
