"""Paint what every face has: Portrait -> eyes, brows, nose and mouth on its sheet."""

from __future__ import annotations

from typing import Final

import numpy as np

from haven_server.sources.synthetic.figures.head import ROWS_PER_HALF, nose_tip
from haven_server.sources.synthetic.figures.portrait import WHITE, Eye, Portrait
from haven_server.sources.synthetic.figures.shapes import Floats
from haven_server.sources.synthetic.figures.tints import as_colour, mixed, scaled
from haven_server.sources.synthetic.people import Colour

LASHES: Final[Colour] = (26, 24, 30)
EYE_WHITE: Final[Colour] = (232, 238, 244)
LID_SHADE: Final[Colour] = (60, 60, 70)
PUPIL: Final[Colour] = (14, 12, 14)


def paint_eye(portrait: Portrait, eye: Eye) -> None:
    """Paint white, iris and lids."""
    sheet = portrait.sheet
    along = np.linspace(-1, 1, 15)
    upper = (1 - np.abs(along + 0.12 * (1 - along**2)) ** 2.4) * 0.95
    lower = -(1 - np.abs(along) ** 2.2) * 0.8
    top = portrait.at(*eye.points(along, upper))
    bottom = portrait.at(*eye.points(along[::-1], lower[::-1]))
    outline = np.concatenate([top, bottom[1:-1]])
    sheet.stroke(portrait.at(*eye.points(along, upper + 0.42)), 1.6, portrait.shadow, 0.55, 1.0)
    sheet.area(outline, EYE_WHITE)
    with sheet.within(outline):
        _paint_iris(portrait, eye)
        sheet.stroke(top + np.array([0, 1.2]), 3.0, LID_SHADE, 0.5, 1.2)
        _paint_glints(portrait, eye)
    sheet.stroke(top, 2.6, LASHES, 0.92)
    sheet.stroke(bottom, 1.0, portrait.shadow, 0.6)


def _iris(portrait: Portrait, eye: Eye) -> tuple[Floats, float]:
    """Give its middle and radius, texels."""
    radius = min(eye.half_height * 0.98, eye.half_width * 0.62) * ROWS_PER_HALF
    return portrait.at(*eye.points(np.array(0.0), np.array(0.12))), radius


def _paint_iris(portrait: Portrait, eye: Eye) -> None:
    sheet, tint = portrait.sheet, portrait.face.eye_colour
    middle, radius = _iris(portrait, eye)
    sheet.disc(middle, (radius, radius), scaled(tint, 0.45))
    sheet.disc(middle, (radius * 0.84, radius * 0.84), tint)
    glow = as_colour(np.array(tint) * 1.5 + 20)
    sheet.disc(middle + np.array([0, radius * 0.4]), (radius * 0.55, radius * 0.4), glow, 0.6, 1.5)
    sheet.disc(middle, (radius * 0.46, radius * 0.46), PUPIL)


def _paint_glints(portrait: Portrait, eye: Eye) -> None:
    """Let two lights be mirrored in the eye; they are what makes it look alive."""
    middle, radius = _iris(portrait, eye)
    portrait.sheet.disc(middle + np.array([-0.34, -0.36]) * radius, (radius * 0.27, radius * 0.27), WHITE)
    portrait.sheet.disc(middle + np.array([0.36, 0.36]) * radius, (radius * 0.13, radius * 0.13), WHITE, 0.8)


def paint_brow(portrait: Portrait, eye: Eye) -> None:
    """Paint the brow over an eye, thinner towards the temple."""
    face = portrait.face
    along = np.linspace(-1, 1, 12)
    arch = face.brow_arch * (1 - (along - 0.35) ** 2 / 1.8)
    slant = along * np.sin(face.brow_slant_rad) * eye.half_width * 1.2
    middle = eye.height + face.brow_height + arch + slant
    half = face.brow_thickness * (0.5 + 0.12 * along - 0.42 * np.maximum(along, 0) ** 2)
    aside = eye.aside + eye.side * along * eye.half_width * 1.25
    portrait.sheet.area(portrait.between(aside, middle + half, middle - half), face.brow_colour, 0.94, 0.6)


def paint_nose(portrait: Portrait) -> None:
    """Paint light on the ridge, shadow below, wings and nostrils; the relief itself is a solid of the head."""
    sheet, face, wide = portrait.sheet, portrait.face, portrait.nose_half
    tip = nose_tip(face)
    ridge = portrait.at(np.zeros(5), np.linspace(face.eye_height - 0.05, tip + 0.1, 5))
    sheet.stroke(ridge, 5.0, portrait.bright, 0.35, 4.0)
    sheet.disc(portrait.at(0.0, tip + 0.04), (4.5, 3.6), portrait.bright, 0.6, 2.5)
    around = np.linspace(-1, 1, 13)
    below = tip - 0.085 - 0.03 * np.cos(around * np.pi) + 0.02 * around**2
    sheet.stroke(portrait.at(around * wide, below), 2.6, portrait.shadow, 0.65, 1.6)
    wing = np.linspace(-0.9, 1.0, 7)
    for side in (-1, 1):
        sheet.disc(portrait.at(side * wide * 0.5, tip - 0.085), (4.2, 2.2), scaled(portrait.shadow, 0.45), 0.9, 0.8)
        edge = portrait.at(side * (wide + 0.035 * np.cos(wing * 1.4)), tip - 0.01 + 0.075 * wing)
        sheet.stroke(edge, 1.6, portrait.shadow, 0.6, 1.0)


def paint_mouth(portrait: Portrait) -> None:
    """Paint the lips, a dark line between them, and the corners."""
    sheet, face, thick = portrait.sheet, portrait.face, portrait.face.lip_thickness
    along = np.linspace(-1, 1, 17)
    aside = along * portrait.mouth_half
    line = face.mouth_height + face.smile * (along**2 * 2 - 0.4)
    bow = (1 - along**2) ** 0.8 * (0.85 - 0.28 * np.exp(-((along / 0.14) ** 2)))
    full = (1 - along**2) ** 0.75
    sheet.area(portrait.between(aside, line, line + thick * 0.8 * bow), scaled(face.lip_colour, 0.86), 0.95, 0.5)
    sheet.area(portrait.between(aside, line, line - thick * 1.1 * full), face.lip_colour, 0.95, 0.5)
    shine = portrait.at(aside, line - thick * 0.55 * full)[5:12]
    sheet.stroke(shine, 2.4, mixed(face.lip_colour, WHITE, 0.5), 0.45, 1.5)
    middle = portrait.at(aside, line)
    sheet.stroke(middle, 2.0, scaled(face.lip_colour, 0.32), 0.9)
    for corner in (middle[0], middle[-1]):
        sheet.disc(corner, (2.4, 2.0), portrait.shadow, 0.8, 0.8)
