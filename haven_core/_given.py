"""How kernels say what they were given."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


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


def required(name: str, given: Any, shape: tuple[int | str, ...], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """Return an argument that is a contiguous array of this shape, every length at least 1.

    Args:
        name: of the argument.
        shape: a string names a length that may be any.
    Raises:
        ValueError: it is something else.
    """
    if (
        isinstance(given, np.ndarray)
        and given.dtype == dtype
        and given.ndim == len(shape)
        and given.flags.c_contiguous
        and all(got == want or (isinstance(want, str) and got) for got, want in zip(given.shape, shape, strict=True))
    ):
        return given
    lengths = f"({shape[0]},)" if len(shape) == 1 else f"({', '.join(map(str, shape))})"
    raise rejected(name, given, f"{lengths} {np.dtype(dtype)}, contiguous")
