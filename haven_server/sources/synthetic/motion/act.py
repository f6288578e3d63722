"""What every act is: a stretch of time with a posture at each of its instants: time -> Posture."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Final

from haven_server.errors import InvalidInputError
from haven_server.sources.synthetic.motion.controls import Controls
from haven_server.sources.synthetic.motion.kinematics import pose
from haven_server.sources.synthetic.motion.measures import Measures, measures_of
from haven_server.sources.synthetic.people import Person
from haven_server.sources.synthetic.skeleton import Posture, Stance

_LONGEST_S: Final = 3600.0


class Act(ABC):
    """Something a person does for a while.

    Attributes:
        name: what it is, for the ground truth.
        person: who does it.
        duration_s: how long.
    """

    def __init__(self, name: str, person: Person, duration_s: float) -> None:
        if not 0.0 < duration_s <= _LONGEST_S:
            raise InvalidInputError(
                f"{name}: lasts {duration_s:g} s; give a duration over 0 and up to {_LONGEST_S:g} s"
            )
        self.name = name
        self.person = person
        self.duration_s = float(duration_s)

    @property
    def measures(self) -> Measures:
        """The body that moves."""
        return measures_of(self.person.physique)

    def controls(self, t_s: float) -> Controls:
        """Give what moves the body at ``t_s`` in [0, duration_s]; outside, the first or last instant."""
        return self._controls(min(max(t_s, 0.0), self.duration_s))

    @abstractmethod
    def _controls(self, t_s: float) -> Controls:
        """Give what moves the body at ``t_s`` in [0, duration_s]."""

    @abstractmethod
    def stance(self, t_s: float) -> Stance:
        """Give what the posture at ``t_s`` is called."""

    def posture(self, t_s: float) -> Posture:
        """Give where all joints are at ``t_s``."""
        return pose(self.measures, self.controls(t_s), self.stance(t_s))
