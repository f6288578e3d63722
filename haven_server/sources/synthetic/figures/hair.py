"""Hair as solid shapes round the skull, by how it is worn: Person -> Shapes in the head's frame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from haven_server.sources.synthetic.figures.head import (
    CROWN_HEIGHT,
    CROWN_RADIUS,
    FACE_PX,
    HAIR_PX,
    HEAD_PX,
    ROWS_PER_HALF,
    Skull,
)
from haven_server.sources.synthetic.figures.impostors import Floats32
from haven_server.sources.synthetic.figures.modelling import Wrap, ball, shell
from haven_server.sources.synthetic.figures.shapes import Shapes
from haven_server.sources.synthetic.people import Hair, HairStyle, Person

LINE_SIDE: Final = -0.05
"""Height of the hair's end before the ears, halves of the head's height."""


def grows_at(hair: Hair, seed: int, columns: Floats32, rows: Floats32) -> Floats32:
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


@dataclass(frozen=True, slots=True)
class _Barber:
    """Makes hair on one head; all lengths are counted in halves of the head's height.

    Attributes:
        seed: of the face; fringes and partings go with it.
    """

    skull: Skull
    wrap: Wrap
    seed: int

    def ball(
        self, centre: tuple[float, float, float], radii: tuple[float, float, float], rolled_rad: float = 0.0
    ) -> Shapes:
        """Put a tuft somewhere, tilted to the left or right."""
        cos, sin = float(np.cos(rolled_rad)), float(np.sin(rolled_rad))
        turn = np.array([[1, 0, 0], [0, cos, -sin], [0, sin, cos]])
        half = self.skull.half_m
        return ball(np.array(centre) * half, np.array(radii) * half, self.wrap, turn)

    def shell(self, thickness: float, facing: tuple[float, float, float], beyond: float) -> Shapes:
        """Cover a side of the skull."""
        radius = CROWN_RADIUS + thickness
        radii = np.array([radius, self.aside + thickness, radius]) * self.skull.half_m
        centre = np.array([0, 0, CROWN_HEIGHT * self.skull.half_m])
        return shell(centre, radii, self.wrap, facing, beyond * self.skull.half_m)

    def cap(self, thickness: float) -> Shapes:
        """Cover the skull behind the hairline."""
        return self.shell(thickness, (-0.62, 0, 0.78), 0.02)

    def hanging(self, low: float) -> list[Shapes]:
        """Let hair fall beside and behind the face, down to a height."""
        middle, tall = (0.5 + low) / 2, (0.5 - low) / 2
        back = self.ball((-0.42, 0, middle), (0.54, self.aside + 0.06, tall + 0.2))
        return [back, *(self.ball((-0.14, side * self.aside * 0.84, middle), (0.42, 0.26, tall)) for side in (-1, 1))]

    def fringe(self) -> Shapes:
        """Cover the forehead."""
        return self.shell(0.1, (0, 0, 1), 0.42)

    @property
    def aside(self) -> float:
        """Half the skull's width."""
        return CROWN_RADIUS * self.skull.width


def hair_shapes(person: Person) -> list[Shapes]:
    """Make the hair; nothing for a bald head."""
    skull = Skull.of(person)
    return _STYLES[person.hair.style](_Barber(skull, hair_wrap(skull), person.face.seed))


def _bald(_barber: _Barber) -> list[Shapes]:
    return []


def _cropped(barber: _Barber) -> list[Shapes]:
    return [barber.cap(0.03)]


def _short(barber: _Barber) -> list[Shapes]:
    return [barber.cap(0.09), barber.ball((0.36, 0, 0.83), (0.48, 0.56, 0.22))]


def _parted(barber: _Barber) -> list[Shapes]:
    side = 1 if barber.seed % 2 else -1
    return [barber.cap(0.11), barber.ball((0.46, side * 0.16, 0.76), (0.4, 0.56, 0.26), side * 0.35)]


def _bob(barber: _Barber) -> list[Shapes]:
    parts = [barber.cap(0.1), *barber.hanging(-1.0)]
    return [*parts, barber.fringe()] if barber.seed % 3 else parts


def _long(barber: _Barber) -> list[Shapes]:
    parts = [barber.cap(0.1), *barber.hanging(-1.9)]
    return [*parts, barber.fringe()] if barber.seed % 3 == 1 else parts


def _bun(barber: _Barber) -> list[Shapes]:
    return [barber.cap(0.06), barber.ball((-0.62, 0, 0.95), (0.34, 0.36, 0.34))]


def _curly(barber: _Barber) -> list[Shapes]:
    chance = np.random.default_rng((barber.seed, 2))
    parts = [barber.cap(0.16)]
    for angle in np.linspace(-2.6, 2.6, 11).tolist():
        radius = float(chance.uniform(0.26, 0.34))
        forward, aside = float(np.cos(angle)), float(np.sin(angle))
        height = 0.47 + 0.25 * forward + float(chance.uniform(-0.06, 0.06))
        place = (0.72 * forward - 0.06, 0.78 * barber.skull.width * aside, height)
        parts.append(barber.ball(place, (radius, radius, radius)))
    return parts


_STYLES: Final[dict[HairStyle, Callable[[_Barber], list[Shapes]]]] = {
    HairStyle.BALD: _bald,
    HairStyle.CROPPED: _cropped,
    HairStyle.SHORT: _short,
    HairStyle.PARTED: _parted,
    HairStyle.BOB: _bob,
    HairStyle.LONG: _long,
    HairStyle.BUN: _bun,
    HairStyle.CURLY: _curly,
}
