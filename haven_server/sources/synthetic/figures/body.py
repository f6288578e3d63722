"""The body as a solid: Person, Outfit, Posture -> Shapes.

What does not bend, breast and hips, is made once in the frames of chest and pelvis; the rest is spanned between the
joints of each posture.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from haven_server.sources.synthetic.camera import Points
from haven_server.sources.synthetic.figures.build import Build
from haven_server.sources.synthetic.figures.limbs import arm_spans, leg_spans, skirt_spans, trunk_spans
from haven_server.sources.synthetic.figures.modelling import capsules
from haven_server.sources.synthetic.figures.shapes import Shapes
from haven_server.sources.synthetic.figures.trunk import breast_shapes, hip_shapes
from haven_server.sources.synthetic.motion.measures import measures_of
from haven_server.sources.synthetic.people import Outfit, Person
from haven_server.sources.synthetic.skeleton import Joint, Posture

HEEL_M: Final = 0.036
"""How far the middle of a heel is below the ankle."""


class Body:
    """The shapes of one dressed person, to be set into postures."""

    def __init__(self, person: Person, outfit: Outfit) -> None:
        """Measure the person."""
        measures, build = measures_of(person.physique), Build.of(person.physique)
        self._heel_m = HEEL_M * build.size
        self._breast = breast_shapes(measures, build)
        self._hips = hip_shapes(measures, build, outfit)
        arms = [span for side in (0, 1) for span in arm_spans(build, outfit, side)]
        legs = [span for side in (0, 1) for span in leg_spans(build, outfit, side)]
        spans = [*trunk_spans(measures, build), *arms, *legs, *skirt_spans(build, outfit)]
        self._joints = np.array([(span.start, span.end) for span in spans])
        self._reach = np.array([span.reach for span in spans])
        self._radii = np.array([span.radii for span in spans])
        self._sides = np.array([span.sides for span in spans])
        self._chest = np.array([[span.chest] for span in spans])
        self._columns = np.array([span.patch.columns for span in spans])
        self._rows = np.array([[span.patch.top + row * span.patch.height for row in span.rows] for span in spans])
        self._kept = np.flatnonzero(np.array([(True, *span.balls) for span in spans]).T)
        self._hollow = np.tile([span.hollow for span in spans], 3)[self._kept]
        self._limits = np.tile([span.patch.rows for span in spans], (3, 1))[self._kept]

    def shapes(self, posture: Posture) -> Shapes:
        """Set the body into a posture, world m."""
        points = self._with_helpers(posture.joints)
        first, last = points[self._joints[:, 0]], points[self._joints[:, 1]]
        starts, ends = (first + (last - first) * self._reach[:, [end]] for end in (0, 1))
        # Legs and arms move forward, so that what is square to them is sought a little upwards.
        chest = posture.chest[:, 0] + 0.3 * posture.chest[:, 2]
        pelvis = posture.pelvis[:, 0] + 0.5 * posture.pelvis[:, 2]
        fronts = np.where(self._chest, chest, pelvis)
        spanned = capsules(starts, ends, fronts, self._radii, self._sides, self._columns, self._rows).picked(self._kept)
        rows = np.clip(spanned.rows, self._limits[:, :1], self._limits[:, 1:])
        return Shapes.joined(
            self._breast.placed(points[Joint.NECK], posture.chest),
            self._hips.placed(points[Joint.PELVIS], posture.pelvis),
            replace(spanned, rows=rows, hollow=self._hollow),
        )

    def _with_helpers(self, joints: Points) -> Points:
        """Add heels, and the middles between hips and between knees; see `limbs`."""
        ankles, knees = joints[[Joint.LEFT_ANKLE, Joint.RIGHT_ANKLE]], joints[[Joint.LEFT_KNEE, Joint.RIGHT_KNEE]]
        shanks = ankles - knees
        shanks *= self._heel_m / np.linalg.norm(shanks, axis=1, keepdims=True)
        hips = joints[[Joint.LEFT_HIP, Joint.RIGHT_HIP]]
        return np.concatenate([joints, ankles + shanks, hips.mean(axis=0)[None], knees.mean(axis=0)[None]])
