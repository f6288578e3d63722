"""How kernels say what they were given."""

from __future__ import annotations

from typing import Any


def rejected(name: str, given: Any, wanted: str) -> ValueError:
    """Make the error for an argument of the wrong kind.

    Args:
        name: of the argument.
        given: the argument itself; shape, dtype and memory layout are told where it has them.
        wanted: what would have been right.
    """
    shape, dtype = getattr(given, "shape", None), getattr(given, "dtype", None)
    if shape is None or dtype is None:
        return ValueError(f"{name}: wanted {wanted}, got {type(given).__name__}")
    flags = given.flags
    layout = ("" if flags.c_contiguous else ", not contiguous") + ("" if flags.writeable else ", read-only")
    return ValueError(f"{name}: wanted {wanted}, got {shape} {dtype}{layout}")
