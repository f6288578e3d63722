"""How long the parts of a body are: Physique -> Measures."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from haven_server.sources.synthetic.people import Physique


@dataclass(frozen=True, slots=True)
class Measures:
    """Distances between the joints of one body, m; they never change while it moves.

    Attributes:
        hip_height: of the hip joints over the floor, legs straight.
        hip_width, shoulder_width: between the two joints.
        thigh, shank, upper_arm, forearm, hand: from joint to joint, the hand to the tip of its fingers.
        lumbar, ribs, breast: pelvis to waist to chest to neck.
        neck: from its base to the middle of the skull.
        shoulder_drop: how far the shoulder joints are below the base of the neck.
        ankle_height: over the sole.
        heel: from the ankle back to the end of the heel, along the sole.
        ball: from the ankle forward to where a lifted heel turns.
        foot: from the ankle forward to the tip of the toes.
        toe_height: of the toe joint over the sole.
        trunk_depth: half the thickness of the trunk, for lying and sitting.
    """

    hip_height: float
    hip_width: float
    shoulder_width: float
    thigh: float
    shank: float
    upper_arm: float
    forearm: float
    hand: float
    lumbar: float
    ribs: float
    breast: float
    neck: float
    shoulder_drop: float
    ankle_height: float
    heel: float
    ball: float
    foot: float
    toe_height: float
    trunk_depth: float

    @property
    def leg(self) -> float:
        """Hip to ankle, straight."""
        return self.thigh + self.shank

    @property
    def arm(self) -> float:
        """Shoulder to wrist, straight."""
        return self.upper_arm + self.forearm

    @property
    def trunk(self) -> float:
        """Pelvis to the base of the neck, upright."""
        return self.lumbar + self.ribs + self.breast


@lru_cache(maxsize=256)
def measures_of(physique: Physique) -> Measures:
    """Divide a body into its segments.

    Source: ratios to body height after Winter, Biomechanics and Motor Control of Human Movement, 4th ed., fig. 4.1.
    """
    height = physique.height_m
    ankle_height = 0.042 * height
    leg = physique.leg_ratio * height - ankle_height
    arm = physique.arm_ratio * height
    throat = 0.02  # between chin and base of the neck, upright
    trunk = (1.0 - physique.head_ratio - throat - physique.leg_ratio) * height
    return Measures(
        hip_height=physique.leg_ratio * height,
        hip_width=physique.hip_ratio * height,
        shoulder_width=physique.shoulder_ratio * height,
        thigh=physique.thigh_ratio * leg,
        shank=(1.0 - physique.thigh_ratio) * leg,
        upper_arm=0.54 * arm,
        forearm=0.46 * arm,
        hand=0.1 * height,
        lumbar=0.32 * trunk,
        ribs=0.34 * trunk,
        breast=0.34 * trunk,
        neck=(0.5 * physique.head_ratio + throat) * height,
        shoulder_drop=0.03 * height,
        ankle_height=ankle_height,
        heel=0.042 * height,
        ball=0.075 * height,
        foot=0.108 * height,
        toe_height=0.016 * height,
        trunk_depth=0.062 * height * physique.girth,
    )
