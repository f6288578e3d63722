"""Random pieces that stand with their backs to a wall: chance -> Piece."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from haven_server.sources.synthetic.rooms import fittings
from haven_server.sources.synthetic.rooms import furniture as make
from haven_server.sources.synthetic.rooms.chance import SHADES, SOFT, between, one_of, picture
from haven_server.sources.synthetic.rooms.furniture import Piece
from haven_server.sources.synthetic.rooms.interior import Interior


@dataclass(frozen=True, slots=True)
class Ensemble:
    """A piece whose back is at x = 0, or several that belong together.

    Attributes:
        width: along the wall, m.
        depth: away from it, m.
    """

    piece: Piece
    width: float
    depth: float


def ensemble(rng: np.random.Generator, wood: str) -> Ensemble:
    """Choose something to stand at a wall.

    Args:
        wood: what the room's furniture is made of.
    """
    kind = one_of(rng, ("drawers", "books", "wardrobe", "bed", "sofa", "desk", "television"))
    match kind:
        case "bed":
            return _bed(rng, wood)
        case "sofa":
            return _sofa(rng)
        case "desk":
            return _desk(rng, wood)
        case "television":
            return _television(rng, wood)
        case _:
            return _cupboard(rng, wood, kind)


def _bed(rng: np.random.Generator, wood: str) -> Ensemble:
    width = one_of(rng, (0.95, 1.4, 1.6))
    linen, throw = one_of(rng, ("white", "cream", "sky", "blush", "mint")), one_of(rng, SOFT)
    side = one_of(rng, (-1, 1))
    pillows = 2 if width > 1.2 else 1
    return Ensemble(make.bed(width, linen, throw, f"wood:{wood}", side, pillows), width + 0.1, 2.1)


def _sofa(rng: np.random.Generator) -> Ensemble:
    places = int(rng.integers(1, 4))
    width = 0.55 + 0.6 * places
    cushions = tuple(one_of(rng, SOFT) for _ in range(int(rng.integers(0, 3))))
    return Ensemble(_shifted(make.sofa(width, places, one_of(rng, SOFT), cushions), 0.5), width, 1.0)


def _desk(rng: np.random.Generator, wood: str) -> Ensemble:
    length = between(rng, 1.0, 1.6)
    desk = make.table(length, 0.65, 0.74, f"wood:{wood}")
    lamp = fittings.table_lamp(one_of(rng, SHADES), one_of(rng, SOFT), 0.74)
    return Ensemble(_joined(_shifted(desk, 0.34), _shifted(lamp, 0.2, 0.3)), length, 0.7)


def _television(rng: np.random.Generator, wood: str) -> Ensemble:
    width = between(rng, 1.1, 1.7)
    board = make.cupboard(width, 0.5, 0.4, wood, picture(rng))
    return Ensemble(_joined(board, _shifted(fittings.television(width * 0.7, 0.53), 0.2)), width, 0.42)


def _cupboard(rng: np.random.Generator, wood: str, kind: str) -> Ensemble:
    width = between(rng, 0.7, 1.6)
    heights = {"drawers": between(rng, 0.7, 1.1), "books": between(rng, 1.0, 2.1), "wardrobe": 2.05}
    depth = {"drawers": 0.42, "books": 0.3, "wardrobe": 0.58}[kind]
    colour = one_of(rng, (wood, wood, "white", *SOFT))
    front = "books" if kind == "books" else "drawers"
    return Ensemble(make.cupboard(width, heights[kind], depth, colour, picture(rng), front), width, depth)


def _shifted(piece: Piece, x: float, y: float = 0.0) -> Piece:
    """Give a piece that stands elsewhere in its own frame; its seats come along."""
    room = Interior((1.0, 1.0, 1.0))
    room.put(piece, x, y, 0.0, "piece")
    return room.as_piece()


def _joined(first: Piece, second: Piece) -> Piece:
    """Make one piece of two."""
    return Piece((*first.solids, *second.solids), {**first.seats, **second.seats}, {**first.beds, **second.beds})
