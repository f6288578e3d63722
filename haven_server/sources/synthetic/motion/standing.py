"""Standing about: Person, Place -> Stand."""

from __future__ import annotations

from haven_server.sources.synthetic.motion.act import Act
from haven_server.sources.synthetic.motion.controls import Controls
from haven_server.sources.synthetic.motion.liveliness import Liveliness
from haven_server.sources.synthetic.motion.upright import upright
from haven_server.sources.synthetic.people import Person
from haven_server.sources.synthetic.scene import Place
from haven_server.sources.synthetic.skeleton import Stance


class Stand(Act):
    """Standing at ease: breathing, shifting the weight, looking about."""

    def __init__(self, person: Person, place: Place, duration_s: float) -> None:
        super().__init__("stand", person, duration_s)
        self._base = upright(person, place)
        where = (round(abs(place.x) * 100), round(abs(place.y) * 100))
        self._alive = Liveliness((person.seed, *where), self.duration_s)

    def stance(self, t_s: float) -> Stance:
        """Give STANDING."""
        return Stance.STANDING

    def _controls(self, t_s: float) -> Controls:
        """Stand, and move a little."""
        return self._alive.added(self._base, t_s)


def stand(person: Person, place: Place, duration_s: float) -> Stand:
    """Stand on a place and look its way."""
    return Stand(person, place, duration_s)
