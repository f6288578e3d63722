"""Pictures that were rendered once, in a folder of parts: part number -> arrays on disk -> arrays in memory."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Arrays = Mapping[str, npt.NDArray[Any]]
"""By name; all have one row per picture."""
Maker = Callable[[int], Arrays]
"""Renders one part; sent to other processes, so a module's function or a partial of one."""


def render(make: Maker, parts: int, folder: Path, workers: int) -> None:
    """Render the parts that are missing; can be broken off and called again."""
    folder.mkdir(parents=True, exist_ok=True)
    missing = [part for part in range(parts) if not _path(folder, part).exists()]
    if workers == 1:
        for part in missing:
            _write(make, part, folder)
        return
    with ProcessPoolExecutor(workers) as pool:
        for done in [pool.submit(_write, make, part, folder) for part in missing]:
            done.result()


def load(folder: Path) -> dict[str, npt.NDArray[Any]]:
    """Read all parts, in their order.

    Raises:
        FileNotFoundError: nothing was rendered there.
    """
    parts = sorted(folder.glob("part-*.npz"))
    if not parts:
        raise FileNotFoundError(f"{folder} holds no pictures; render them first")
    loaded = [np.load(part) for part in parts]
    return {name: np.concatenate([arrays[name] for arrays in loaded]) for name in loaded[0].files}


def _path(folder: Path, part: int) -> Path:
    return folder / f"part-{part:05d}.npz"


def _write(make: Maker, part: int, folder: Path) -> None:
    """Render one part and put it in its place, whole or not at all."""
    path = _path(folder, part)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with temporary.open("wb") as file:
        np.savez(file, **make(part))  # type: ignore[arg-type]  # its own `allow_pickle` comes after the arrays
    temporary.replace(path)
