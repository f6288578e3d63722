"""One act after the other without a break: acts -> Performance."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from haven_server.errors import InvalidInputError
from haven_server.sources.synthetic.motion.act import Act
from haven_server.sources.synthetic.motion.controls import PARTS, PELVIS, Controls, blended, heading_of
from haven_server.sources.synthetic.motion.steps import move_over
from haven_server.sources.synthetic.scene import Place
from haven_server.sources.synthetic.skeleton import Stance

_FADE_S: Final = 0.3
_NEAR_M: Final = 0.02  # what a cross-fade covers without feet that slide visibly
_NEAR_RAD: Final = 0.06
_STRAY_M: Final = 1.5  # more than this is no small step: somebody forgot a walk


@dataclass(frozen=True, slots=True)
class Span:
    """One act in a performance.

    Attributes:
        starts_s, ends_s: from the performance's beginning.
    """

    act: Act
    starts_s: float
    ends_s: float


class Performance(Act):
    """Acts of one person, joined: small steps where one stands a little beside the next act's place, then cross-fades.

    Args:
        acts: at least one, all of the same person.

    Attributes:
        spans: what act when, the small steps between included.

    Raises:
        InvalidInputError: no acts, acts of several people, or one that begins far from where the one before ends.
    """

    def __init__(self, acts: Sequence[Act]) -> None:
        if not acts:
            raise InvalidInputError("performance: nothing to perform; give at least one act")
        joined = [acts[0]]
        for act in acts[1:]:
            joined += [*_steps_between(joined[-1], act), act]
        spans, at_s = [], 0.0
        for act in joined:
            spans.append(Span(act, at_s, at_s + act.duration_s))
            at_s += act.duration_s
        super().__init__("performance", acts[0].person, at_s)
        self.spans: tuple[Span, ...] = tuple(spans)
        self._starts = [span.starts_s for span in spans]

    def _controls(self, t_s: float) -> Controls:
        """Play the act that is due, faded in from the end of the one before."""
        row = self._row(t_s)
        span = self.spans[row]
        since_s = t_s - span.starts_s
        controls = span.act.controls(since_s)
        fade_s = min(_FADE_S, span.act.duration_s)
        if row == 0 or since_s >= fade_s:
            return controls
        before = self.spans[row - 1].act
        share = since_s / fade_s
        return blended(before.controls(before.duration_s), controls, share * share * (3.0 - 2.0 * share))

    def stance(self, t_s: float) -> Stance:
        """Give the stance of the act that is due."""
        span = self.spans[self._row(t_s)]
        return span.act.stance(t_s - span.starts_s)

    def _row(self, t_s: float) -> int:
        return max(bisect_right(self._starts, t_s) - 1, 0)


def _steps_between(before: Act, after: Act) -> list[Act]:
    """Give the small steps, if any are needed, that bring a standing person to where the next act begins."""
    if before.person != after.person:
        raise InvalidInputError(f"performance: {before.name} and {after.name} are of two people; give each their own")
    end, start = before.controls(before.duration_s), after.controls(0.0)
    distance = math.dist(end[PELVIS][:2], start[PELVIS][:2])
    if distance > _STRAY_M:
        raise InvalidInputError(
            f"performance: {after.name} begins {distance:.1f} m from where {before.name} ends; walk there between"
        )
    upright = Stance.STANDING
    if before.stance(before.duration_s) is not upright or after.stance(0.0) is not upright:
        return []
    angle = math.remainder(heading_of(start) - heading_of(end), 2 * math.pi)
    if distance < _NEAR_M and abs(angle) < _NEAR_RAD:
        return []
    return [move_over(before.person, _place_of(end), _place_of(start))]


def _place_of(controls: Controls) -> Place:
    """Give where somebody stands: between the ankles."""
    middle = (controls[PARTS["left_ankle"]] + controls[PARTS["right_ankle"]]) / 2
    return Place(float(middle[0]), float(middle[1]), heading_of(controls))
