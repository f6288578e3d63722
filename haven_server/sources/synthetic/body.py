"""The body as a solid: Person, Outfit, Posture -> Shapes.

What does not bend, breast and hips, is made once in the frames of chest and pelvis; the rest is spanned between the
joints of each posture.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np

from haven_server.sources.synthetic.camera import Points
from haven_server.sources.synthetic.garments import (
    ARM,
    BAG,
    LEG,
    NECK,
    PELVIS_ROW,
    SHOE,
    SKIN,
    TEXELS_PER_M,
    TRUNK,
    Patch,
    bare_from,
    hem_height,
)
from haven_server.sources.synthetic.impostors import Shapes
from haven_server.sources.synthetic.measures import Measures, measures_of
from haven_server.sources.synthetic.modelling import ball, capsules, picked, round_axis, wrapped
from haven_server.sources.synthetic.people import Legwear, Outfit, Person, Physique
from haven_server.sources.synthetic.skeleton import Joint, Posture

HEELS: Final = 21
"""Rows after the joints: the heels, the middle between the hips, that between the knees."""
MIDDLE_HIP, MIDDLE_KNEE = 23, 24
NORMAL_HEIGHT_M: Final = 1.7
"""Of a body whose thicknesses are given below, m."""


class Span(NamedTuple):
    """A tapered capsule between two joints.

    Attributes:
        start, end: joints.  begins, ends: where between them, 0 to 1.
        radii: at its start and end, m.  widths: factors to the front and to the left.
        chest: it turns with the chest, else with the pelvis.
        patch, rows: of the texture, rows from 0 to 1.
        balls: which ends are closed by a ball.  hollow: the end is open.
    """

    start: int
    end: int
    radii: tuple[float, float]
    widths: tuple[float, float]
    patch: Patch
    rows: tuple[float, float]
    chest: bool = False
    begins: float = 0.0
    ends: float = 1.0
    balls: tuple[bool, bool] = (True, True)
    hollow: bool = False


class Build(NamedTuple):
    """How thick a trunk is, m; radii from the spine to the front.

    Attributes:
        size: factor on what grows with the height.  girth: factor on what grows with the weight, too.
        wide: half the trunk's width / half its depth.
        hip, waist, chest, collar: from bottom to top.
    """

    size: float
    girth: float
    wide: float
    hip: float
    waist: float
    chest: float
    collar: float

    @classmethod
    def of(cls, physique: Physique) -> Build:
        """Derive it; wide hips and narrow shoulders go with a narrow waist."""
        size = physique.height_m / NORMAL_HEIGHT_M
        girth = size * physique.girth
        slender = physique.hip_ratio / physique.shoulder_ratio - 0.53
        stout = max(physique.girth - 1, 0)
        return cls(
            size,
            girth,
            1.55,
            (0.108 + 0.05 * slender) * girth,
            (0.095 - 0.12 * slender + 0.05 * stout) * girth,
            (0.107 - 0.08 * slender) * girth,
            (0.102 - 0.1 * slender) * girth,
        )


class Body:
    """The shapes of one dressed person, to be set into postures."""

    def __init__(self, person: Person, outfit: Outfit) -> None:
        """Measure the person."""
        self._measures = measures_of(person.physique)
        self._build = Build.of(person.physique)
        self._breast = self._breast_shapes()
        self._hips = self._hip_shapes(outfit)
        spans = [*self._trunk_spans(), *self._arm_spans(outfit), *self._leg_spans(outfit)]
        self._spans = spans
        self._starts = np.array([span.start for span in spans])
        self._ends = np.array([span.end for span in spans])
        self._fractions = np.array([(span.begins, span.ends) for span in spans])[:, :, None]
        self._radii = np.array([span.radii for span in spans])
        self._widths = np.array([span.widths for span in spans])
        self._columns = np.array([span.patch.columns for span in spans])
        self._rows = np.array([[_row(span.patch, row) for row in span.rows] for span in spans])
        self._chest = np.array([span.chest for span in spans])
        kept = np.array([[True, *span.balls] for span in spans]).T.ravel()
        self._kept = np.flatnonzero(kept)
        self._hollow = np.tile([span.hollow for span in spans], 3)[self._kept]
        self._limits = np.tile([span.patch.rows for span in spans], (3, 1))[self._kept]

    def shapes(self, posture: Posture) -> Shapes:
        """Set the body into a posture, world m."""
        joints = self._with_helpers(posture.joints)
        first, last = joints[self._starts], joints[self._ends]
        way = last - first
        starts, ends = first + way * self._fractions[:, 0], first + way * self._fractions[:, 1]
        fronts = np.where(
            self._chest[:, None],
            posture.chest[:, 0] + 0.3 * posture.chest[:, 2],
            posture.pelvis[:, 0] + 0.5 * posture.pelvis[:, 2],
        )
        spanned = capsules(starts, ends, fronts, self._radii, self._widths, self._columns, self._rows)
        spanned = replace(picked(spanned, self._kept), hollow=self._hollow)
        rows = np.clip(spanned.rows, self._limits[:, :1], self._limits[:, 1:])
        return Shapes.joined(
            self._breast.placed(joints[Joint.NECK], posture.chest),
            self._hips.placed(joints[Joint.PELVIS], posture.pelvis),
            replace(spanned, rows=rows),
        )

    def _with_helpers(self, joints: Points) -> Points:
        ankles, knees = joints[[Joint.LEFT_ANKLE, Joint.RIGHT_ANKLE]], joints[[Joint.LEFT_KNEE, Joint.RIGHT_KNEE]]
        shanks = ankles - knees
        shanks *= 0.036 * self._build.size / np.linalg.norm(shanks, axis=1, keepdims=True)
        hips = joints[[Joint.LEFT_HIP, Joint.RIGHT_HIP]]
        return np.concatenate([joints, ankles + shanks, hips.mean(axis=0)[None], knees.mean(axis=0)[None]])

    def _breast_shapes(self) -> Shapes:
        """Ribs and shoulders, round the neck joint in the frame of the chest."""
        measures, build = self._measures, self._build
        wrap = round_axis(PELVIS_ROW - measures.trunk * TEXELS_PER_M, -TEXELS_PER_M, TRUNK.columns, TRUNK.rows)
        ribs = capsules(
            [(0, 0, -measures.breast)],
            [(-0.008, 0, -0.09 * build.size)],
            [(1, 0, 0)],
            [(build.chest, build.collar)],
            [(1, build.wide)],
            [(0, 0)],
            [(0, 1)],
        )
        slopes = [
            capsules(
                [(-0.012, side * 0.048 * build.girth, -0.008)],
                [(-0.004, side * measures.shoulder_width * 0.46, -measures.shoulder_drop)],
                [(1, 0, 0)],
                [(0.06 * build.girth, 0.05 * build.girth)],
                [(1.3, 1)],
                [(0, 0)],
                [(0, 1)],
            )
            for side in (-1, 1)
        ]
        kept = [picked(ribs, [0, 2]), *(picked(slope, [0, 1]) for slope in slopes)]
        return wrapped(Shapes.joined(*kept), wrap)

    def _hip_shapes(self, outfit: Outfit) -> Shapes:
        """Hips, hem and bag, round the pelvis joint in the frame of the pelvis."""
        build = self._build
        wrap = round_axis(PELVIS_ROW, -TEXELS_PER_M, TRUNK.columns, TRUNK.rows)
        low = capsules(
            [(-0.004, 0, 0)],
            [(-0.012, 0, -0.07 * build.size)],
            [(1, 0, 0)],
            [(build.hip, build.hip * 0.93)],
            [(1, build.wide)],
            [(0, 0)],
            [(0, 1)],
        )
        parts = [picked(low, [0, 2])]
        hem_m = hem_height(outfit)
        if hem_m > 0:
            radii = np.array((0.085, 0.088, 0.1)) * build.girth
            parts += [ball((-0.04 * build.girth, side * 0.07 * build.girth, -0.045), radii, wrap) for side in (-1, 1)]
        else:
            parts.append(self._hem(hem_m))
        shapes = wrapped(Shapes.joined(*parts), wrap)
        if outfit.bag is None:
            return shapes
        cloth = round_axis(BAG.top + 24, -100, BAG.columns, BAG.rows)
        aside = build.hip * build.wide + 0.03
        bag = ball((0.0, -aside, -0.07), (0.125 * build.size, 0.05, 0.115 * build.size), cloth)
        return Shapes.joined(shapes, bag)

    def _hem(self, height: float) -> Shapes:
        """The part of a top that hangs over the hips: it leaves the waist smoothly and is wide enough for the thighs."""
        build = self._build
        thighs = (self._measures.hip_width / 2 + 0.09 * build.girth) / build.wide
        cone = capsules(
            [(0, 0, 0.1 * build.size)],
            [(-0.006, 0, height)],
            [(1, 0, 0)],
            [(build.waist * 0.98, max(build.hip * 1.03 + 0.012, thighs))],
            [(1, build.wide)],
            [(0, 0)],
            [(0, 1)],
        )
        return replace(picked(cone, [0]), hollow=np.array([True]))

    def _trunk_spans(self) -> list[Span]:
        build, measures = self._build, self._measures
        heights = np.cumsum([0, measures.lumbar, measures.ribs])
        pelvis, waist, chest = ((PELVIS_ROW - height * TEXELS_PER_M - TRUNK.top) / TRUNK.height for height in heights)
        sides = (1.0, build.wide)
        neck = 0.022 * build.size + 0.027 * build.girth
        return [
            Span(Joint.PELVIS, Joint.WAIST, (build.hip, build.waist), sides, TRUNK, (pelvis, waist)),
            Span(Joint.WAIST, Joint.CHEST, (build.waist, build.chest), sides, TRUNK, (waist, chest), chest=True, balls=(False, True)),
            Span(Joint.NECK, Joint.HEAD, (neck * 1.15, neck), (1.0, 1.0), NECK, (0.0, 1.0), chest=True, ends=0.75, balls=(True, False)),
        ]  # fmt: skip

    def _arm_spans(self, outfit: Outfit) -> list[Span]:
        """Arms and sleeves; what a sleeve hides is not made twice."""
        girth, size = self._build.girth, self._build.size
        sleeve = 1.0 if outfit.jacket is not None else outfit.sleeve
        loose = 0.009 * size
        top, middle, bottom = 0.047 * girth, 0.037 * girth, 0.027 * girth
        spans = []
        for side in (0, 1):
            shoulder, elbow, wrist, hand = (joint + side for joint in (5, 7, 9, 11))
            upper, lower = (shoulder, elbow), (elbow, wrist)
            if sleeve > 0.54:
                end = (sleeve - 0.54) / 0.46
                cuff = middle + (bottom - middle) * end + loose
                spans.append(Span(*upper, (top + 0.003, middle + loose), (1, 1), ARM, (0, 0.54), True))
                spans.append(
                    Span(
                        *lower, (middle + loose, cuff), (1, 1), ARM, (0.54, sleeve), True, 0, end, (False, False), True
                    )
                )
                if end < 1:
                    spans.append(Span(*lower, (middle, bottom), (1, 1), ARM, (0.54, 1), True, balls=(False, False)))
            else:
                spans.append(Span(*upper, (top, middle), (1, 1), ARM, (0, 0.54), True))
                spans.append(Span(*lower, (middle, bottom), (1, 1), ARM, (0.54, 1), True, balls=(False, False)))
                if sleeve > 0:
                    wide = (top + 0.004, top + loose * 0.6)
                    spans.append(
                        Span(*upper, wide, (1, 1), ARM, (0, sleeve), True, 0, sleeve / 0.54, (True, False), True)
                    )
            palm, tip = (0.026 * size, 0.037 * size), (0.037 * size, 0.022 * size)
            spans.append(Span(wrist, hand, palm, (1.05, 0.6), SKIN, (0.1, 0.9), True, 0, 0.42))
            spans.append(Span(wrist, hand, tip, (1.05, 0.55), SKIN, (0.1, 0.9), True, 0.42, 0.8, (False, True)))
        return spans

    def _leg_spans(self, outfit: Outfit) -> list[Span]:
        """Legs, what covers them, and shoes."""
        girth, size = self._build.girth, self._build.size
        trousers = outfit.legwear is Legwear.TROUSERS
        top, knee_wide = 0.086 * girth, 0.057 * girth + (0.009 * size if trousers else 0)
        low = 0.12 if hem_height(outfit) < 0 else 0.0  # room for a top that hangs over the hips
        spans = []
        for side in (0, 1):
            hip, knee, ankle, toe, heel = (joint + side for joint in (13, 15, 17, 19, HEELS))
            spans.append(Span(hip, knee, (top, knee_wide), (1.02, 0.94), LEG, (low * 0.5, 0.5), begins=low))
            spans.append(Span(heel, toe, (0.037 * size, 0.029 * size), (1.0, 1.12), SHOE, (0, 1)))
            if trousers:
                foot = max(0.047 * girth, 0.05 * size)
                spans.append(
                    Span(knee, ankle, (knee_wide, foot), (1.02, 0.94), LEG, (0.5, 1), balls=(False, False), hollow=True)
                )
            else:
                spans.append(
                    Span(knee, ankle, (knee_wide, 0.034 * girth), (1.02, 0.94), LEG, (0.5, 1), balls=(False, True))
                )
                spans.append(Span(knee, ankle, (0.03 * girth, 0.047 * girth), (1.18, 1), LEG, (0.5, 0.66), ends=0.32))
                end = bare_from(outfit) / 0.5
                flare = (0.02 if outfit.legwear is Legwear.SHORTS else 0.045) * size
                spans.append(self._leg_cover(hip, knee, low, end, flare, 1.0))
        if outfit.legwear is Legwear.SKIRT:
            spans.append(self._leg_cover(MIDDLE_HIP, MIDDLE_KNEE, 0.0, bare_from(outfit) / 0.5, 0.055 * size, 1.3))
        return spans

    def _leg_cover(self, hip: int, knee: int, begins: float, ends: float, flare: float, wide: float) -> Span:
        """One leg of shorts, or a third of a skirt."""
        radii = (0.09 * self._build.girth, 0.068 * self._build.girth + flare)
        rows = (begins * 0.5, ends * 0.5)
        return Span(hip, knee, radii, (1, wide), LEG, rows, False, begins, ends, (True, False), hollow=True)


def _row(patch: Patch, place: float) -> float:
    return patch.top + place * patch.height
