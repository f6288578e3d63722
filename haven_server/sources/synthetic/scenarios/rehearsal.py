"""Go through the scripts of a scenario without a camera, and say what cannot be played: Scenario -> Problems."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from haven_server.settings_file.document import KeyPath, Problem
from haven_server.sources.synthetic.rooms import catalogue as rooms
from haven_server.sources.synthetic.scenarios.places import place_names
from haven_server.sources.synthetic.scenarios.scenario import PersonPlan, Scenario
from haven_server.sources.synthetic.scenarios.script import (
    Action,
    Enter,
    Fall,
    GetUp,
    Leave,
    Lie,
    Sit,
    Stand,
    Travel,
    Wait,
    WaitUntil,
    Walk,
    Wear,
)
from haven_server.sources.synthetic.scene import Room


class Where(Enum):
    """How somebody is between two steps."""

    OUTSIDE = "is in no room: enter one first"
    UPRIGHT = "is in a room: leave it first"
    DOWN = "sits, or lies: get_up first"


@dataclass(slots=True)
class Rehearsal:
    """One person on the way through their script."""

    where: Where = Where.OUTSIDE
    room: Room | None = None

    def play(self, action: Action) -> Iterator[str]:
        """Do one step, and tell what is wrong with it."""
        match action:
            case Enter(door=door) | Travel(to=door):
                yield from self._expect(Where.OUTSIDE)
                yield from self._enter(door)
            case Wear():
                yield from self._expect(Where.OUTSIDE, "changes clothes off camera only: leave first")
            case Wait() | WaitUntil():
                pass
            case GetUp():
                yield from self._expect(Where.DOWN, "is on their feet: take this step out")
                self.where = Where.UPRIGHT
            case _:
                yield from self._expect(Where.UPRIGHT)
                yield from self._act(action)

    def _expect(self, wanted: Where, complaint: str | None = None) -> Iterator[str]:
        if self.where is not wanted:
            yield complaint or self.where.value

    def _enter(self, reference: str) -> Iterator[str]:
        room_name, _, door = reference.partition(".")
        self.where = Where.UPRIGHT
        self.room = rooms.ROOMS.get(room_name)
        if self.room is None:
            yield unknown("room", room_name, rooms.ROOMS)
        elif door not in self.room.doors:
            yield unknown(f"door of {room_name}", door, self.room.doors)

    def _act(self, action: Action) -> Iterator[str]:
        room = self.room
        if room is None:
            return  # said when the room was entered
        places = place_names(room)
        match action:
            case Walk(to=spots):
                yield from (unknown(f"place in {room.name}", spot, places) for spot in spots if spot not in places)
            case Stand(at=spot, facing=facing):
                if spot is not None and spot not in places:
                    yield unknown(f"place in {room.name}", spot, places)
                if facing is not None and facing not in {*places, *room.mounts}:
                    yield unknown(f"place or camera in {room.name}", facing, [*places, *room.mounts])
            case Sit(seat=seat):
                self.where = Where.DOWN
                if seat not in room.seats:
                    yield unknown(f"seat in {room.name}", seat, room.seats)
            case Lie(bed=bed):
                self.where = Where.DOWN
                if bed not in room.beds:
                    yield unknown(f"bed in {room.name}", bed, room.beds)
            case Fall():
                self.where = Where.DOWN
            case Leave(door=reference):
                self.where, self.room = Where.OUTSIDE, None
                room_name, _, door = reference.partition(".")
                if room_name != room.name:
                    yield f"leaves {room_name}, but is in {room.name}"
                elif door not in room.doors:
                    yield unknown(f"door of {room_name}", door, room.doors)


def unknown(kind: str, name: str, known: Iterable[str]) -> str:
    """Say that a name is not known, and which are."""
    return f"no {kind} is called {name}; there are: {', '.join(known) or 'none'}"


def rehearse(scenario: Scenario) -> list[Problem]:
    """Tell everything in a scenario that cannot be played, in the order of the file."""
    problems = [Problem(path, text) for path, text in _cameras(scenario)]
    for index, plan in enumerate(scenario.people):
        problems += [Problem(("people", index), text) for text in _identity(scenario, index, plan)]
        rehearsal = Rehearsal()
        for number, step in enumerate(plan.script):
            path: KeyPath = ("people", index, "script", number)
            problems += [Problem(path, f"{plan.name}: {text}") for text in rehearsal.play(step.action)]
    return problems


def _cameras(scenario: Scenario) -> Iterator[tuple[KeyPath, str]]:
    for camera_id, count in Counter(camera.id for camera in scenario.cameras).items():
        if count > 1:
            yield ("cameras",), f"camera id {camera_id} is given {count} times; ids must be unique"
    for index, camera in enumerate(scenario.cameras):
        room, _, mount = camera.mount.partition(".")
        if room not in rooms.ROOMS:
            yield ("cameras", index, "mount"), unknown("room", room, rooms.ROOMS)
        elif mount not in rooms.ROOMS[room].mounts:
            yield ("cameras", index, "mount"), unknown(f"mount in {room}", mount, rooms.ROOMS[room].mounts)


def _identity(scenario: Scenario, index: int, plan: PersonPlan) -> Iterator[str]:
    before = {other.name: other for other in scenario.people[:index]}
    if plan.name in before:
        yield f"{plan.name} is the name of two people; names must be unique"
    alike = plan.look_alike_of
    if alike is not None and (alike not in before or before[alike].look_alike_of is not None):
        yield f"look_alike_of: {alike} must be somebody further up who is not a look-alike"
