"""Weave what a person wears, and the skin it leaves bare: Person, Outfit -> texture.

One sheet holds everything below the head: the trunk, unrolled from the back over the left and the front to the back
again, the sleeves and the trouser legs, unrolled likewise and from top to bottom, and patches of one colour.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from haven_server.sources.synthetic.modelling import Columns
from haven_server.sources.synthetic.people import Colour, Legwear, Outfit, Pattern, Person
from haven_server.types import BGRImage

TEXELS_PER_M: Final = 320.0
"""Rows of the trunk per metre."""
PELVIS_ROW: Final = 200.0
"""Of the trunk, where the pelvis joint lies; the neck is above it."""


@dataclass(frozen=True, slots=True)
class Patch:
    """A part of the sheet that is wrapped round some part of the body.

    Attributes:
        left, top, width, height: in texels.
    """

    left: int
    top: int
    width: int
    height: int

    @property
    def columns(self) -> Columns:
        """Where it lies round an axis, front in the middle, once round."""
        middle = self.left + self.width / 2
        return middle, (self.width - 4) / (2 * np.pi)

    @property
    def rows(self) -> tuple[float, float]:
        """Its first and last row."""
        return self.top + 1.0, self.top + self.height - 1.0

    def of(self, sheet: BGRImage) -> BGRImage:
        """Give its pixels, to be written to."""
        return sheet[self.top : self.top + self.height, self.left : self.left + self.width]


TRUNK = Patch(0, 0, 256, 256)
ARM = Patch(256, 0, 128, 160)
LEG = Patch(384, 0, 128, 160)
SKIN = Patch(256, 160, 64, 48)
SHOE = Patch(320, 160, 64, 48)
BAG = Patch(384, 160, 64, 48)
NECK = Patch(448, 160, 64, 48)
SOLE = Patch(256, 208, 64, 48)
WIDTH, HEIGHT = 512, 256
ARM_M, LEG_M = 0.62, 0.95
"""About how long arms without hands and legs without feet are, for the size of patterns on them."""


def body_texture(person: Person, outfit: Outfit) -> BGRImage:
    """Weave everything below the head, (HEIGHT, WIDTH, 3)."""
    sheet = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    sheet[:] = person.face.skin
    TRUNK.of(sheet)[:] = _trunk(person, outfit)
    ARM.of(sheet)[:] = _arm(person, outfit)
    LEG.of(sheet)[:] = _leg(person, outfit)
    SHOE.of(sheet)[:] = outfit.shoe_colour
    SHOE.of(sheet)[:, np.r_[0:15, 49:64]] = (210, 214, 218) if sum(outfit.shoe_colour) < 500 else (90, 90, 90)
    BAG.of(sheet)[:] = outfit.bag or outfit.leg_colour
    neck = NECK.of(sheet)
    neck[:] = person.face.skin
    neck[NECK.height // 2 :] = _darker(person.face.skin, 0.84)
    collar = outfit.jacket or outfit.top_colours[0]
    if outfit.seed % 3 or outfit.jacket:
        neck[: NECK.height // 4] = _darker(collar, 0.92)
    return sheet


def woven(outfit: Outfit, width: int, height: int, metres: float) -> BGRImage:
    """Weave a stretch of the top's cloth that closes on itself from left to right.

    Args:
        width, height: texels.  metres: what the height stands for.
    """
    chance = np.random.default_rng((outfit.seed, 1))
    ground, second = (np.array(colour, np.float32) for colour in outfit.top_colours)
    period_m, share = float(chance.uniform(0.035, 0.11)), float(chance.uniform(0.3, 0.6))
    around = max(round(0.95 / period_m), 4)
    rows = (np.arange(height) + 0.5)[:, None] / height * metres
    columns = (np.arange(width) + 0.5)[None, :] / width
    down, along = rows / period_m % 1, columns * around % 1
    match outfit.top_pattern:
        case Pattern.STRIPES:
            pattern = np.broadcast_to(down < share, (height, width))
        case Pattern.PINSTRIPES:
            pattern = np.broadcast_to(
                columns * around * 1.5 // 1 * 0 + (columns * 2 * around % 1) < 0.22, (height, width)
            )
        case Pattern.CHECKS:
            pattern = 0.5 * (down < 0.5) + 0.5 * (along < 0.5)
        case Pattern.DOTS:
            odd = (rows / period_m // 1) % 2
            pattern = np.hypot((columns * around + 0.5 * odd) % 1 - 0.5, down - 0.5) < 0.16 + 0.2 * share
        case _:
            pattern = np.zeros((height, width))
    cloth = ground + (second - ground) * np.asarray(pattern, np.float32)[..., None]
    return np.ascontiguousarray(np.clip(cloth, 0, 255), np.uint8)


def _trunk(person: Person, outfit: Outfit) -> BGRImage:
    chance = np.random.default_rng((outfit.seed, 2))
    cloth = woven(outfit, TRUNK.width, TRUNK.height, TRUNK.height / TEXELS_PER_M)
    if outfit.top_pattern is Pattern.BLOCK:
        cloth[: round(PELVIS_ROW - chance.uniform(0.2, 0.34) * TEXELS_PER_M)] = outfit.top_colours[1]
    if outfit.top_pattern is Pattern.PRINT:
        _print(cloth, outfit.top_colours[1], chance)
    hem_m = hem_height(outfit)
    tucked = hem_m > 0
    hem = round(PELVIS_ROW - hem_m * TEXELS_PER_M)
    middle = TRUNK.width // 2
    if outfit.jacket is not None:
        opening = np.linspace(chance.uniform(12, 20), chance.uniform(26, 40), TRUNK.height)[:, None]
        aside = np.abs(np.arange(TRUNK.width) - middle + 0.5)[None, :]
        cloth[aside > opening] = outfit.jacket
        cloth[np.abs(aside - opening) < 2.0] = _darker(outfit.jacket, 0.72)
        lapel = (aside - opening < 12) & (aside > opening + 2) & (np.arange(TRUNK.height)[:, None] < 90)
        cloth[lapel] = _darker(outfit.jacket, 0.86)
    if not tucked:
        cloth[hem - 4 : hem] = (cloth[hem - 4 : hem] * 0.82).astype(np.uint8)
    below = outfit.leg_colour
    if outfit.jacket is not None and tucked:
        under = np.abs(np.arange(TRUNK.width) - middle + 0.5) <= 30
        cloth[hem:, under] = below
        cloth[hem : hem + 9, under] = _darker(below, 0.5)
        cloth[round(PELVIS_ROW + 14) :] = below
    else:
        cloth[hem:] = below
        if tucked:
            cloth[hem : hem + 9] = _darker(below, 0.5)
    if outfit.bag is not None:
        _strap(cloth, outfit.bag)
    return cloth


def _print(cloth: BGRImage, colour: Colour, chance: np.random.Generator) -> None:
    """Print a figure on the chest."""
    middle, row = TRUNK.width // 2, round(PELVIS_ROW - 0.36 * TEXELS_PER_M)
    size = int(chance.integers(14, 24))
    match int(chance.integers(4)):
        case 0:
            cv2.circle(cloth, (middle, row), size, colour, -1, cv2.LINE_AA)
        case 1:
            cv2.rectangle(cloth, (middle - size, row - size // 2), (middle + size, row + size // 2), colour, -1)
        case 2:
            corners = np.array([[middle, row - size], [middle + size, row + size], [middle - size, row + size]])
            cv2.fillPoly(cloth, [corners.astype(np.int32)], colour, cv2.LINE_AA)
        case _:
            for line in range(3):
                half = int(size * chance.uniform(0.6, 1.2))
                cv2.line(cloth, (middle - half, row + line * 9 - 9), (middle + half, row + line * 9 - 9), colour, 4)


def _strap(cloth: BGRImage, colour: Colour) -> None:
    """Lay the strap of a bag from the left of the neck over chest and back to the right hip."""
    hip = (TRUNK.width // 4, round(PELVIS_ROW))
    for neck in (0.56, 0.9):
        begin, end = np.array([neck * TRUNK.width, 30]), np.array(hip)
        if neck > 0.75:
            end = end + (TRUNK.width, 0)
        for shift in (0, -TRUNK.width):
            points = np.stack([begin + (shift, 0), end + (shift, 0)]).astype(np.int32)
            cv2.polylines(cloth, [points], False, colour, 7, cv2.LINE_AA)


def _arm(person: Person, outfit: Outfit) -> BGRImage:
    cloth = woven(outfit, ARM.width, ARM.height, ARM_M)
    end = round(outfit.sleeve * ARM.height)
    if outfit.jacket is not None:
        cloth[:], end = outfit.jacket, ARM.height
    cloth[end:] = person.face.skin
    cloth[max(end - 4, 0) : end] = (cloth[max(end - 4, 0) : end] * 0.85).astype(np.uint8)
    return cloth


def _leg(person: Person, outfit: Outfit) -> BGRImage:
    chance = np.random.default_rng((outfit.seed, 3))
    cloth = np.empty((LEG.height, LEG.width, 3), np.uint8)
    cloth[:] = outfit.leg_colour
    if outfit.legwear is Legwear.TROUSERS:
        if chance.random() < 0.3:
            cloth[:, LEG.width // 4 - 4 : LEG.width // 4 + 4] = _darker(outfit.leg_colour, 0.7)
            cloth[:, 3 * LEG.width // 4 - 4 : 3 * LEG.width // 4 + 4] = _darker(outfit.leg_colour, 0.7)
        cloth[-5:] = _darker(outfit.leg_colour, 0.85)
        return cloth
    bare = person.face.skin if chance.random() < 0.7 else _darker(outfit.leg_colour, 0.45)
    cloth[round(bare_from(outfit) * LEG.height) :] = bare
    cloth[-int(chance.integers(6, 30)) :] = outfit.top_colours[int(chance.integers(2))]
    return cloth


def hem_height(outfit: Outfit) -> float:
    """Say where the top ends over (tucked in, at the belt) or below (hanging) the pelvis joint, m."""
    chance = np.random.default_rng((outfit.seed, 5))
    tucked = outfit.legwear is Legwear.SKIRT or chance.random() < 0.4
    return float(chance.uniform(0.1, 0.13) if tucked else chance.uniform(-0.1, -0.05))


def bare_from(outfit: Outfit) -> float:
    """Say where on the leg, 0 at the hip to 1 at the ankle, shorts or a skirt end."""
    return 0.36 + 0.14 * float(np.random.default_rng((outfit.seed, 4)).random())


def _darker(colour: Colour | npt.NDArray[np.uint8], factor: float) -> Colour:
    b, g, r = (int(min(value * factor, 255)) for value in colour)
    return b, g, r
