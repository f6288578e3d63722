"""Acts told by a few poses and the times between them: poses -> Keyed."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from haven_server.sources.synthetic.motion.act import Act
from haven_server.sources.synthetic.motion.controls import FACING, Controls
from haven_server.sources.synthetic.motion.liveliness import Liveliness
from haven_server.sources.synthetic.motion.splines import Track
from haven_server.sources.synthetic.people import Person
from haven_server.sources.synthetic.skeleton import Stance


@dataclass(frozen=True, slots=True, eq=False)
class Key:
    """One pose of an act.

    Attributes:
        at_s: from the act's beginning.
        stance: from here to the next key.
    """

    at_s: float
    controls: Controls
    stance: Stance

    def later(self, by_s: float) -> Key:
        """Give the same key at a later time."""
        return replace(self, at_s=self.at_s + by_s)


class Keyed(Act):
    """An act that passes smoothly through key poses.

    Args:
        keys: two or more, the first at 0 s.
        alive: small motions on top, if any.
        duration_s: when to break off; otherwise the last key ends the act.

    Attributes:
        keys: as given.
    """

    def __init__(
        self,
        name: str,
        person: Person,
        keys: Sequence[Key],
        alive: Liveliness | None = None,
        duration_s: float | None = None,
    ) -> None:
        super().__init__(name, person, keys[-1].at_s if duration_s is None else duration_s)
        self.keys = tuple(keys)
        self._times = [key.at_s for key in keys]
        self._stances = [key.stance for key in keys]
        self._track = Track(self._times, _along_the_shorter_way(np.array([key.controls for key in keys])))
        self._alive = alive

    def stance(self, t_s: float) -> Stance:
        """Give the stance of the last key passed."""
        return self._stances[max(bisect_right(self._times, t_s) - 1, 0)]

    def _controls(self, t_s: float) -> Controls:
        """Read the curve through the keys."""
        controls = self._track.at(t_s)
        return controls if self._alive is None else self._alive.added(controls, t_s)


def timed(
    poses: Sequence[tuple[float, Controls]], stance: Stance, ends: tuple[Stance, Stance], tempo: float = 1.0
) -> list[Key]:
    """Make keys of poses and the time that each takes from the one before.

    Args:
        poses: seconds since the pose before (0 for the first), and the pose.
        stance: on the way.
        ends: of the first and the last pose.
        tempo: how much faster everything goes.
    """
    keys, at_s = [], 0.0
    for number, (takes_s, controls) in enumerate(poses):
        at_s += takes_s / tempo
        keys.append(Key(at_s, controls, {0: ends[0], len(poses) - 1: ends[1]}.get(number, stance)))
    return keys


def _along_the_shorter_way(rows: Controls) -> Controls:
    """Choose the signs of quaternions (K, 36) so that neighbours are near: both signs are the same turn."""
    facing = rows[:, FACING]
    flips = np.r_[1.0, np.where((facing[1:] * facing[:-1]).sum(axis=1) < 0.0, -1.0, 1.0)]
    facing *= np.cumprod(flips)[:, None]
    return rows
