"""Cast the people of the demo world: seed -> Person, Outfit.

Every feature is drawn on its own from a wide range, so that thousands of people can be told apart by face alone. Only
what goes together in nature is drawn together: tone of skin and colour of hair, age and grey hair, sex and beard.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final, TypeVar

import numpy as np

from haven_server.sources.synthetic.figures.tints import as_colour, between, mixed, tinted
from haven_server.sources.synthetic.people import (
    Beard,
    Face,
    GaitStyle,
    Glasses,
    Hair,
    HairStyle,
    Legwear,
    Outfit,
    Pattern,
    Person,
    Physique,
)

Choice = TypeVar("Choice")

_PERSON, _OUTFIT, _LOOK_ALIKE = 1, 2, 3
"""First numbers of the seed tuples, so that equal seeds of different things share no chance."""

SKINS: Final = (
    (207, 226, 252),
    (182, 207, 244),
    (152, 184, 232),
    (118, 156, 212),
    (86, 122, 178),
    (62, 88, 136),
    (44, 64, 100),
)
"""b, g, r from light to dark."""
HAIRS: Final = ((34, 30, 30), (30, 38, 52), (38, 56, 86), (48, 80, 128), (60, 110, 170), (112, 172, 216), (40, 78, 150))
"""b, g, r: black, darkest, dark and middle brown, light brown, blond, red."""
GREYS: Final = ((150, 150, 148), (206, 208, 208))
IRISES: Final = (
    (28, 48, 78),
    (36, 66, 110),
    (60, 104, 120),
    (74, 120, 96),
    (150, 128, 84),
    (176, 142, 96),
    (128, 122, 112),
)
LIPS: Final = ((96, 98, 186), (104, 112, 176), (72, 74, 168), (120, 124, 196))
CLOTHS: Final = (
    (236, 240, 242), (60, 56, 52), (120, 84, 52), (150, 120, 70), (92, 120, 62), (120, 152, 96), (68, 96, 196),
    (92, 132, 224), (88, 190, 236), (128, 204, 240), (160, 190, 214), (150, 110, 168), (186, 150, 204), (76, 60, 140),
    (172, 150, 110), (206, 186, 150), (120, 116, 112), (176, 174, 170), (70, 110, 150), (110, 150, 190), (60, 80, 60),
)  # fmt: skip
"""b, g, r of tops and jackets."""
LEG_CLOTHS: Final = (
    (58, 52, 48), (110, 78, 50), (140, 104, 74), (84, 66, 52), (120, 116, 112), (130, 160, 186), (170, 190, 206),
    (70, 88, 74), (64, 74, 104), (88, 84, 120), (164, 160, 156),
)  # fmt: skip
SHOES: Final = ((40, 38, 40), (56, 70, 104), (230, 232, 234), (110, 106, 104), (70, 60, 150), (120, 80, 50))
FRAMES: Final = ((30, 28, 28), (40, 54, 90), (96, 100, 104), (90, 40, 30), (50, 40, 110))


def person(seed: int) -> Person:
    """Draw a person; the same seed gives the same one."""
    chance = np.random.default_rng((_PERSON, seed))
    masculine = float(np.clip(chance.choice([0.15, 0.85]) + chance.normal(0, 0.12), 0, 1))
    age = float(chance.beta(1.3, 1.6))
    tone = float(chance.uniform(0, 1))
    hair = _hair(chance, masculine, age, tone)
    face = _face(chance, masculine, age, tone, hair)
    return Person(seed, _physique(chance, masculine), _gait(chance, age), face, hair)


def look_alike(other: Person, seed: int) -> Person:
    """Draw another person of about the same build, skin and hair, with a face and a gait of their own.

    The seed of the new person is drawn, too, so that it does not collide with those of scenarios.
    """
    chance = np.random.default_rng((_LOOK_ALIKE, other.seed, seed))
    stranger = person(int(chance.integers(1 << 40, 1 << 41)))
    physique = replace(other.physique, height_m=other.physique.height_m + float(chance.uniform(-0.015, 0.015)))
    face = replace(stranger.face, skin=other.face.skin, brow_colour=other.face.brow_colour)
    return replace(stranger, physique=physique, face=face, hair=other.hair)


def outfit(seed: int) -> Outfit:
    """Draw what somebody wears; the same seed gives the same clothes."""
    chance = np.random.default_rng((_OUTFIT, seed))
    first, second = chance.choice(len(CLOTHS), 2, replace=False)
    legs = _one_of(chance, (Legwear.TROUSERS, Legwear.SHORTS, Legwear.SKIRT), (0.7, 0.14, 0.16))
    return Outfit(
        top_pattern=_one_of(chance, Pattern, (0.34, 0.15, 0.08, 0.11, 0.08, 0.12, 0.12)),
        top_colours=(tinted(chance, CLOTHS[first], 16), tinted(chance, CLOTHS[second], 16)),
        sleeve=float(chance.choice([0.0, 0.3, 0.62, 1.0], p=[0.08, 0.37, 0.1, 0.45])),
        jacket=tinted(chance, CLOTHS[chance.integers(len(CLOTHS))], 16) if chance.random() < 0.3 else None,
        legwear=legs,
        leg_colour=tinted(chance, LEG_CLOTHS[chance.integers(len(LEG_CLOTHS))], 14),
        shoe_colour=tinted(chance, SHOES[chance.integers(len(SHOES))], 10),
        bag=tinted(chance, CLOTHS[chance.integers(len(CLOTHS))], 16) if chance.random() < 0.25 else None,
        seed=int(chance.integers(1 << 31)),
    )


def _physique(chance: np.random.Generator, masculine: float) -> Physique:
    return Physique(
        height_m=float(np.clip(chance.normal(1.635 + 0.125 * masculine, 0.065), 1.48, 1.97)),
        leg_ratio=float(chance.uniform(0.505, 0.54)),
        thigh_ratio=float(chance.uniform(0.5, 0.535)),
        arm_ratio=float(chance.uniform(0.318, 0.345)),
        shoulder_ratio=float(0.198 + 0.02 * masculine + chance.normal(0, 0.006)),
        hip_ratio=float(0.116 - 0.01 * masculine + chance.normal(0, 0.004)),
        girth=float(np.clip(chance.lognormal(0.02, 0.12), 0.82, 1.4)),
        head_ratio=float(chance.uniform(0.143, 0.156)),
    )


def _gait(chance: np.random.Generator, age: float) -> GaitStyle:
    slow = 1 - 0.18 * age
    return GaitStyle(
        cadence_hz=float(chance.uniform(0.84, 1.08) * (1 - 0.08 * age)),
        stride_ratio=float(chance.uniform(0.66, 0.84) * slow),
        arm_swing_rad=float(chance.uniform(0.15, 0.65)),
        elbow_rad=float(chance.uniform(0.15, 0.7)),
        lean_rad=float(chance.normal(0.04, 0.035) + 0.06 * age**2),
        sway_m=float(chance.uniform(0.01, 0.045)),
        bounce_m=float(chance.uniform(0.010, 0.030)),
        knee_lift_rad=float(chance.uniform(0.85, 1.25)),
        toe_out_rad=float(chance.normal(0.12, 0.1)),
        trunk_twist_rad=float(chance.uniform(0.03, 0.2)),
        asymmetry=float(np.clip(chance.normal(0, 0.06) + (chance.random() < 0.1) * chance.normal(0, 0.15), -0.3, 0.3)),
        phase_rad=float(chance.uniform(0, 2 * np.pi)),
    )


def _hair(chance: np.random.Generator, masculine: float, age: float, tone: float) -> Hair:
    women = (0.0, 0.03, 0.1, 0.13, 0.22, 0.26, 0.14, 0.12)
    men = (0.13, 0.22, 0.26, 0.2, 0.02, 0.03, 0.02, 0.12)
    weights = np.array(men) * masculine + np.array(women) * (1 - masculine)
    style = _one_of(chance, HairStyle, weights.tolist())
    place = np.clip(chance.normal(3.4 - 4.6 * tone, 1.3), 0, len(HAIRS) - 2)
    colour = between(HAIRS[:-1], float(place))
    if tone < 0.45 and chance.random() < 0.12:
        colour = HAIRS[-1]
    grey = float(np.clip((age - 0.6) * 3 + chance.normal(0, 0.15), 0, 1))
    return Hair(style, mixed(tinted(chance, colour, 8), between(GREYS, float(chance.random())), grey))


def _face(chance: np.random.Generator, masculine: float, age: float, tone: float, hair: Hair) -> Face:
    skin = np.array(between(SKINS, tone * (len(SKINS) - 1)), np.float64)
    skin += np.array([-1.0, 0.1, 0.6]) * chance.normal(0, 7) + chance.normal(0, 4)
    iris = IRISES[int(chance.integers(0, 3 if tone > 0.5 else len(IRISES)))]
    lip = 0.7 * np.array(LIPS[int(chance.integers(len(LIPS)))]) * (1.02 - 0.35 * tone) + 0.3 * skin
    eye_height, mouth_height = float(chance.uniform(-0.07, 0.09)), float(chance.uniform(-0.7, -0.57))
    beards = (0.42, 0.2, 0.1, 0.1, 0.18) if masculine > 0.5 else (1, 0, 0, 0, 0)
    return Face(
        width_ratio=float(chance.uniform(0.68, 0.84)),
        jaw=float(np.clip(chance.normal(0.2 + 0.55 * masculine, 0.22), 0, 1)),
        eye_distance=float(chance.uniform(0.385, 0.47)),
        eye_height=eye_height,
        eye_size=float(chance.uniform(0.225, 0.3)),
        eye_slant_rad=float(chance.normal(0.04, 0.075)),
        eye_openness=float(chance.uniform(0.38, 0.66)),
        eye_colour=tinted(chance, iris, 14),
        brow_height=float(chance.uniform(0.15, 0.26)),
        brow_thickness=float(chance.uniform(0.03, 0.065) + 0.035 * masculine * chance.random()),
        brow_slant_rad=float(chance.normal(0.02, 0.11)),
        brow_arch=float(chance.uniform(0.0, 0.09)),
        brow_colour=mixed(hair.colour, (30, 34, 44), float(chance.uniform(0.25, 0.6))),
        nose_length=float(chance.uniform(0.48, 0.64)) * (eye_height - mouth_height),
        nose_width=float(chance.uniform(0.2, 0.34)),
        nose_relief=float(chance.uniform(0.6, 1.3)),
        mouth_height=mouth_height,
        mouth_width=float(chance.uniform(0.3, 0.46)),
        lip_thickness=float(chance.uniform(0.05, 0.13) + 0.025 * (1 - masculine)),
        smile=float(np.clip(chance.normal(0.02, 0.022), -0.025, 0.065)),
        lip_colour=as_colour(lip),
        ear_size=float(chance.uniform(0.2, 0.32)),
        skin=as_colour(skin),
        blush=float(chance.beta(1.5, 2.5)),
        wrinkles=float(np.clip((age - 0.35) * 1.6, 0, 1)),
        freckles=float(chance.beta(2, 2)) if tone < 0.5 and chance.random() < 0.25 else 0.0,
        mole=(float(chance.uniform(-0.7, 0.7)), float(chance.uniform(-0.8, 0.5))) if chance.random() < 0.3 else None,
        beard=_one_of(chance, Beard, beards),
        glasses=_one_of(chance, Glasses, (0.76, 0.08, 0.1, 0.06)),
        glasses_colour=tinted(chance, FRAMES[int(chance.integers(len(FRAMES)))], 8),
        seed=int(chance.integers(1 << 31)),
    )


def _one_of(chance: np.random.Generator, choices: Iterable[Choice], weights: Sequence[float]) -> Choice:
    return list(choices)[int(chance.choice(len(weights), p=np.array(weights) / np.sum(weights)))]
