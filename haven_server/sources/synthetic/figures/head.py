"""The head as a solid: Person -> skull, nose, ears in the head's own frame (forward, left, up).

Lengths within the head are counted in halves of its height, so that chin and crown lie at -1 and 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from haven_server.sources.synthetic.figures.modelling import Wrap, ball, capsule
from haven_server.sources.synthetic.figures.shapes import Floats, Shapes
from haven_server.sources.synthetic.people import Face, Person

FACE_PX: Final = 256
"""Side of the face's picture, which goes from ear to ear and from crown to chin."""
HEAD_PX: Final = 2 * FACE_PX
"""Columns of the head's texture, which goes once round, the face in its middle."""
HAIR_PX: Final = 128
"""Columns of hair that lie in the texture to the right of the head."""
COLUMNS_PER_RADIAN: Final = FACE_PX / np.pi
ROWS_PER_HALF: Final = 120.0
CROWN_RADIUS: Final = 0.84
CROWN_HEIGHT: Final = 1 - CROWN_RADIUS
NOSE_RELIEF: Final = 0.12
"""Radius of the tip of a common nose."""


@dataclass(frozen=True, slots=True)
class Skull:
    """A head without nose, ears and hair: a tapered capsule from crown to chin.

    Attributes:
        half_m: half the head's height.
        chin: radius of the chin, in ``half_m``.
        width: of the head relative to its depth.
    """

    half_m: float
    chin: float
    width: float

    @classmethod
    def of(cls, person: Person) -> Self:
        """Take a person's measures."""
        half_m = person.physique.head_ratio * person.physique.height_m / 2
        return cls(half_m, 0.4 + 0.14 * person.face.jaw, person.face.width_ratio / CROWN_RADIUS)

    def radii(self, heights: Floats) -> Floats:
        """Give the distances of the skin from the upright axis at heights in [-1, 1], to the front."""
        crown, chin = CROWN_HEIGHT, self.chin - 1
        sine = (CROWN_RADIUS - self.chin) / (crown - chin)
        above = np.sqrt(np.maximum(CROWN_RADIUS**2 - (heights - crown) ** 2, 0))
        below = np.sqrt(np.maximum(self.chin**2 - (heights - chin) ** 2, 0))
        between = (CROWN_RADIUS - sine * (crown - heights)) / np.sqrt(1 - sine**2)
        lower = np.where(heights < chin - sine * self.chin, below, between)
        return np.where(heights > crown - sine * CROWN_RADIUS, above, lower)

    def radius(self, height: float) -> float:
        """Give one of ``radii``."""
        return float(self.radii(np.array(height)))

    def surface(self, aside: float, height: float) -> Floats:
        """Give the point on the face that lies that far to the person's left and up, both in ``half_m``.

        Returns:
            (3,) m in the head's frame.
        """
        radius = self.radius(height)
        sine = float(np.clip(aside / (radius * self.width), -0.98, 0.98))
        return np.array([radius * np.sqrt(1 - sine**2), sine * radius * self.width, height]) * self.half_m


def face_wrap(skull: Skull) -> Wrap:
    """Lay the face's texture round the head."""
    matrix = np.zeros((3, 4))
    matrix[0, 0], matrix[1, 1] = 1, 1 / skull.width
    matrix[2, 2:] = -ROWS_PER_HALF / skull.half_m, FACE_PX / 2
    return Wrap(matrix, (HEAD_PX / 2, COLUMNS_PER_RADIAN), (1, FACE_PX - 1))


def texel(skull: Skull, aside: Floats, height: Floats) -> Floats:
    """Give where in the face's picture (..., 2) points of the face lie, column and row; see ``Skull.surface``."""
    radii = np.maximum(skull.radii(height) * skull.width, 0.05)
    angle = np.arcsin(np.clip(aside / radii, -0.98, 0.98))
    places = np.empty((*angle.shape, 2))
    places[..., 0], places[..., 1] = FACE_PX / 2 + angle * COLUMNS_PER_RADIAN, FACE_PX / 2 - height * ROWS_PER_HALF
    return places


def nose_tip(face: Face) -> float:
    """Give the height of the nose's tip in the head, in [-1, 1]."""
    return face.eye_height - face.nose_length


def nose_point(skull: Skull, face: Face) -> Floats:
    """Give the tip of the nose, (3,) m in the head's frame."""
    forward = 1.35 * NOSE_RELIEF * face.nose_relief
    return np.asarray(skull.surface(0, nose_tip(face)) + np.array([forward, 0, 0.05]) * skull.half_m)


def ear_points(skull: Skull, face: Face) -> Floats:
    """Give the middles of the left and the right ear, (2, 3) m in the head's frame."""
    aside = skull.radius(face.eye_height) * skull.width
    return np.array([[-0.06, side * aside, face.eye_height - 0.12] for side in (1, -1)]) * skull.half_m


def head_shapes(person: Person) -> Shapes:
    """Make skull, nose and ears in the head's frame, m."""
    skull, face = Skull.of(person), person.face
    wrap, half = face_wrap(skull), skull.half_m
    radii = (CROWN_RADIUS * half, skull.chin * half)
    egg = capsule((0, 0, CROWN_HEIGHT * half), (0, 0, (skull.chin - 1) * half), radii, wrap, (1, skull.width))
    return Shapes.joined(egg, _nose(skull, face, wrap), _ears(skull, face))


def _nose(skull: Skull, face: Face, wrap: Wrap) -> Shapes:
    half, tip = skull.half_m, nose_tip(face)
    relief, wide = NOSE_RELIEF * face.nose_relief * half, face.nose_width * face.width_ratio * 0.5
    bridge = skull.surface(0, face.eye_height + 0.02) - np.array([0.035 * half, 0, 0])
    point = nose_point(skull, face) - np.array([relief, 0, 0])
    ridge = capsule(bridge, point, (0.05 * half, relief), wrap, (1, 0.75)).picked([0, 2])
    wing_radii = np.array([0.085, 0.085, 0.075]) * half
    forward = np.array([0.02 * half, 0, 0])
    wings = [ball(skull.surface(side * wide, tip - 0.01) + forward, wing_radii, wrap) for side in (-1, 1)]
    return Shapes.joined(ridge, *wings)


def _ears(skull: Skull, face: Face) -> Shapes:
    """Ears, coloured like the cheeks wherever hair grows behind them."""
    column, row = texel(skull, np.array(0.45 * face.width_ratio), np.array(face.eye_height - 0.34)).tolist()
    matrix = np.zeros((3, 4))
    matrix[0, 0], matrix[1, 1], matrix[2, 3] = 1, 1, row
    cheek = Wrap(matrix, (column + (HEAD_PX - FACE_PX) / 2, 0.0), (row, row))
    radii = np.array([0.55 * face.ear_size, 0.075, face.ear_size]) * skull.half_m
    left, right = ear_points(skull, face)
    return Shapes.joined(ball(left, radii, cheek, _swung(0.5)), ball(right, radii, cheek, _swung(-0.5)))


def _swung(angle_rad: float) -> Floats:
    """Turn an ear so that its back stands off the head."""
    cos, sin = float(np.cos(angle_rad)), float(np.sin(angle_rad))
    return np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1.0]])
