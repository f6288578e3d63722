"""Choose thresholds by how alike people are, and claim no more than that shows: Likeness -> Calibrated.

A threshold that keeps strangers out is the lowest that so few pairs of different people pass that their true share is
at most the wanted one with 95 % confidence. Where the pairs are too few to show that, whatever they look like, the
threshold in force stays, or is raised over all of them: few people may make the policy more careful, never bolder. What
keeps people from themselves (a face that disagrees, clothes that contradict) is chosen likewise from the other side.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from haven_server.evaluation.likeness import Floats, Likeness
from haven_server.evaluation.proportion import cases_needed, most_allowed, upper_limit
from haven_server.settings import ThresholdSettings
from haven_server.types import Modality

DIGITS: Final = 3
"""Of a threshold, after the point; rounded to the careful side."""


@dataclass(frozen=True, slots=True)
class Aim:
    """What a threshold is for.

    Attributes:
        key: in `reid.thresholds`.
        bars_strangers: True: it is chosen by pairs of people who are to stay under it; False: by people whose own views
            are to stay over it.
        rate: share of them that may be on the wrong side.
        beyond: key of the threshold that this one may not exceed; None: any.
    """

    key: str
    modality: Modality
    bars_strangers: bool
    rate: float
    beyond: str | None = None


AIMS: Final = (
    Aim("face_similarity", Modality.FACE, True, 0.001),
    Aim("face_disagrees", Modality.FACE, False, 0.01, "face_similarity"),
    Aim("gait_similarity", Modality.GAIT, True, 0.001),
    Aim("appearance_alone", Modality.APPEARANCE, True, 0.001),
    Aim("appearance_similarity", Modality.APPEARANCE, True, 0.01, "appearance_alone"),
    Aim("appearance_contradicts", Modality.APPEARANCE, False, 0.01, "appearance_similarity"),
)
"""Every threshold that can be calibrated; none comes before the one that it may not exceed."""


@dataclass(frozen=True, slots=True)
class Calibrated:
    """A threshold, and what the pictures show of it.

    Attributes:
        value: chosen.
        before: in force until now.
        wrong, total: how many pairs of people pass ``value``, or people's own views do not, of how many.
        rate: the share that was wanted.
        kept: share of the pairs of one person's views that are over ``value``; None without any.
    """

    aim: Aim
    value: float
    before: float
    wrong: int
    total: int
    rate: float
    kept: float | None

    @property
    def limit(self) -> float:
        """What the true share of wrong ones does not exceed, with 95 % confidence."""
        return upper_limit(self.wrong, self.total)

    @property
    def is_shown(self) -> bool:
        """Tell whether the data shows the wanted share."""
        return self.limit <= self.rate

    @property
    def is_news(self) -> bool:
        """Tell whether it is worth writing down: shown by the data, or moved to the careful side by it."""
        return self.is_shown or self.value != self.before

    @property
    def needed(self) -> int:
        """How many pairs of people, or people, it takes to show the wanted share."""
        return cases_needed(self.rate)

    @property
    def people_needed(self) -> int:
        """How many people it takes to show the wanted share."""
        if not self.aim.bars_strangers:
            return self.needed
        return math.ceil((1 + math.sqrt(1 + 8 * self.needed)) / 2)


def calibrate(
    likenesses: Mapping[Modality, Likeness], thresholds: ThresholdSettings, rate: float | None = None
) -> tuple[Calibrated, ...]:
    """Choose every threshold that there is anything to choose by.

    Args:
        likenesses: by signal.
        thresholds: in force.
        rate: share of pairs of people that may pass a threshold which keeps strangers out; None: each threshold's own.
    """
    chosen: dict[str, Calibrated] = {}
    for aim in AIMS:
        likeness = likenesses.get(aim.modality)
        cases = None if likeness is None else likeness.strangers if aim.bars_strangers else likeness.selves
        if likeness is None or cases is None or not len(cases):
            continue
        wanted = rate if rate is not None and aim.bars_strangers else aim.rate
        before = float(getattr(thresholds, aim.key))
        value = _over(cases, before, wanted) if aim.bars_strangers else -_over(-cases, -before, wanted)
        if aim.beyond is not None:
            most = chosen[aim.beyond].value if aim.beyond in chosen else float(getattr(thresholds, aim.beyond))
            value = min(value, most)
        value = min(max(value, 0.0), 1.0)
        wrong = int((cases > value).sum() if aim.bars_strangers else (cases < value).sum())
        kept = float((likeness.same > value).mean()) if len(likeness.same) else None
        chosen[aim.key] = Calibrated(aim, value, before, wrong, len(cases), wanted, kept)
    return tuple(chosen.values())


def _over(cases: Floats, before: float, rate: float) -> float:
    """Choose a threshold that few enough cases pass; where they are too few to tell, not under the one before."""
    ordered = np.sort(cases)[::-1]
    allowed = most_allowed(len(cases), rate)
    if allowed is None:
        return max(before, _up(float(ordered[0])))
    return _up(float(ordered[allowed]))


def _up(value: float) -> float:
    """Round up to ``DIGITS``, so that what is to stay under it does."""
    return math.ceil(value * 10**DIGITS) / 10**DIGITS
