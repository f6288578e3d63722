"""The calm colours of the demo world's rooms, by name."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

from haven_server.errors import InvalidInputError

RGB = {
    "white": "#f4efe6",
    "cream": "#efe3cc",
    "sand": "#dcc7a3",
    "clay": "#c98f6b",
    "rust": "#b5623f",
    "terracotta": "#cf7f5d",
    "rose": "#d9a79c",
    "blush": "#e8cdc0",
    "mustard": "#d6a545",
    "honey": "#c9914f",
    "oak": "#b98d5e",
    "ash": "#cdb38d",
    "walnut": "#7d5638",
    "espresso": "#4f382a",
    "sage": "#a3b295",
    "olive": "#7f8557",
    "moss": "#5f7350",
    "leaf": "#5d8f4d",
    "mint": "#c4d8c8",
    "teal": "#4b8380",
    "petrol": "#35616b",
    "sky": "#b5ccd6",
    "dusk": "#7d94a8",
    "navy": "#3d4f6b",
    "lavender": "#b7aec6",
    "plum": "#7a5570",
    "stone": "#c4bbad",
    "pebble": "#a39c90",
    "slate": "#6f757a",
    "charcoal": "#43444a",
    "brass": "#b98f4e",
    "steel": "#a9acae",
}


def bgr(name: str) -> npt.NDArray[np.float32]:
    """Give a colour, by its name or as ``#rrggbb``, as (3,) float32 b, g, r in [0, 1].

    Raises:
        InvalidInputError: there is no such colour.
    """
    digits = RGB.get(name, name)
    if not re.fullmatch("#[0-9a-fA-F]{6}", digits):
        raise InvalidInputError(f"colour {name!r}: write #rrggbb, or one of {', '.join(RGB)}")
    red, green, blue = (int(digits[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return np.array([blue, green, red], np.float32)
