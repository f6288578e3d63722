"""The small motions of a body that does nothing: time -> changes of Controls."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from haven_server.sources.synthetic.motion.controls import BEND, GAZE, PELVIS, Controls
from haven_server.sources.synthetic.motion.splines import Track

_BREATH_HZ: Final = 0.27
_BREATH_RAD: Final = 0.012


class Liveliness:
    """Breathing, swaying and looking about; the same seed moves the same way.

    Args:
        seed: anything that `np.random.default_rng` takes.
        duration_s: for how long glances are planned.
        glance_rad: how far aside one looks.
        sway_m: how far the weight is shifted.
    """

    def __init__(
        self, seed: tuple[int, ...], duration_s: float, *, glance_rad: float = 0.35, sway_m: float = 0.012
    ) -> None:
        rng = np.random.default_rng(seed)
        self._breath_hz, self._breath_at = _BREATH_HZ * rng.uniform(0.85, 1.15), rng.uniform(0, 2 * math.pi)
        self._sway_m = sway_m
        self._sway_hz, self._sway_at = rng.uniform(0.09, 0.17, 2), rng.uniform(0, 2 * math.pi, 2)
        self._glances = _glances(rng, duration_s, glance_rad)

    def added(self, controls: Controls, t_s: float, share: float = 1.0) -> Controls:
        """Add what is due at a time, faded by ``share``."""
        result = controls.copy()
        breath = math.sin(2 * math.pi * self._breath_hz * t_s + self._breath_at)
        aside, along = np.sin(2 * math.pi * self._sway_hz * t_s + self._sway_at)
        yaw, pitch = self._glances.at(t_s)
        lift = _BREATH_RAD * breath
        result[PELVIS] += share * self._sway_m * np.array([aside, along, 0.0])
        result[BEND] += share * np.array([0.25 * yaw, lift, 0.0])
        result[GAZE] += share * np.array([0.75 * yaw, pitch - 0.6 * lift, 0.0])
        return result


def _glances(rng: np.random.Generator, duration_s: float, glance_rad: float) -> Track:
    """Plan where the head turns: looks ahead for most of the time, quickly aside and back now and then."""
    times, looks = [0.0], [(0.0, 0.0)]
    while times[-1] < duration_s:
        held, moved = rng.uniform(0.8, 2.6), rng.uniform(0.35, 0.6)
        ahead = rng.random() < 0.5
        look = (0.0, 0.0) if ahead else (rng.normal(0.0, glance_rad), rng.normal(-0.02, 0.06))
        times += [times[-1] + held, times[-1] + held + moved]
        looks += [looks[-1], (float(np.clip(look[0], -0.9, 0.9)), look[1])]
    times += [times[-1] + 1.0]
    looks += [looks[-1]]
    return Track(times, looks)
