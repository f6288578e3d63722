"""What a person of the demo world is: body, way of walking, face, hair, clothes. Data alone; `casting` makes it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

Colour = tuple[int, int, int]
"""b, g, r in [0, 255]."""


@dataclass(frozen=True, slots=True)
class Physique:
    """A body's measures, m and ratios.

    Attributes:
        height_m: from sole to crown, standing.
        leg_ratio: hip height / height, about 0.52.
        thigh_ratio: thigh / leg, about 0.52.
        arm_ratio: shoulder to wrist / height, about 0.33.
        shoulder_ratio: distance of the shoulder joints / height, about 0.21.
        hip_ratio: distance of the hip joints / height, about 0.11.
        girth: factor on the thickness of trunk and limbs, about 1.
        head_ratio: chin to crown / height, about 0.135.
    """

    height_m: float
    leg_ratio: float
    thigh_ratio: float
    arm_ratio: float
    shoulder_ratio: float
    hip_ratio: float
    girth: float
    head_ratio: float


@dataclass(frozen=True, slots=True)
class GaitStyle:
    """A personal way of walking.

    Attributes:
        cadence_hz: double steps a second, about 0.95.
        stride_ratio: length of a double step / height, about 0.75.
        arm_swing_rad: amplitude.
        elbow_rad: mean bend of the elbow.
        lean_rad: of the trunk, forward positive.
        sway_m: amplitude of the pelvis to the sides.
        bounce_m: amplitude of the pelvis up and down.
        knee_lift_rad: greatest bend of the swinging knee.
        toe_out_rad: of the feet.
        trunk_twist_rad: amplitude of the shoulders against the hips.
        asymmetry: in [-0.3, 0.3]: how much longer the left leg swings; a limp.
        phase_rad: where in the cycle a walk begins.
    """

    cadence_hz: float
    stride_ratio: float
    arm_swing_rad: float
    elbow_rad: float
    lean_rad: float
    sway_m: float
    bounce_m: float
    knee_lift_rad: float
    toe_out_rad: float
    trunk_twist_rad: float
    asymmetry: float
    phase_rad: float


class HairStyle(Enum):
    """How hair is worn."""

    BALD = "bald"
    CROPPED = "cropped"
    SHORT = "short"
    PARTED = "parted"
    BOB = "bob"
    LONG = "long"
    BUN = "bun"
    CURLY = "curly"


@dataclass(frozen=True, slots=True)
class Hair:
    """Hair on the head."""

    style: HairStyle
    colour: Colour


class Beard(Enum):
    """Hair in the face."""

    NONE = "none"
    STUBBLE = "stubble"
    MOUSTACHE = "moustache"
    GOATEE = "goatee"
    FULL = "full"


class Glasses(Enum):
    """Glasses, by the form of their frame."""

    NONE = "none"
    ROUND = "round"
    SQUARE = "square"
    HALF = "half"


@dataclass(frozen=True, slots=True)
class Face:
    """A face's features; every ratio is relative to the face's own width or height and drawn from the person's seed.

    Attributes:
        width_ratio: width of the head / its height, about 0.75.
        jaw: 0 pointed to 1 square.
        eye_distance, eye_height, eye_size, eye_slant_rad: of the eyes.
        eye_openness: height of an eye / its width.
        eye_colour: of the iris.
        brow_height, brow_thickness, brow_slant_rad, brow_arch: of the brows.
        brow_colour: b, g, r.
        nose_length, nose_width, nose_relief: of the nose.
        mouth_height, mouth_width, lip_thickness, smile: of the mouth.
        lip_colour: b, g, r.
        ear_size: height of an ear / half the head's height.
        skin: b, g, r.
        blush: 0 to 1, of the cheeks.
        wrinkles: 0 to 1.
        freckles: 0 to 1.
        mole: x and y in [-1, 1] over the face, or None.
        beard, glasses: what grows and sits in the face.
        glasses_colour: of the frame.
        seed: of what is left to chance (place of freckles).
    """

    width_ratio: float
    jaw: float
    eye_distance: float
    eye_height: float
    eye_size: float
    eye_slant_rad: float
    eye_openness: float
    eye_colour: Colour
    brow_height: float
    brow_thickness: float
    brow_slant_rad: float
    brow_arch: float
    brow_colour: Colour
    nose_length: float
    nose_width: float
    nose_relief: float
    mouth_height: float
    mouth_width: float
    lip_thickness: float
    smile: float
    lip_colour: Colour
    ear_size: float
    skin: Colour
    blush: float
    wrinkles: float
    freckles: float
    mole: tuple[float, float] | None
    beard: Beard
    glasses: Glasses
    glasses_colour: Colour
    seed: int


class Pattern(Enum):
    """What is woven into a garment."""

    PLAIN = "plain"
    STRIPES = "stripes"
    PINSTRIPES = "pinstripes"
    CHECKS = "checks"
    DOTS = "dots"
    BLOCK = "block"
    PRINT = "print"


class Legwear(Enum):
    """What is worn on the legs."""

    TROUSERS = "trousers"
    SHORTS = "shorts"
    SKIRT = "skirt"


@dataclass(frozen=True, slots=True)
class Outfit:
    """Everything that is changed with the clothes.

    Attributes:
        top_colours: ground and second colour of the top.
        sleeve: length of the sleeves / the arm's, 0 to 1.
        jacket: colour of an open jacket over the top, or None.
        legwear, leg_colour: below.
        shoe_colour: b, g, r.
        bag: colour of a shoulder bag, or None.
        seed: of what is left to chance in the pattern (period, print).
    """

    top_pattern: Pattern
    top_colours: tuple[Colour, Colour]
    sleeve: float
    jacket: Colour | None
    legwear: Legwear
    leg_colour: Colour
    shoe_colour: Colour
    bag: Colour | None
    seed: int


@dataclass(frozen=True, slots=True)
class Person:
    """One person: what stays the same over all clothes.

    Attributes:
        seed: names the person; the same seed is the same person in every scenario.
    """

    seed: int
    physique: Physique
    gait: GaitStyle
    face: Face
    hair: Hair
