"""Arithmetic with colours: colours -> Colour."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from haven_server.sources.synthetic.people import Colour


def as_colour(values: npt.ArrayLike) -> Colour:
    """Bring three numbers into the range of a colour."""
    b, g, r = np.clip(np.asarray(values, np.float64), 0, 255).round().tolist()
    return int(b), int(g), int(r)


def scaled(colour: Colour, factor: float | tuple[float, float, float]) -> Colour:
    """Make a colour darker or brighter, all at once or b, g and r apart."""
    return as_colour(np.array(colour) * factor)


def mixed(first: Colour, second: Colour, share: float) -> Colour:
    """Mix a share of a second colour into the first."""
    return as_colour(np.array(first) * (1 - share) + np.array(second) * share)


def between(colours: tuple[Colour, ...], place: float) -> Colour:
    """Give the colour at a place in a row of colours that flow into one another, 0 for the first."""
    index = min(int(place), len(colours) - 2)
    return mixed(colours[index], colours[index + 1], place - index)


def tinted(chance: np.random.Generator, colour: Colour, spread: float) -> Colour:
    """Vary the brightness of a colour by about ``spread`` grey levels, and its hue by less."""
    brighter = 1 + chance.normal(0, spread) / max(128.0, *colour)
    return as_colour(np.array(colour) * brighter + chance.normal(0, spread / 4, 3))
