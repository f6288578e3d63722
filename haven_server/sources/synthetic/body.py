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
)
from haven_server.sources.synthetic.impostors import Shapes
from haven_server.sources.synthetic.measures import Measures, measures_of
from haven_server.sources.synthetic.modelling import ball, capsules, picked, round_axis, wrapped
from haven_server.sources.synthetic.people import Legwear, Outfit, Person
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


class Body:
    """The shapes of one dressed person, to be set into postures."""

    def __init__(self, person: Person, outfit: Outfit) -> None:
        """Measure the person."""
        self._measures = measures_of(person.physique)
        self._size = person.physique.height_m / NORMAL_HEIGHT_M
        self._girth = self._size * person.physique.girth
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
        shanks *= 0.036 * self._size / np.linalg.norm(shanks, axis=1, keepdims=True)
        hips = joints[[Joint.LEFT_HIP, Joint.RIGHT_HIP]]
        return np.concatenate([joints, ankles + shanks, hips.mean(axis=0)[None], knees.mean(axis=0)[None]])

    def _breast_shapes(self) -> Shapes:
        """Ribs and shoulders, round the neck joint in the frame of the chest."""
        measures, girth = self._measures, self._girth
        wrap = round_axis(PELVIS_ROW - measures.trunk * TEXELS_PER_M, -TEXELS_PER_M, TRUNK.columns, TRUNK.rows)
        drop, half = -measures.shoulder_drop, measures.shoulder_width / 2
        low, high = (0.0, 0.0, -measures.breast), (0.0, 0.0, -0.085 * self._size)
        wide = (half + 0.005 * girth) / (0.112 * girth)
        ribs = capsules([low], [high], [[1, 0, 0]], [[0.112 * girth, 0.094 * girth]], [[1, wide]], [[0, 0]], [[0, 1]])
        slopes = [
            capsules(
                [(0.0, side * 0.035 * girth, -0.015)],
                [(0.0, side * half * 0.98, drop - 0.002)],
                [[1, 0, 0]],
                [[0.062 * girth, 0.056 * girth]],
                [[1, 1]],
                [[0, 0]],
                [[0, 1]],
            )
            for side in (-1, 1)
        ]
        return wrapped(Shapes.joined(ribs, *slopes), wrap)

    def _hip_shapes(self, outfit: Outfit) -> Shapes:
        """Hips and bag, round the pelvis joint in the frame of the pelvis."""
        girth, half = self._girth, self._measures.hip_width / 2
        wrap = round_axis(PELVIS_ROW, -TEXELS_PER_M, TRUNK.columns, TRUNK.rows)
        seat = [
            ball((-0.022 * girth, side * half * 0.72, -0.01), (0.108 * girth, 0.105 * girth, 0.125 * girth), wrap)
            for side in (-1, 1)
        ]
        if outfit.bag is not None:
            cloth = round_axis(BAG.top + 24, -100, BAG.columns, BAG.rows)
            aside = half + 0.155 * girth
            seat.append(ball((0.0, -aside, -0.06), (0.13 * self._size, 0.052, 0.12 * self._size), cloth))
        return Shapes.joined(*seat)

    def _trunk_spans(self) -> list[Span]:
        girth, measures = self._girth, self._measures
        heights = np.cumsum([0, measures.lumbar, measures.ribs, measures.breast])
        rows = [(PELVIS_ROW - height * TEXELS_PER_M - TRUNK.top) / TRUNK.height for height in heights]
        hip_wide = (measures.hip_width / 2 + 0.065 * girth) / (0.115 * girth)
        waist_wide = 1.22
        neck = self._size * 0.056
        return [
            Span(Joint.PELVIS, Joint.WAIST, (0.115 * girth, 0.108 * girth), (0.95, (hip_wide + waist_wide) / 2), TRUNK,
                 (rows[0], rows[1]), balls=(False, True)),
            Span(Joint.WAIST, Joint.CHEST, (0.108 * girth, 0.113 * girth), (1.0, waist_wide), TRUNK,
                 (rows[1], rows[2]), chest=True),
            Span(Joint.NECK, Joint.HEAD, (neck * 1.12, neck * 0.95), (1.0, 1.0), NECK, (0.0, 1.0), chest=True,
                 begins=0.0, ends=0.75),
        ]  # fmt: skip

    def _arm_spans(self, outfit: Outfit) -> list[Span]:
        girth = self._girth
        spans = []
        for side in (0, 1):
            shoulder, elbow, wrist, hand = (joint + side for joint in (5, 7, 9, 11))
            covered = 1.0 if outfit.jacket is not None else outfit.sleeve
            spans += [
                Span(shoulder, elbow, (0.051 * girth, 0.039 * girth), (1, 1), ARM, (0.0, 0.54), True),
                Span(elbow, wrist, (0.039 * girth, 0.027 * girth), (1, 1), ARM, (0.54, 1.0), True, balls=(False, False)),
                Span(wrist, hand, (0.026 * self._size, 0.036 * self._size), (1.05, 0.62), SKIN, (0.1, 0.9), True, ends=0.45),
                Span(wrist, hand, (0.034 * self._size, 0.018 * self._size), (1.05, 0.55), SKIN, (0.1, 0.9), True, begins=0.45, ends=0.9, balls=(False, True)),
            ]  # fmt: skip
            loose = 0.01 * self._size
            if covered > 0.54:
                end = (covered - 0.54) / 0.46
                last = (0.039 + (0.027 - 0.039) * end) * girth + loose
                spans.append(Span(elbow, wrist, (0.04 * girth + loose / 2, last), (1, 1), ARM, (0.54, covered), True, ends=end, balls=(True, False), hollow=True))  # fmt: skip
                spans.append(Span(shoulder, elbow, (0.053 * girth, 0.04 * girth + loose / 2), (1, 1), ARM, (0.0, 0.54), True, balls=(True, False)))  # fmt: skip
            elif covered > 0:
                end = covered / 0.54
                spans.append(Span(shoulder, elbow, (0.054 * girth, 0.05 * girth + loose), (1, 1), ARM, (0.0, covered), True, ends=end, balls=(True, False), hollow=True))  # fmt: skip
        return spans

    def _leg_spans(self, outfit: Outfit) -> list[Span]:
        girth, size = self._girth, self._size
        trousers = outfit.legwear is Legwear.TROUSERS
        loose = (0.008 if trousers else 0.0) * size
        spans = []
        for side in (0, 1):
            hip, knee, ankle, toe, heel = (joint + side for joint in (13, 15, 17, 19, HEELS))
            spans += [
                Span(hip, knee, (0.093 * girth, 0.057 * girth + loose), (1, 0.95), LEG, (0.0, 0.5)),
                Span(knee, ankle, (0.057 * girth + loose, (0.05 if trousers else 0.036) * girth), (1, 1), LEG, (0.5, 1.0),
                     ends=0.97 if trousers else 1.0, balls=(False, not trousers), hollow=trousers),
                Span(heel, toe, (0.037 * size, 0.028 * size), (1.0, 1.08), SHOE, (0.0, 1.0)),
            ]  # fmt: skip
            if not trousers:
                spans.append(Span(knee, ankle, (0.03 * girth, 0.045 * girth), (1.15, 1), LEG, (0.5, 0.7), ends=0.35))
                end = bare_from(outfit) / 0.5
                wide = 0.02 * size if outfit.legwear is Legwear.SHORTS else 0.045 * size
                spans.append(Span(hip, knee, (0.096 * girth, 0.07 * girth + wide), (1, 1), LEG, (0.0, end * 0.5), ends=end,
                             balls=(True, False), hollow=True))  # fmt: skip
        if outfit.legwear is Legwear.SKIRT:
            end = bare_from(outfit) / 0.5
            spans.append(Span(MIDDLE_HIP, MIDDLE_KNEE, (0.11 * girth, 0.085 * girth + 0.045 * size), (1, 1.3), LEG,
                              (0.0, end * 0.5), ends=end, balls=(True, False), hollow=True))  # fmt: skip
        return spans


def _row(patch: Patch, place: float) -> float:
    return patch.top + place * patch.height
