"""Weave cloth: Outfit -> a stretch of it that closes on itself from left to right."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from haven_server.sources.synthetic.figures.shapes import Floats
from haven_server.sources.synthetic.figures.tints import mixed
from haven_server.sources.synthetic.people import Colour, Outfit, Pattern
from haven_server.types import BGRImage

AROUND_M: Final = 0.95
"""About once round a trunk, for the size of patterns."""
PINSTRIPE: Final = 0.22
"""Width of a pinstripe / its distance from the next."""


def woven(outfit: Outfit, width: int, height: int, height_m: float) -> BGRImage:
    """Weave a stretch of the top's cloth.

    Args:
        width, height: texels; the width goes once round the body.
        height_m: what the height stands for.
    """
    chance = np.random.default_rng((outfit.seed, 1))
    period_m, share = float(chance.uniform(0.035, 0.11)), float(chance.uniform(0.3, 0.6))
    repeats = max(round(AROUND_M / period_m), 4)
    rows = (np.arange(height)[:, None] + 0.5) / height * height_m / period_m
    columns = (np.arange(width)[None, :] + 0.5) / width * repeats
    ground, second = outfit.top_colours
    colours = np.array([ground, mixed(ground, second, 0.5), second], np.uint8)
    pattern = _pattern(outfit.top_pattern, columns, rows, share)
    return np.take(colours, np.broadcast_to(pattern, (height, width)), axis=0)


def _pattern(pattern: Pattern, columns: Floats, rows: Floats, share: float) -> npt.NDArray[np.int64]:
    """Say which of ground, half and half, and second colour shows, 0 to 2, at places counted in periods."""
    down, along = rows % 1, columns % 1
    match pattern:
        case Pattern.STRIPES:
            return 2 * (down < share).astype(np.int64)
        case Pattern.PINSTRIPES:
            return 2 * (2 * columns % 1 < PINSTRIPE).astype(np.int64)
        case Pattern.CHECKS:
            return (down < 0.5).astype(np.int64) + (along < 0.5)
        case Pattern.DOTS:
            shift = 0.5 * (rows // 1 % 2)
            distance = np.hypot((columns + shift) % 1 - 0.5, down - 0.5)
            return 2 * (distance < 0.16 + 0.2 * share).astype(np.int64)
        case _:
            return np.zeros((1, 1), np.int64)


def print_figure(cloth: BGRImage, colour: Colour, column: int, row: int, chance: np.random.Generator) -> None:
    """Print a disc, a bar, a triangle or some lines of writing."""
    size = int(chance.integers(14, 24))
    match int(chance.integers(4)):
        case 0:
            cv2.circle(cloth, (column, row), size, colour, -1, cv2.LINE_AA)
        case 1:
            cv2.rectangle(cloth, (column - size, row - size // 2), (column + size, row + size // 2), colour, -1)
        case 2:
            corners = np.array([[column, row - size], [column + size, row + size], [column - size, row + size]])
            cv2.fillPoly(cloth, [corners.astype(np.int32)], colour, cv2.LINE_AA)
        case _:
            for line in (row - 9, row, row + 9):
                half = int(size * chance.uniform(0.6, 1.2))
                cv2.line(cloth, (column - half, line), (column + half, line), colour, 4)
