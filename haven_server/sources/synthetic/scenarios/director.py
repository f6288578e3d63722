"""Say who is in a room at any instant, and how they stand there: Scenario, room, time -> Actors."""

from __future__ import annotations

from dataclasses import dataclass

from haven_server.sources.synthetic.figures.figure import Figure
from haven_server.sources.synthetic.scenarios.roles import Role, outfit, roles
from haven_server.sources.synthetic.scenarios.scenario import Scenario
from haven_server.sources.synthetic.scenarios.script import Clothes
from haven_server.sources.synthetic.scenarios.staging import visits
from haven_server.sources.synthetic.scenarios.visits import Visit
from haven_server.sources.synthetic.skeleton import Posture


@dataclass(frozen=True, slots=True, eq=False)
class Actor:
    """Somebody at one instant.

    Attributes:
        global_id: in [1, 250], the same in every room.
        figure: the person in what they wear now.
    """

    global_id: int
    figure: Figure
    posture: Posture


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A role with all its visits to rooms."""

    role: Role
    visits: tuple[Visit, ...]


class Production:
    """A scenario, cast and staged: everything that is certain before the first picture is taken.

    Attributes:
        parts: everybody, by ascending global id.
    """

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.parts = tuple(Part(role, visits(scenario, role)) for role in roles(scenario))
        self._figures: dict[tuple[int, Clothes], Figure] = {}

    def on_stage(self, room: str, at_s: float) -> list[Actor]:
        """Tell who is in a room at a time of the film, by ascending global id."""
        return [
            Actor(
                part.role.global_id,
                self._figure(part.role, visit.clothes),
                visit.performance.posture(at_s - visit.start_s),
            )
            for part in self.parts
            for visit in part.visits
            if visit.room == room and visit.start_s <= at_s < visit.end_s
        ]

    def _figure(self, role: Role, clothes: Clothes) -> Figure:
        """Dress somebody, once for all pictures."""
        key = (role.global_id, clothes)
        if key not in self._figures:
            self._figures[key] = Figure(role.person, outfit(self.scenario, clothes))
        return self._figures[key]
