"""Weave cloth: Outfit -> a stretch of it that closes on itself from left to right."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from haven_server.sources.synthetic.people import Colour, Outfit, Pattern
from haven_server.sources.synthetic.shapes import Floats
from haven_server.types import BGRImage

AROUND_M: Final = 0.95
"""About once round a trunk, for the size of patterns."""


def woven(outfit: Outfit, width: int, height: int, height_m: float) -> BGRImage:
    """Weave a stretch of the top's cloth.

    Args:
        width, height: texels; the width goes once round the body.
        height_m: what the height stands for.
    """
    chance = np.random.default_rng((outfit.seed, 1))
    ground, second = (np.array(colour, np.float32) for colour in outfit.top_colours)
    period_m, share = float(chance.uniform(0.035, 0.11)), float(chance.uniform(0.3, 0.6))
    repeats = max(round(AROUND_M / period_m), 4)
    rows = (np.arange(height)[:, None] + 0.5) / height * height_m / period_m
    columns = (np.arange(width)[None, :] + 0.5) / width * repeats
    pattern = np.broadcast_to(_pattern(outfit.top_pattern, columns, rows, share), (height, width))
    return np.ascontiguousarray(np.clip(ground + (second - ground) * pattern[..., None], 0, 255), np.uint8)


def _pattern(pattern: Pattern, columns: Floats, rows: Floats, share: float) -> Floats:
    """Say how much of the second colour shows, 0 to 1, at places counted in periods."""
    down, along = rows % 1, columns % 1
    match pattern:
        case Pattern.STRIPES:
            shown = down < share
        case Pattern.PINSTRIPES:
            shown = 2 * columns % 1 < 0.22
        case Pattern.CHECKS:
            return np.asarray(0.5 * (down < 0.5) + 0.5 * (along < 0.5))
        case Pattern.DOTS:
            shift = 0.5 * (rows // 1 % 2)
            shown = np.hypot((columns + shift) % 1 - 0.5, down - 0.5) < 0.16 + 0.2 * share
        case _:
            shown = np.zeros((1, 1), np.bool_)
    return np.asarray(shown, np.float64)


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
