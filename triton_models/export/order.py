"""What is to be exported."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Order:
    """One network.

    Attributes:
        folder: takes the ONNX file, or files.
        size: input height and width of a detector.
        weights: a file of trained weights; None: the makers' own.
        untrained: random weights instead.
    """

    name: str
    folder: Path
    size: int
    weights: Path | None
    untrained: bool
