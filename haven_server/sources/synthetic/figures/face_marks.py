"""Paint what only some faces have: Portrait -> lines of age, beard, freckles, mole and glasses on its sheet."""

from __future__ import annotations

import numpy as np

from haven_server.sources.synthetic.figures.head import FACE_PX, nose_tip
from haven_server.sources.synthetic.figures.portrait import Eye, Portrait
from haven_server.sources.synthetic.figures.shapes import Floats
from haven_server.sources.synthetic.figures.tints import scaled
from haven_server.sources.synthetic.people import Beard, Glasses

FIRST_LINES = 0.15
"""Wrinkles from which on there are lines on the forehead and round the eyes."""


def paint_age(portrait: Portrait) -> None:
    """Paint the folds beside the mouth, faint even in the young, and the lines of age."""
    face, sheet = portrait.face, portrait.sheet
    heights = np.linspace(nose_tip(face) + 0.02, face.mouth_height + 0.02, 7)
    widening = (portrait.mouth_half * 1.12 - portrait.nose_half) * np.linspace(0, 1, 7) ** 1.3
    asides = portrait.nose_half * 1.15 + widening
    for side in (-1, 1):
        sheet.stroke(portrait.at(side * asides, heights), 1.5, portrait.shadow, 0.055 + 0.33 * face.wrinkles, 1.5)
    if face.wrinkles < FIRST_LINES:
        return
    across = np.linspace(-0.32, 0.32, 9)
    for height in (0.5, 0.58, 0.66):
        line = height + 0.015 * np.sin(across * 9 + height * 30)
        sheet.stroke(portrait.at(across, line), 1.2, portrait.shadow, 0.55 * face.wrinkles, 1.0)
    for eye in portrait.eyes:
        _paint_eye_lines(portrait, eye)


def _paint_eye_lines(portrait: Portrait, eye: Eye) -> None:
    """Paint crow's feet and a bag."""
    wrinkles = portrait.face.wrinkles
    for above in (-0.6, 0.0, 0.6):
        foot = portrait.at(*eye.points(np.array([1.15, 1.6]), np.array([above * 0.5, above * 1.6])))
        portrait.sheet.stroke(foot, 1.0, portrait.shadow, 0.5 * wrinkles, 0.8)
    bag = portrait.at(*eye.points(np.linspace(-0.7, 0.9, 6), -1.7 - 0.5 * np.cos(np.linspace(-1.2, 1.2, 6))))
    portrait.sheet.stroke(bag, 1.6, portrait.shadow, 0.6 * wrinkles, 1.2)


def paint_beard(portrait: Portrait) -> None:
    """Paint the beard."""
    beard, half, mouth = portrait.face.beard, portrait.mouth_half, portrait.face.mouth_height
    if beard is Beard.NONE:
        return
    tint = scaled(portrait.face.brow_colour, 1.05)
    strength = 0.34 if beard is Beard.STUBBLE else 0.9
    if beard in (Beard.STUBBLE, Beard.FULL):
        portrait.sheet.area(_jaw(portrait), tint, strength, 4.0)
    if beard is Beard.GOATEE:
        angle = np.linspace(0, 2 * np.pi, 32, endpoint=False)
        chin = portrait.at(np.cos(angle) * half * 0.72, mouth - 0.24 + np.sin(angle) * 0.2)
        portrait.sheet.area(chin, tint, strength, 3.0)
    if beard is not Beard.STUBBLE:
        along = np.linspace(-1, 1, 9)
        low = mouth + 0.02 + portrait.face.lip_thickness * 0.55 * (1 - along**2) - 0.06 * along**4
        top = nose_tip(portrait.face) - 0.13 - 0.1 * along**2
        lip = portrait.between(along * half * 1.15, low, top, along * half * 1.1)
        portrait.sheet.area(lip, tint, strength, 2.0)


def _jaw(portrait: Portrait) -> Floats:
    """Give the outline of cheeks, jaw and chin below a line from ear to mouth."""
    mouth, tip = portrait.face.mouth_height, nose_tip(portrait.face)
    heights = np.array([0.02, -0.22, tip - 0.2, mouth + 0.14, mouth + 0.16])
    asides = np.array([0.7, 0.66, 0.5, portrait.mouth_half * 1.15, 0.0])
    rim = portrait.between(-asides, heights, heights, asides)
    edge = FACE_PX * 0.995
    corners = np.array([[edge, FACE_PX / 2], [FACE_PX, FACE_PX], [0, FACE_PX], [FACE_PX - edge, FACE_PX / 2]])
    return np.concatenate([rim, corners])


def paint_spots(portrait: Portrait) -> None:
    """Paint freckles and a mole."""
    face, sheet, chance = portrait.face, portrait.sheet, portrait.chance
    brown = scaled(face.skin, (0.5, 0.58, 0.74))
    for _ in range(int(face.freckles * 70)):
        aside, height = chance.normal(0, 0.32), face.eye_height - 0.24 + chance.normal(0, 0.1)
        size = float(chance.uniform(0.9, 1.9))
        sheet.disc(portrait.at(aside, height), (size, size), brown, 0.6, 0.5)
    if face.mole is not None:
        place = portrait.at(face.mole[0] * 0.6, face.mole[1] * 0.8)
        sheet.disc(place, (2.6, 2.6), scaled(face.skin, (0.22, 0.25, 0.32)), 0.95, 0.5)


def paint_glasses(portrait: Portrait) -> None:
    """Paint a frame round each eye, a bridge, and the sides back to the ears."""
    face, sheet, tint = portrait.face, portrait.sheet, portrait.face.glasses_colour
    if face.glasses is Glasses.NONE:
        return
    left, right = portrait.eyes
    wide = min(right.aside * 0.84, right.half_width * 1.45)
    outline = _frame(face.glasses) * wide
    for eye in (left, right):
        ring = portrait.at(eye.aside + outline[0], eye.height - 0.03 + 0.82 * outline[1])
        sheet.area(ring, (250, 244, 236), 0.1)
        if face.glasses is Glasses.HALF:
            sheet.stroke(ring[:21], 3.4, tint)
            sheet.stroke(ring[20:], 1.0, tint, 0.5)
        else:
            sheet.stroke(ring, 3.2, tint)
        hinge = portrait.at(eye.aside + eye.side * wide, eye.height + 0.02)
        ear = np.array([FACE_PX / 2 * (1 + eye.side), hinge[1] - 3])
        sheet.stroke(np.stack([hinge, ear]), 3.0, tint)
    inner = right.aside - wide
    bridge = face.eye_height + np.array([0, 0.03, 0.045, 0.03, 0])
    sheet.stroke(portrait.at(np.linspace(-inner, inner, 5), bridge), 3.0, tint)


def _frame(glasses: Glasses) -> Floats:
    """Give the outline (2, 41) of a glass, 1 to all sides, upper half first: a circle, or a rounded square."""
    angle = np.linspace(0, 2 * np.pi, 41)
    points = np.stack([np.cos(angle), np.sin(angle)])
    return np.asarray(np.sign(points) * np.abs(points) ** (1.0 if glasses is Glasses.ROUND else 0.4))
