"""The parts of a body that span its joints, and the clothes on them: Measures, Build, Outfit -> Spans."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from haven_server.sources.synthetic.figures.build import Build
from haven_server.sources.synthetic.figures.garments import bare_from, hem_height
from haven_server.sources.synthetic.figures.patches import (
    ARM,
    LEG,
    NECK,
    PELVIS_ROW,
    SHOE,
    SKIN,
    TEXELS_PER_M,
    TRUNK,
    Patch,
)
from haven_server.sources.synthetic.motion.measures import Measures
from haven_server.sources.synthetic.people import Legwear, Outfit
from haven_server.sources.synthetic.skeleton import Joint

LEFT_HEEL: Final = len(Joint)
"""First of the points that are added to the joints: left heel, right heel, middles between hips and between knees."""
MIDDLE_HIP: Final = LEFT_HEEL + 2
MIDDLE_KNEE: Final = LEFT_HEEL + 3
ELBOW: Final = 0.54
"""Share of the upper arm in the arm's texture."""
KNEE: Final = 0.5


@dataclass(frozen=True, slots=True)
class Span:
    """A tapered capsule between two joints.

    Attributes:
        start, end: joints.
        radii: at its start and end, m.
        patch, rows: of the texture; rows from 0 to 1, at start and end.
        sides: factors on the radius to the front and to the left.
        chest: it turns with the chest, else with the pelvis.
        reach: where between the joints it begins and ends, 0 to 1.
        balls: which ends are closed by a ball.
        hollow: one looks into its end.
    """

    start: int
    end: int
    radii: tuple[float, float]
    patch: Patch
    rows: tuple[float, float]
    sides: tuple[float, float] = (1.0, 1.0)
    chest: bool = False
    reach: tuple[float, float] = (0.0, 1.0)
    balls: tuple[bool, bool] = (True, True)
    hollow: bool = False


def trunk_spans(measures: Measures, build: Build) -> Iterator[Span]:
    """Give what joins hips, breast and head."""
    heights_m = (0.0, measures.lumbar, measures.lumbar + measures.ribs)
    pelvis, waist, chest = ((PELVIS_ROW - height * TEXELS_PER_M) / TRUNK.height for height in heights_m)
    sides = (1.0, build.wide)
    yield Span(Joint.PELVIS, Joint.WAIST, (build.hip, build.waist), TRUNK, (pelvis, waist), sides)
    radii = (build.waist, build.chest)
    yield Span(Joint.WAIST, Joint.CHEST, radii, TRUNK, (waist, chest), sides, True, balls=(False, True))
    neck = 0.022 * build.size + 0.027 * build.girth
    radii = (neck * 1.15, neck)
    yield Span(Joint.NECK, Joint.HEAD, radii, NECK, (0, 1), chest=True, reach=(0, 0.75), balls=(True, False))


def arm_spans(build: Build, outfit: Outfit, side: int) -> Iterator[Span]:
    """Give one arm and its sleeve; what a sleeve hides is left out.

    Args:
        side: 0 left, 1 right.
    """
    upper = Joint.LEFT_SHOULDER + side, Joint.LEFT_ELBOW + side
    lower = Joint.LEFT_ELBOW + side, Joint.LEFT_WRIST + side
    sleeve = 1.0 if outfit.jacket is not None else outfit.sleeve
    loose = 0.009 * build.size
    top, middle, bottom = 0.047 * build.girth, 0.037 * build.girth, 0.027 * build.girth
    if sleeve > ELBOW:
        end = (sleeve - ELBOW) / (1 - ELBOW)
        radii = (middle + loose, middle + (bottom - middle) * end + loose)
        yield Span(*upper, (top + 0.003, middle + loose), ARM, (0, ELBOW), chest=True)
        yield Span(*lower, radii, ARM, (ELBOW, sleeve), chest=True, reach=(0, end), balls=(False, False), hollow=True)
    else:
        yield Span(*upper, (top, middle), ARM, (0, ELBOW), chest=True)
    if 0 < sleeve <= ELBOW:
        radii, reach = (top + 0.004, top + loose * 0.6), (0, sleeve / ELBOW)
        yield Span(*upper, radii, ARM, (0, sleeve), chest=True, reach=reach, balls=(True, False), hollow=True)
    if sleeve < 1:
        yield Span(*lower, (middle, bottom), ARM, (ELBOW, 1), chest=True, balls=(False, False))
    yield from _hand(build.size, side)


def _hand(size: float, side: int) -> Iterator[Span]:
    """A palm that widens from the wrist and fingers that narrow again, both flat."""
    joints = Joint.LEFT_WRIST + side, Joint.LEFT_HAND + side
    palm, fingers = (0.026 * size, 0.037 * size), (0.037 * size, 0.022 * size)
    yield Span(*joints, palm, SKIN, (0.1, 0.9), (1.05, 0.6), True, (0, 0.42))
    yield Span(*joints, fingers, SKIN, (0.1, 0.9), (1.05, 0.55), True, (0.42, 0.8), (False, True))


def leg_spans(build: Build, outfit: Outfit, side: int) -> Iterator[Span]:
    """Give one leg, what covers it, and its shoe.

    Args:
        side: 0 left, 1 right.
    """
    girth, size = build.girth, build.size
    trousers = outfit.legwear is Legwear.TROUSERS
    thigh = Joint.LEFT_HIP + side, Joint.LEFT_KNEE + side
    shank = Joint.LEFT_KNEE + side, Joint.LEFT_ANKLE + side
    top, knee = 0.086 * girth, 0.057 * girth + (0.009 * size if trousers else 0)
    flat = (1.02, 0.94)
    begin = _thigh_begin(outfit)
    yield Span(*thigh, (top, knee), LEG, (begin * KNEE, KNEE), flat, reach=(begin, 1))
    yield Span(LEFT_HEEL + side, Joint.LEFT_TOE + side, (0.037 * size, 0.029 * size), SHOE, (0, 1), (1, 1.12))
    if trousers:
        radii = (knee, max(0.047 * girth, 0.05 * size))
        yield Span(*shank, radii, LEG, (KNEE, 1), flat, balls=(False, False), hollow=True)
        return
    yield Span(*shank, (knee, 0.034 * girth), LEG, (KNEE, 1), flat, balls=(False, True))
    yield Span(*shank, (0.03 * girth, 0.047 * girth), LEG, (KNEE, 0.66), (1.18, 1), reach=(0, 0.32))
    flare = (0.02 if outfit.legwear is Legwear.SHORTS else 0.045) * size
    yield _leg_cover(*thigh, build, outfit, begin, flare, 1.0)


def skirt_spans(build: Build, outfit: Outfit) -> Iterator[Span]:
    """Give what closes a skirt between the legs."""
    if outfit.legwear is Legwear.SKIRT:
        yield _leg_cover(MIDDLE_HIP, MIDDLE_KNEE, build, outfit, 0.0, 0.055 * build.size, 1.3)


def _leg_cover(hip: int, knee: int, build: Build, outfit: Outfit, begin: float, flare: float, wide: float) -> Span:
    """One leg of shorts, or a third of a skirt."""
    radii = (0.09 * build.girth, 0.068 * build.girth + flare)
    end = bare_from(outfit) / KNEE
    rows = (begin * KNEE, end * KNEE)
    return Span(hip, knee, radii, LEG, rows, (1, wide), reach=(begin, end), balls=(True, False), hollow=True)


def _thigh_begin(outfit: Outfit) -> float:
    """Leave room for a top that hangs over the hips."""
    return 0.12 if hem_height(outfit) < 0 else 0.0
