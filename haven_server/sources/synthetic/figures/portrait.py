"""A face while it is painted: where its features lie on the sheet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from haven_server.sources.synthetic.figures.head import Skull, texel
from haven_server.sources.synthetic.figures.shapes import Floats
from haven_server.sources.synthetic.figures.sheet import Sheet
from haven_server.sources.synthetic.figures.tints import mixed, scaled
from haven_server.sources.synthetic.people import Colour, Face

WHITE: Final[Colour] = (255, 255, 255)


@dataclass(frozen=True, slots=True)
class Eye:
    """One eye in the face, lengths in halves of the head's height.

    Attributes:
        side: -1 for the one on the left of the picture, the person's right; 1 for the other.
        aside, height: of its middle.
    """

    side: int
    aside: float
    height: float
    half_width: float
    half_height: float
    slant_rad: float

    @classmethod
    def of(cls, face: Face, side: int) -> Self:
        """Place an eye."""
        half_width = face.eye_size * face.width_ratio
        aside = side * face.eye_distance * face.width_ratio
        return cls(side, aside, face.eye_height, half_width, half_width * face.eye_openness, face.eye_slant_rad)

    def points(self, along: Floats, above: Floats) -> tuple[Floats, Floats]:
        """Turn places of its own, -1 to 1 from the nose outwards and from below upwards, into places in the face."""
        x, y = along * self.half_width, above * self.half_height
        cos, sin = np.cos(self.slant_rad), np.sin(self.slant_rad)
        return self.aside + self.side * (x * cos - y * sin), self.height + x * sin + y * cos


@dataclass(frozen=True, slots=True, eq=False)
class Portrait:
    """What the painters of a face share.

    Attributes:
        sheet: painted on.
        chance: for what has no place of its own, like freckles.
    """

    skull: Skull
    face: Face
    sheet: Sheet
    chance: np.random.Generator

    @property
    def eyes(self) -> tuple[Eye, Eye]:
        """Left and right in the picture."""
        return Eye.of(self.face, -1), Eye.of(self.face, 1)

    @property
    def shadow(self) -> Colour:
        """Skin in a fold."""
        return scaled(self.face.skin, (0.5, 0.55, 0.68))

    @property
    def bright(self) -> Colour:
        """Skin that shines."""
        return mixed(self.face.skin, WHITE, 0.4)

    @property
    def mouth_half(self) -> float:
        """Half the width of the mouth."""
        return self.face.mouth_width * self.face.width_ratio

    @property
    def nose_half(self) -> float:
        """Half the width of the nose."""
        return self.face.nose_width * self.face.width_ratio / 2

    def at(self, aside: Floats | float, height: Floats | float) -> Floats:
        """Give texels (..., 2) of places in the face, in halves of the head's height."""
        return texel(self.skull, np.asarray(aside, np.float64), np.asarray(height, np.float64))

    def between(self, aside: Floats, top: Floats, bottom: Floats, bottom_aside: Floats | None = None) -> Floats:
        """Give the outline of what lies between two lines that run from side to side."""
        below = aside if bottom_aside is None else bottom_aside
        return np.concatenate([self.at(aside, top), self.at(below[::-1], bottom[::-1])])
