"""Turn one person's script into movement: Role -> Visits."""

from __future__ import annotations

from haven_server.sources.synthetic.rooms import catalogue as rooms
from haven_server.sources.synthetic.scenarios.roles import Role, draw
from haven_server.sources.synthetic.scenarios.scenario import Scenario
from haven_server.sources.synthetic.scenarios.script import (
    Action,
    Bend,
    Clothes,
    Enter,
    Fall,
    GetUp,
    Kneel,
    Leave,
    Lie,
    Range,
    Reach,
    Sit,
    Stand,
    Travel,
    Wait,
    WaitUntil,
    Walk,
    Wave,
    Wear,
)
from haven_server.sources.synthetic.scenarios.stay import Stay
from haven_server.sources.synthetic.scenarios.visits import Visit

LAST_MOMENT_S = 0.1
"""By how much whoever is still there outlasts the film."""


def visits(scenario: Scenario, role: Role) -> tuple[Visit, ...]:
    """Stage one person's script.

    Args:
        scenario: one that can be played (`rehearsal.rehearse` finds nothing wrong with it).
    Returns:
        In order of time, none overlapping another; visits after the end of the film are left out.
    Raises:
        InvalidInputError: furniture leaves no way to some place.
    """
    staging = _Staging(scenario, role)
    staging.play()
    return tuple(visit for visit in staging.visits if visit.start_s < scenario.duration_s)


class _Staging:
    """One person on the way through their script."""

    def __init__(self, scenario: Scenario, role: Role) -> None:
        self._scenario, self._role = scenario, role
        self._step = 0
        self._outside_since_s = 0.0
        self._clothes, self._changed = role.clothes, False
        self._stay: Stay | None = None
        self.visits: list[Visit] = []

    def play(self) -> None:
        """Do every step; who is in a room at the end of the script stays there."""
        for step in self._role.plan.script:
            self._step += 1
            if self._stay is None:
                self._do_outside(step.action)
            else:
                self._do_inside(self._stay, step.action)
        if self._stay is not None:
            self._stay.remain(self._scenario.duration_s + LAST_MOMENT_S - self._stay.now_s)
            self._close(self._stay, left=False)

    def _amount(self, amount: Range) -> float:
        return draw(self._scenario, amount, self._role.global_id, self._step)

    def _do_outside(self, action: Action) -> None:
        match action:
            case Enter(door=door, at_s=at_s, after_s=after_s):
                if at_s is not None:
                    self._outside_since_s = max(self._outside_since_s, self._amount(at_s))
                elif after_s is not None:
                    self._outside_since_s += self._amount(after_s)
                self._enter(door)
            case Travel(to=door, takes_s=takes_s):
                self._outside_since_s += self._amount(takes_s)
                self._enter(door)
            case Wait(seconds=seconds):
                self._outside_since_s += self._amount(seconds)
            case WaitUntil(at_s=at_s):
                self._outside_since_s = max(self._outside_since_s, self._amount(at_s))
            case Wear(outfit=outfit, shirt=shirt):
                self._clothes, self._changed = Clothes(outfit=outfit, shirt=shirt), True

    def _enter(self, reference: str) -> None:
        room_name, _, door = reference.partition(".")
        room = rooms.ROOMS[room_name]
        role, outside = self._role, room.doors[door].outside
        self._stay = Stay(room, role.person, self._outside_since_s, outside, role.pace, role.aside)
        self._stay.enter(door)

    def _do_inside(self, stay: Stay, action: Action) -> None:
        match action:
            case Walk(to=names):
                for name in names:
                    stay.walk(name)
            case Stand(at=name, for_s=for_s, facing=facing):
                stay.stand(name, facing, self._amount(for_s))
            case Sit(seat=name, for_s=for_s):
                stay.sit(name, self._amount(for_s))
            case Lie(bed=name, for_s=for_s):
                stay.lie(name, self._amount(for_s))
            case Fall(direction=direction, for_s=for_s):
                stay.fall(direction, self._amount(for_s), self._step)
            case GetUp():
                stay.get_up()
            case Bend():
                stay.bend()
            case Kneel(for_s=for_s):
                stay.kneel(self._amount(for_s))
            case Wave():
                stay.wave()
            case Reach():
                stay.reach()
            case Wait(seconds=seconds):
                stay.remain(self._amount(seconds))
            case WaitUntil(at_s=at_s):
                stay.remain(self._amount(at_s) - stay.now_s)
            case Leave(door=reference):
                stay.leave(reference.partition(".")[2])
                self._close(stay, left=True)

    def _close(self, stay: Stay, *, left: bool) -> None:
        visit = stay.visit(self._clothes, changed=self._changed, left=left)
        self.visits.append(visit)
        self._stay, self._outside_since_s, self._changed = None, visit.end_s, False
