"""Dress a person: Person, Outfit -> texture of everything below the head, laid out as in `patches`."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from haven_server.sources.synthetic.figures.cloth import print_figure, woven
from haven_server.sources.synthetic.figures.patches import (
    ARM,
    BAG,
    LEG,
    NECK,
    PELVIS_ROW,
    SHEET_HEIGHT,
    SHEET_WIDTH,
    SHOE,
    TEXELS_PER_M,
    TRUNK,
)
from haven_server.sources.synthetic.figures.tints import scaled
from haven_server.sources.synthetic.people import Colour, Legwear, Outfit, Pattern, Person
from haven_server.types import BGRImage

ARM_M: Final = 0.62
"""About how long an arm without its hand is, for the size of patterns on it."""
PRINT_M: Final = 0.36
"""How far over the pelvis joint a figure is printed on the chest."""
BELT_PX: Final = 9
DARK_SOLE: Final[Colour] = (90, 90, 90)
LIGHT_SOLE: Final[Colour] = (210, 214, 218)
BRIGHT_SHOE: Final = 500
"""Sum of b, g and r from which on a shoe has a dark sole."""


def hem_height(outfit: Outfit) -> float:
    """Say where the top ends over (tucked in, at the belt) or below (hanging) the pelvis joint, m."""
    chance = np.random.default_rng((outfit.seed, 5))
    tucked = outfit.legwear is Legwear.SKIRT or chance.random() < 0.4
    return float(chance.uniform(0.1, 0.13) if tucked else chance.uniform(-0.1, -0.05))


def bare_from(outfit: Outfit) -> float:
    """Say where on the leg, 0 at the hip to 1 at the ankle, shorts or a skirt end."""
    return 0.36 + 0.14 * float(np.random.default_rng((outfit.seed, 4)).random())


def body_texture(person: Person, outfit: Outfit) -> BGRImage:
    """Make everything below the head, (SHEET_HEIGHT, SHEET_WIDTH, 3)."""
    sheet = np.empty((SHEET_HEIGHT, SHEET_WIDTH, 3), np.uint8)
    sheet[:] = person.face.skin
    TRUNK.of(sheet)[:] = _trunk(outfit)
    ARM.of(sheet)[:] = _arm(person, outfit)
    LEG.of(sheet)[:] = _leg(person, outfit)
    NECK.of(sheet)[:] = _neck(person, outfit)
    SHOE.of(sheet)[:] = outfit.shoe_colour
    sole = LIGHT_SOLE if sum(outfit.shoe_colour) < BRIGHT_SHOE else DARK_SOLE
    SHOE.of(sheet)[:, np.r_[0:15, SHOE.width - 15 : SHOE.width]] = sole
    if outfit.bag is not None:
        BAG.of(sheet)[:] = outfit.bag
    return sheet


def _trunk(outfit: Outfit) -> BGRImage:
    chance = np.random.default_rng((outfit.seed, 2))
    cloth = woven(outfit, TRUNK.width, TRUNK.height, TRUNK.height / TEXELS_PER_M)
    if outfit.top_pattern is Pattern.BLOCK:
        cloth[: _trunk_row(float(chance.uniform(0.2, 0.34)))] = outfit.top_colours[1]
    if outfit.top_pattern is Pattern.PRINT:
        print_figure(cloth, outfit.top_colours[1], TRUNK.width // 2, _trunk_row(PRINT_M), chance)
    hem = _trunk_row(hem_height(outfit))
    tucked = hem < PELVIS_ROW
    if not tucked:
        cloth[hem - 4 : hem] = (cloth[hem - 4 : hem] * 0.82).astype(np.uint8)
    cloth[hem:] = outfit.leg_colour
    if tucked:
        cloth[hem : hem + BELT_PX] = scaled(outfit.leg_colour, 0.5)
    if outfit.jacket is not None:
        _open_jacket(cloth, outfit.jacket, hem, chance)
    if outfit.bag is not None:
        _strap(cloth, outfit.bag)
    return cloth


def _trunk_row(height_m: float) -> int:
    return round(PELVIS_ROW - height_m * TEXELS_PER_M)


def _open_jacket(cloth: BGRImage, colour: Colour, hem: int, chance: np.random.Generator) -> None:
    """Lay a jacket over the top that is open in front, wider below; it ends on the hips."""
    rows = np.arange(TRUNK.height)[:, None]
    aside = np.abs(np.arange(TRUNK.width) - TRUNK.width // 2 + 0.5)[None, :]
    opening = np.linspace(chance.uniform(12, 20), chance.uniform(26, 40), TRUNK.height)[:, None]
    on_jacket = rows < max(hem, PELVIS_ROW + 14)
    cloth[(aside > opening) & on_jacket] = colour
    cloth[(aside > opening + 2) & (aside < opening + 12) & (rows < 90)] = scaled(colour, 0.86)  # lapels
    cloth[(np.abs(aside - opening) < 2) & on_jacket] = scaled(colour, 0.72)


def _strap(cloth: BGRImage, colour: Colour) -> None:
    """Lay the strap of a bag from the left of the neck over chest and back to the right hip."""
    hip_row, neck_row = round(PELVIS_ROW), 30
    width = TRUNK.width
    # The back's half is drawn twice, once beyond either edge, since the sheet closes on itself there.
    for neck, hip in ((0.56, 0.25), (0.9, 1.25), (-0.1, 0.25)):
        cv2.line(cloth, (round(neck * width), neck_row), (round(hip * width), hip_row), colour, 7, cv2.LINE_AA)


def _arm(person: Person, outfit: Outfit) -> BGRImage:
    cloth = woven(outfit, ARM.width, ARM.height, ARM_M)
    end = round(outfit.sleeve * ARM.height)
    if outfit.jacket is not None:
        cloth[:], end = outfit.jacket, ARM.height
    cloth[end:] = person.face.skin
    cuff = np.s_[max(end - 4, 0) : end]
    cloth[cuff] = (cloth[cuff] * 0.85).astype(np.uint8)
    return cloth


def _leg(person: Person, outfit: Outfit) -> BGRImage:
    chance = np.random.default_rng((outfit.seed, 3))
    cloth = np.empty((LEG.height, LEG.width, 3), np.uint8)
    cloth[:] = outfit.leg_colour
    if outfit.legwear is Legwear.TROUSERS:
        if chance.random() < 0.3:
            for side in (LEG.width // 4, 3 * LEG.width // 4):
                cloth[:, side - 4 : side + 4] = scaled(outfit.leg_colour, 0.7)
        cloth[-5:] = scaled(outfit.leg_colour, 0.85)
        return cloth
    bare = person.face.skin if chance.random() < 0.7 else scaled(outfit.leg_colour, 0.45)
    cloth[round(bare_from(outfit) * LEG.height) :] = bare
    cloth[-int(chance.integers(6, 30)) :] = outfit.top_colours[int(chance.integers(2))]
    return cloth


def _neck(person: Person, outfit: Outfit) -> BGRImage:
    """A collar below, and the shadow of the chin above; rows go from bottom to top."""
    neck = np.empty((NECK.height, NECK.width, 3), np.uint8)
    neck[:] = person.face.skin
    neck[NECK.height // 2 :] = scaled(person.face.skin, 0.84)
    if outfit.seed % 3 or outfit.jacket is not None:
        neck[: NECK.height // 4] = scaled(outfit.jacket or outfit.top_colours[0], 0.92)
    return neck
