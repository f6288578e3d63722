"""How thick a body is: Physique -> Build."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from haven_server.sources.synthetic.people import Physique

NORMAL_HEIGHT_M: Final = 1.7
"""Of a body whose thicknesses are given in metres below and in `limbs`."""
COMMON_HIPS: Final = 0.53
"""Distance of the hips / distance of the shoulders of a body with neither broad hips nor broad shoulders."""


@dataclass(frozen=True, slots=True)
class Build:
    """Thicknesses of one body.

    Attributes:
        size: factor on what grows with the height.
        girth: factor on what grows with the weight, too.
        wide: half the trunk's width / half its depth.
        hip, waist, chest, collar: half the trunk's depth, m, from bottom to top.
    """

    size: float
    girth: float
    wide: float
    hip: float
    waist: float
    chest: float
    collar: float

    @classmethod
    def of(cls, physique: Physique) -> Self:
        """Derive it; wide hips and narrow shoulders go with a narrow waist."""
        size = physique.height_m / NORMAL_HEIGHT_M
        girth = size * physique.girth
        slender = physique.hip_ratio / physique.shoulder_ratio - COMMON_HIPS
        stout = max(physique.girth - 1, 0)
        return cls(
            size=size,
            girth=girth,
            wide=1.55,
            hip=(0.108 + 0.05 * slender) * girth,
            waist=(0.095 - 0.12 * slender + 0.05 * stout) * girth,
            chest=(0.107 - 0.08 * slender) * girth,
            collar=(0.102 - 0.1 * slender) * girth,
        )
