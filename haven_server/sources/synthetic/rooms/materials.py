"""What surfaces of the demo world look like: a material's name -> colours over a surface.

A name reads ``kind:colour`` or ``kind:colour:variant``, such as ``planks:oak:3``; the variant is a whole number and
seeds what is left to chance.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from haven_server.errors import InvalidInputError
from haven_server.sources.synthetic.rooms import prints, textures
from haven_server.sources.synthetic.rooms.palette import bgr
from haven_server.types import BGRImage

Layers = tuple[npt.NDArray[np.uint8], ...]
"""A picture and smaller and smaller copies of it, each half as large."""


@dataclass(frozen=True, slots=True)
class Weave:
    """A kind of surface that goes on for ever.

    Attributes:
        draw: its shades.
        metres: side of one tile of shades.
        contrast: how far its two colours lie from the one that is asked for.
        rounding_m: radius of the edges of what is made of it.
        gloss: share of the light it mirrors at a grazing view.
    """

    draw: Callable[[np.random.Generator], textures.Shades]
    metres: float
    contrast: float
    rounding_m: float = 0.004
    gloss: float = 0.0


@dataclass(frozen=True, slots=True)
class Print:
    """A kind of surface that is drawn once, to fit.

    Attributes:
        glow: light that it gives off by itself, 1 as bright as white paper.
        sun: strength of the sunlight that falls through it.
        edge: kind of its narrow sides, in the same colour.
    """

    draw: Callable[[npt.NDArray[np.float32], np.random.Generator], BGRImage]
    glow: float = 0.0
    sun: float = 0.0
    edge: str = "paint"
    gloss: float = 0.0


WEAVES = {
    "planks": Weave(textures.planks, 2.2, 0.24, gloss=0.22),
    "parquet": Weave(textures.parquet, 1.8, 0.24, gloss=0.22),
    "tiles": Weave(textures.tiles, 1.6, 0.2, gloss=0.3),
    "carpet": Weave(textures.carpet, 1.2, 0.22),
    "vinyl": Weave(textures.plaster, 1.6, 0.1, gloss=0.25),
    "plaster": Weave(textures.plaster, 2.4, 0.05),
    "wallpaper": Weave(textures.sprigs, 1.4, 0.08),
    "stripes": Weave(textures.stripes, 1.2, 0.06),
    "panels": Weave(textures.panels, 1.2, 0.16, rounding_m=0.006),
    "paint": Weave(textures.paint, 1.5, 0.06, rounding_m=0.007, gloss=0.1),
    "wood": Weave(textures.wood, 1.3, 0.26, rounding_m=0.008, gloss=0.12),
    "fabric": Weave(textures.fabric, 0.6, 0.2, rounding_m=0.055),
    "throw": Weave(textures.plaid, 0.7, 0.3, rounding_m=0.025),
    "linen": Weave(textures.linen, 1.1, 0.12, rounding_m=0.05),
    "cushion": Weave(textures.fabric, 0.4, 0.16, rounding_m=0.075),
    "curtain": Weave(textures.folds, 0.8, 0.3, rounding_m=0.03),
    "metal": Weave(textures.metal, 0.8, 0.18, rounding_m=0.004, gloss=0.3),
    "ceramic": Weave(textures.paint, 0.8, 0.08, rounding_m=0.015, gloss=0.3),
    "leaf": Weave(textures.leaf, 0.3, 0.4, gloss=0.15),
}
PRINTS = {
    "picture": Print(prints.picture, edge="wood"),
    "window": Print(prints.window, glow=1.35),
    "sunny": Print(prints.window, glow=1.5, sun=2.0),
    "door": Print(prints.door),
    "rug": Print(prints.rug, edge="carpet"),
    "books": Print(prints.books, edge="wood"),
    "drawers": Print(prints.drawers, edge="paint"),
    "screen": Print(prints.screen, edge="metal", gloss=0.2),
    "clock": Print(prints.clock, edge="paint"),
}
GLOWING = {"lampshade": 1.5, "bulb": 2.2}
"""Kinds that are plain and give off light, and how much."""


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """A surface, ready to be looked up.

    Attributes:
        layers: one channel of shades, or three of colour.
        pair: (2, 3) float32 b, g, r: the colours of shade 0 and 1.
        metres: side of a tile, or None for what is stretched to fit.
        glow, sun: as of its kind.
        mean: (3,) float32 b, g, r in [0, 1].
        edge: the material of the narrow sides, or None for the same.
    """

    layers: Layers
    pair: npt.NDArray[np.float32]
    metres: float | None
    mean: npt.NDArray[np.float32]
    rounding_m: float
    gloss: float
    glow: float
    sun: float
    edge: str | None


@lru_cache(maxsize=256)
def material(name: str) -> Material:
    """Make the material of a name.

    Raises:
        InvalidInputError: the kind or colour is unknown, or the variant no whole number; the message names all kinds.
    """
    kind, colour, variant = _parsed(name)
    ground = bgr(colour)
    if kind in PRINTS:
        return _printed(PRINTS[kind], ground, np.random.default_rng((zlib.crc32(kind.encode()), variant)), colour)
    if kind in GLOWING:
        plain = _woven_layers("paint", 0)
        return Material(plain, np.stack([ground, ground]), 1.0, ground, 0.02, 0.0, GLOWING[kind], 0.0, None)
    weave = WEAVES[kind]
    spread = np.array([[1 - weave.contrast], [1 + weave.contrast]], np.float32)
    pair = np.clip(ground * spread, 0, 1).astype(np.float32)
    return Material(
        _woven_layers(kind, variant), pair, weave.metres, ground, weave.rounding_m, weave.gloss, 0.0, 0.0, None
    )


def glow_of(name: str) -> float:
    """Say how much light a material gives off, without drawing it.

    Raises:
        InvalidInputError: as ``material``.
    """
    kind, _, _ = _parsed(name)
    return PRINTS[kind].glow if kind in PRINTS else GLOWING.get(kind, 0.0)


def _parsed(name: str) -> tuple[str, str, int]:
    """Take a name apart."""
    kind, _, rest = name.partition(":")
    colour, _, variant = rest.partition(":")
    known = [*WEAVES, *PRINTS, *GLOWING]
    if kind not in known or not (variant or "0").isdecimal():
        raise InvalidInputError(
            f"material {name!r}: write kind:colour or kind:colour:whole number, with a kind of {', '.join(known)}"
        )
    return kind, colour, int(variant or "0")


def _printed(kind: Print, ground: npt.NDArray[np.float32], rng: np.random.Generator, colour: str) -> Material:
    """Draw a material that is stretched to fit."""
    drawn = kind.draw(ground, rng)
    mean = np.asarray(drawn.mean(axis=(0, 1)) / 255, np.float32)
    pair = np.stack([np.zeros(3, np.float32), np.ones(3, np.float32)])
    return Material(_layers(drawn), pair, None, mean, 0.004, kind.gloss, kind.glow, kind.sun, f"{kind.edge}:{colour}")


@cache
def _woven_layers(kind: str, variant: int) -> Layers:
    """Draw a weave's shades; colours share them, so that a thousand rooms need few."""
    shades = WEAVES[kind].draw(np.random.default_rng((zlib.crc32(kind.encode()), variant)))
    return _layers(np.asarray(np.clip(shades * 255, 0, 255), np.uint8))


def _layers(drawn: npt.NDArray[np.uint8]) -> Layers:
    """Add the smaller copies, down to 8 px."""
    layers = [drawn]
    while min(layers[-1].shape[:2]) > 15:
        height, width = layers[-1].shape[:2]
        smaller = cv2.resize(layers[-1], (width // 2, height // 2), interpolation=cv2.INTER_AREA)
        layers.append(np.asarray(smaller, np.uint8))
    return tuple(layers)
