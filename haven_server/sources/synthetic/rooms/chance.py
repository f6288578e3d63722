"""Choosing by chance what a random room is made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

Choice = TypeVar("Choice")

WOODS = ("oak", "ash", "walnut", "honey", "espresso")
SOFT = ("sage", "rust", "dusk", "mustard", "teal", "stone", "clay", "petrol", "rose", "olive", "plum", "slate", "sand")
"""Colours of covers, curtains, pots and lacquer."""
WALLS = ("cream", "white", "blush", "mint", "sky", "sand", "stone", "sage", "lavender", "rose", "dusk")
STONES = ("stone", "pebble", "sand", "slate", "white", "terracotta", "dusk")
SHADES = ("cream", "white", "blush")
"""Colours of lampshades."""

_WEAVES = 8
_PRINTS = 1 << 20


def one_of(rng: np.random.Generator, choices: Sequence[Choice]) -> Choice:
    """Choose one; each is as likely as the others."""
    return choices[int(rng.integers(len(choices)))]


def weave(rng: np.random.Generator) -> int:
    """Choose a variant of a weave: of few, so that thousands of rooms share their drawings."""
    return int(rng.integers(_WEAVES))


def picture(rng: np.random.Generator) -> int:
    """Choose a variant of a print: of very many."""
    return int(rng.integers(_PRINTS))


def between(rng: np.random.Generator, low: float, high: float) -> float:
    """Choose an amount."""
    return float(rng.uniform(low, high))
