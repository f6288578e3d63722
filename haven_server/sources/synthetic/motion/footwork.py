"""Feet that are set down one after the other and do not slide: footprints -> Footwork.

Every way of getting about on one's feet (walking, turning, stepping aside) is a list of footprints. What the pelvis
does follows from them: whenever a foot comes down it is over the middle of both.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise
from typing import Final

import numpy as np

from haven_server.sources.synthetic.camera import Points
from haven_server.sources.synthetic.motion.measures import Measures
from haven_server.sources.synthetic.motion.splines import Track, Values
from haven_server.sources.synthetic.scene import Place

_SWING: Final = 0.8  # share of a step's time in which its foot is in the air
_SETTLES: Final = 0.16  # after which share of a step's time the whole sole is on the floor
_PUSH_OFF_RAD: Final = 0.85  # pitch of the foot that leaves the floor after a full step
_STRIKE_RAD: Final = -0.3  # and of the foot that comes down


class Side(IntEnum):
    """Which foot."""

    LEFT = 0
    RIGHT = 1

    @property
    def other(self) -> Side:
        """The other foot."""
        return Side(1 - self)


@dataclass(frozen=True, slots=True)
class Step:
    """One foot set down.

    Attributes:
        side: which foot.
        place: the ankle on the floor plan, and where the foot points, less than half a turn from before.
        takes_s: from when the other foot came down.
        knee_rad: greatest bend of the knee on the way.
    """

    side: Side
    place: Place
    takes_s: float
    knee_rad: float


class Footwork:
    """Where feet and pelvis are while steps are taken.

    Args:
        stands: places of the left and the right foot at the beginning.
        steps: in order; both feet are on the floor at the end.
    """

    def __init__(self, measures: Measures, stands: tuple[Place, Place], steps: Sequence[Step]) -> None:
        self._measures = measures
        self.duration_s = sum(step.takes_s for step in steps) + _SETTLES * steps[-1].takes_s
        rows: tuple[list[_FootKey], list[_FootKey]] = ([], [])
        feet = list(stands)
        at_s, middles = 0.0, [_middle(feet)]
        for side in Side:
            rows[side].append(_FootKey(0.0, feet[side], 0.0, 0.0))
        landings, efforts = [0.0], []
        for step in steps:
            rows[step.side].extend(_swing(measures, step, feet[step.side], at_s, rows[step.side][-1].at_s))
            efforts.append(_effort(measures, step, feet[step.side]))
            feet[step.side] = step.place
            at_s += step.takes_s
            landings.append(at_s)
            middles.append(_middle(feet))
        self._feet = tuple(Track([key.at_s for key in keys], [key.row() for key in keys]) for keys in rows)
        phases = np.arange(len(landings)) * np.pi
        vigour = [0.0, *(min(a, b) for a, b in pairwise(efforts)), 0.0]
        self._pelvis = Track(landings, np.column_stack([np.array(middles), phases, vigour]))

    def foot(self, side: Side, t_s: float) -> tuple[Points, Points]:
        """Give the ankle (3,) m and the direction of the sole (3,), world."""
        x, y, heading, lift, pitch = self._feet[side].at(t_s).tolist()
        return _rolled(self._measures, x, y, heading, lift, pitch)

    def pelvis(self, t_s: float) -> Values:
        """Give x m, y m, heading rad, phase rad (a half turn a step) and vigour (0 at rest to 1 while walking)."""
        return self._pelvis.at(t_s)


@dataclass(frozen=True, slots=True)
class _FootKey:
    """One foot at one instant; the pitch is positive with the heel up."""

    at_s: float
    place: Place
    lift_m: float
    pitch_rad: float

    def row(self) -> tuple[float, float, float, float, float]:
        """Give the values of the foot's track."""
        return self.place.x, self.place.y, self.place.heading_rad, self.lift_m, self.pitch_rad


def _middle(feet: Sequence[Place]) -> tuple[float, float, float]:
    left, right = feet
    return (left.x + right.x) / 2, (left.y + right.y) / 2, (left.heading_rad + right.heading_rad) / 2


def _between(start: Place, stop: Place, share: float) -> Place:
    """Go a share of the way and of the turn."""
    return Place(
        start.x + share * (stop.x - start.x),
        start.y + share * (stop.y - start.y),
        start.heading_rad + share * (stop.heading_rad - start.heading_rad),
    )


def _swing(measures: Measures, step: Step, start: Place, from_s: float, rests_from_s: float) -> list[_FootKey]:
    """Give the keys of one foot from heel-off over the swing to the whole sole on the floor again.

    Args:
        from_s: when the other foot came down.
        rests_from_s: since when this foot rests.
    """
    effort = _effort(measures, step, start)
    leaves_s, lands_s = from_s + (1.0 - _SWING) * step.takes_s, from_s + step.takes_s
    air_s = lands_s - leaves_s
    push, strike = _PUSH_OFF_RAD * effort, _STRIKE_RAD * effort
    heel_off_s = max(leaves_s - 0.75 * step.takes_s, rests_from_s + 1e-3)
    return [
        _FootKey(heel_off_s, start, 0.0, 0.0),
        _FootKey(leaves_s, start, 0.0, push),
        _FootKey(leaves_s + 0.36 * air_s, _between(start, step.place, 0.34), _clearance(measures, step, effort), push),
        _FootKey(leaves_s + 0.74 * air_s, _between(start, step.place, 0.8), 0.022, 0.35 * strike),
        _FootKey(lands_s, step.place, 0.0, strike),
        _FootKey(lands_s + _SETTLES * step.takes_s, step.place, 0.0, 0.0),
    ]


def _effort(measures: Measures, step: Step, start: Place) -> float:
    """Give how large a step is, 0 on the spot, about 1 in a good stride."""
    return min(math.hypot(step.place.x - start.x, step.place.y - start.y) / (1.4 * measures.leg), 1.1)


def _clearance(measures: Measures, step: Step, effort: float) -> float:
    """Give how high the ankle is lifted, beyond what the pitch of the foot does, for the knee to bend as told, m."""
    distance = math.sqrt(
        measures.thigh**2 + measures.shank**2 + 2 * measures.thigh * measures.shank * math.cos(step.knee_rad)
    )
    behind = 0.22 * effort * measures.leg
    drop = math.sqrt(max(distance**2 - behind**2, 0.0))
    pitched = measures.ball * math.sin(_PUSH_OFF_RAD * effort)
    return max(0.97 * measures.leg - drop - pitched, 0.035)


def _rolled(measures: Measures, x: float, y: float, heading: float, lift: float, pitch: float) -> tuple[Points, Points]:
    """Roll a foot over its ball or its heel; flat on the floor its ankle is over x, y."""
    pivot = measures.ball if pitch > 0.0 else -measures.heel
    cos_p, sin_p = math.cos(pitch), math.sin(pitch)
    forward = pivot - pivot * cos_p + measures.ankle_height * sin_p
    height = pivot * sin_p + measures.ankle_height * cos_p + lift
    ahead_x, ahead_y = math.cos(heading), math.sin(heading)
    ankle = np.array([x + forward * ahead_x, y + forward * ahead_y, height])
    return ankle, np.array([ahead_x * cos_p, ahead_y * cos_p, -sin_p])
