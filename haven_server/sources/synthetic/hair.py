"""Hair as solid shapes round the skull, by how it is worn: Person -> Shapes in the head's frame."""

from __future__ import annotations

from typing import Final

import numpy as np

from haven_server.sources.synthetic.head import (
    CROWN_HEIGHT,
    CROWN_RADIUS,
    FACE_PX,
    HAIR_PX,
    HEAD_PX,
    ROWS_PER_HALF,
    Skull,
)
from haven_server.sources.synthetic.impostors import Floats, Shapes
from haven_server.sources.synthetic.modelling import Wrap, ball
from haven_server.sources.synthetic.people import Hair, HairStyle, Person

LINE_SIDE: Final = -0.05
"""Height of the hair's end before the ears, halves of the head's height."""


def grows_at(hair: Hair, seed: int, columns: Floats, rows: Floats) -> Floats:
    """Say how much of the skin hair hides at places of the face's picture, 0 to 1.

    Args:
        seed: of the face; high or low foreheads, peaks and temples go with it.
    """
    chance = np.random.default_rng((seed, 3))
    front, peak, temple = chance.uniform(0.5, 0.72), chance.uniform(-0.05, 0.08), chance.uniform(0.3, 0.5)
    if hair.style is HairStyle.BALD:
        return np.zeros(np.broadcast_shapes(columns.shape, rows.shape), np.float32)
    aside = np.abs(columns - FACE_PX / 2) / (FACE_PX / 2)
    height = (FACE_PX / 2 - rows) / ROWS_PER_HALF
    line = front - (front - LINE_SIDE) * np.clip((aside - temple) / (0.82 - temple), 0, 1) ** 1.3
    line = line - peak * np.exp(-((aside / 0.12) ** 2))
    line = np.where(aside > 0.86, LINE_SIDE - 0.5, line)
    return np.asarray(np.clip((height - line) / 0.05 + 0.5, 0, 1), np.float32)


def hair_wrap(skull: Skull) -> Wrap:
    """Lay the strands of the texture round the head."""
    matrix = np.zeros((3, 4))
    matrix[0, 0], matrix[1, 1] = 1, 1
    matrix[2, 2:] = -ROWS_PER_HALF / 1.6 / skull.half_m, FACE_PX * 0.4
    return Wrap(matrix, (HEAD_PX + HAIR_PX / 2, (HAIR_PX - 8) / (2 * np.pi)), (1, FACE_PX - 1))


def hair_shapes(person: Person) -> Shapes | None:
    """Make the hair, or nothing for a bald head."""
    skull = Skull.of(person)
    parts = _STYLES[person.hair.style](skull, hair_wrap(skull), person.face.seed)
    return Shapes.joined(*parts) if parts else None


def _shell(skull: Skull, wrap: Wrap, thickness: float, facing: tuple[float, float, float], beyond: float) -> Shapes:
    """Make a slice of a ball a little larger than the skull; lengths in halves of the head's height."""
    half, radius = skull.half_m, CROWN_RADIUS + thickness
    radii = (radius * half, (CROWN_RADIUS * skull.width + thickness) * half, radius * half)
    centre = (0, 0, CROWN_HEIGHT * half)
    return ball(centre, radii, wrap, facing=facing, beyond=beyond * half)


def _cap(skull: Skull, wrap: Wrap, thickness: float) -> Shapes:
    return _shell(skull, wrap, thickness, (-0.62, 0, 0.78), 0.02)


def _bald(_skull: Skull, _wrap: Wrap, _seed: int) -> list[Shapes]:
    return []


def _cropped(skull: Skull, wrap: Wrap, _seed: int) -> list[Shapes]:
    return [_cap(skull, wrap, 0.03)]


def _short(skull: Skull, wrap: Wrap, _seed: int) -> list[Shapes]:
    half = skull.half_m
    tuft = ball((0.36 * half, 0, 0.83 * half), (0.48 * half, 0.56 * half, 0.22 * half), wrap)
    return [_cap(skull, wrap, 0.09), tuft]


def _parted(skull: Skull, wrap: Wrap, seed: int) -> list[Shapes]:
    half, side = skull.half_m, 1 if seed % 2 else -1
    sweep = ball(
        (0.46 * half, side * 0.16 * half, 0.76 * half),
        (0.4 * half, 0.56 * half, 0.26 * half),
        wrap,
        turn=_rolled(side * 0.35),
    )
    return [_cap(skull, wrap, 0.11), sweep]


def _fringe(skull: Skull, wrap: Wrap) -> Shapes:
    return _shell(skull, wrap, 0.1, (0, 0, 1), 0.42)


def _hanging(skull: Skull, wrap: Wrap, low: float) -> list[Shapes]:
    """Hair beside and behind the face that hangs down to a height, halves of the head's height."""
    half, aside = skull.half_m, CROWN_RADIUS * skull.width
    middle, tall = (0.5 + low) / 2, (0.5 - low) / 2
    back = ball((-0.42 * half, 0, middle * half), (0.54 * half, (aside + 0.06) * half, (tall + 0.2) * half), wrap)
    sides = [
        ball((-0.14 * half, side * aside * 0.84 * half, middle * half), (0.42 * half, 0.26 * half, tall * half), wrap)
        for side in (-1, 1)
    ]
    return [back, *sides]


def _bob(skull: Skull, wrap: Wrap, seed: int) -> list[Shapes]:
    parts = [_cap(skull, wrap, 0.1), *_hanging(skull, wrap, -1.0)]
    return [*parts, _fringe(skull, wrap)] if seed % 3 else parts


def _long(skull: Skull, wrap: Wrap, seed: int) -> list[Shapes]:
    parts = [_cap(skull, wrap, 0.1), *_hanging(skull, wrap, -1.9)]
    return [*parts, _fringe(skull, wrap)] if seed % 3 == 1 else parts


def _bun(skull: Skull, wrap: Wrap, _seed: int) -> list[Shapes]:
    half = skull.half_m
    return [
        _cap(skull, wrap, 0.06),
        ball((-0.62 * half, 0, 0.95 * half), (0.34 * half, 0.36 * half, 0.34 * half), wrap),
    ]


def _curly(skull: Skull, wrap: Wrap, seed: int) -> list[Shapes]:
    chance = np.random.default_rng((seed, 2))
    half = skull.half_m
    parts = [_cap(skull, wrap, 0.16)]
    for angle in np.linspace(-2.6, 2.6, 11):
        radius = chance.uniform(0.26, 0.34) * half
        forward = 0.72 * np.cos(angle) - 0.06
        place = (forward, 0.78 * skull.width * np.sin(angle), 0.62 + 0.1 * np.cos(angle) + chance.uniform(-0.06, 0.06))
        place = (place[0], place[1], place[2] - 0.3 * (1 - np.cos(angle)) / 2)
        parts.append(ball(tuple(half * value for value in place), (radius, radius, radius), wrap))
    return parts


def _rolled(angle_rad: float) -> Floats:
    cos, sin = float(np.cos(angle_rad)), float(np.sin(angle_rad))
    return np.array([[1, 0, 0], [0, cos, -sin], [0, sin, cos]])


_STYLES = {
    HairStyle.BALD: _bald,
    HairStyle.CROPPED: _cropped,
    HairStyle.SHORT: _short,
    HairStyle.PARTED: _parted,
    HairStyle.BOB: _bob,
    HairStyle.LONG: _long,
    HairStyle.BUN: _bun,
    HairStyle.CURLY: _curly,
}
