"""Getting about on one's feet, in a personal way: Person, steps -> Walk."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from haven_server.sources.synthetic.motion.act import Act
from haven_server.sources.synthetic.motion.controls import Controls, changed, quaternion
from haven_server.sources.synthetic.motion.footwork import Footwork, Side, Step
from haven_server.sources.synthetic.motion.liveliness import Liveliness
from haven_server.sources.synthetic.motion.measures import Measures, measures_of
from haven_server.sources.synthetic.motion.upright import mirrored, swung_hand, upright
from haven_server.sources.synthetic.people import GaitStyle, Person
from haven_server.sources.synthetic.scene import Place
from haven_server.sources.synthetic.skeleton import Stance

_PELVIS_TURN_RAD: Final = 0.07  # of the hips with the legs, at a full stride
_PELVIS_DROP_RAD: Final = 0.05  # of the hip whose leg swings
_SOFTNESS_M: Final = 0.006  # how softly the pelvis gives way to a leg that is too short


class Walk(Act):
    """Steps in a personal gait; `steps` plans them.

    Args:
        stands: of both feet at the beginning.
        steps: at least one.
    """

    def __init__(self, name: str, person: Person, stands: tuple[Place, Place], steps: Sequence[Step]) -> None:
        self._work = Footwork(measures_of(person.physique), stands, steps)
        super().__init__(name, person, self._work.duration_s)
        self._base = upright(person, stands[0])
        self._first = 1.0 if steps[0].side is Side.LEFT else -1.0
        self._alive = Liveliness((person.seed, 71), self.duration_s, glance_rad=0.16, sway_m=0.0)

    def stance(self, t_s: float) -> Stance:
        """Give STANDING: who walks is on their feet."""
        return Stance.STANDING

    def _controls(self, t_s: float) -> Controls:
        """Put legs under the pelvis and let trunk and arms swing against them."""
        gait, measures = self.person.gait, self.measures
        x, y, heading, phase, vigour = self._work.pelvis(t_s).tolist()
        # One where the first foot is ahead, minus one where the other is.
        ahead = -math.cos(phase) * self._first * vigour
        over_left = -math.sin(phase) * self._first * vigour
        lead = self._heading_ahead(t_s) - heading
        hip_yaw, roll = -_PELVIS_TURN_RAD * ahead, _PELVIS_DROP_RAD * over_left
        twist = gait.trunk_twist_rad * ahead
        left_x, left_y = -math.sin(heading), math.cos(heading)
        x, y = x + gait.sway_m * over_left * left_x, y + gait.sway_m * over_left * left_y
        ankles, soles = zip(*(self._work.foot(side, t_s) for side in Side), strict=True)
        wanted = float(self._base[2]) - vigour * (0.01 * measures.leg + gait.bounce_m * (1.0 + math.cos(2 * phase)))
        left_hand, right_hand = _hands(gait, measures, ahead, vigour)
        lean = gait.lean_rad * (0.5 + 0.5 * vigour)
        pose = changed(
            self._base,
            pelvis=(x, y, self._pelvis_height(wanted, (x, y), heading + hip_yaw, ankles)),
            facing=quaternion(heading + hip_yaw, 0.0, roll),
            bend=(twist - hip_yaw + 0.3 * lead, -lean, -1.3 * roll),
            gaze=(0.7 * lead - twist, lean - 0.04, 0.3 * roll),
            left_ankle=ankles[0],
            right_ankle=ankles[1],
            left_sole=soles[0],
            right_sole=soles[1],
            left_hand=left_hand,
            right_hand=right_hand,
        )
        return self._alive.added(pose, t_s, vigour)

    def _heading_ahead(self, t_s: float) -> float:
        """Give where the path leads in a moment: the head turns into a corner first."""
        return float(self._work.pelvis(t_s + 0.45)[2])

    def _pelvis_height(
        self, wanted: float, at: tuple[float, float], yaw: float, ankles: Sequence[npt.ArrayLike]
    ) -> float:
        """Lower the pelvis, softly, until both legs reach their feet."""
        reach = 0.994 * self.measures.leg
        half = 0.5 * self.measures.hip_width
        height = wanted
        for ankle, sign in zip(ankles, (1.0, -1.0), strict=True):
            ankle_x, ankle_y, ankle_z = np.asarray(ankle).tolist()
            hip_x, hip_y = at[0] - sign * half * math.sin(yaw), at[1] + sign * half * math.cos(yaw)
            aside = min(math.hypot(ankle_x - hip_x, ankle_y - hip_y), 0.9 * reach)
            height = _softly_least(height, ankle_z + math.sqrt(reach**2 - aside**2))
        return height


def _softly_least(first: float, second: float) -> float:
    """Give the lesser of two heights, rounded off where they cross."""
    apart = first - second
    return 0.5 * (first + second - math.sqrt(apart * apart + _SOFTNESS_M**2))


def _hands(
    gait: GaitStyle, measures: Measures, ahead: float, vigour: float
) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Swing the arms against the legs; a forward arm bends more."""
    hands = []
    for sign in (-1.0, 1.0):
        swing = sign * ahead * gait.arm_swing_rad
        elbow = gait.elbow_rad * (0.7 + 0.3 * vigour + 0.35 * sign * ahead) + 0.05
        hands.append(swung_hand(measures, swing + 0.02 - 0.15 * vigour * gait.elbow_rad, elbow, 0.1))
    return hands[0], mirrored(hands[1])
