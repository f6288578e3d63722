"""One visit to a room while it is planned, act by act: Room, Person -> Visit.

Ways are joined, so that nobody halts at a door or in the middle of a room: what lies ahead is walked in one go, before
the next thing is done. `Performance` puts the small turns between the acts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np

from haven_server.sources.synthetic.motion import acts
from haven_server.sources.synthetic.motion.acts import Act, Fall
from haven_server.sources.synthetic.motion.performance import Performance
from haven_server.sources.synthetic.people import Person
from haven_server.sources.synthetic.scenarios.paths import CLEARANCE_M, Point, clearance
from haven_server.sources.synthetic.scenarios.places import heading_to, place_named, way_through
from haven_server.sources.synthetic.scenarios.script import Clothes
from haven_server.sources.synthetic.scenarios.visits import Happening, Mark, Visit
from haven_server.sources.synthetic.scene import Bed, Place, Room, Seat
from haven_server.sources.synthetic.skeleton import Joint

LEAST_KNEEL_S = 4.0
"""As long as it takes to go down and up again."""
DIRECTIONS = {"forward": 0.0, "left": math.pi / 2, "backward": math.pi, "right": -math.pi / 2}


@dataclass(slots=True)
class Stay:
    """Somebody who came into a room and is not out of it yet.

    Attributes:
        start_s: in the film's time.
        place: where the acts so far end.
        pace: factor on the speed of walking.
        aside: x, y, m; how far from the middle of a spot one likes to stand, furniture permitting.
    """

    room: Room
    person: Person
    start_s: float
    place: Place
    pace: float
    aside: Point = (0.0, 0.0)
    _ahead: list[Point] = field(default_factory=list)
    _acts: list[Act] = field(default_factory=list)
    _down_on: Seat | Bed | Fall | None = None
    _marks: list[tuple[Happening, Act, bool]] = field(default_factory=list)

    @property
    def now_s(self) -> float:
        """The film's time at the end of what is planned so far."""
        self._walk_on()
        return self.start_s + (Performance(self._acts).duration_s if self._acts else 0.0)

    def walk(self, name: str) -> None:
        """Walk to a place, and on from there without a halt if another follows."""
        place = place_named(self.room, name)
        beside = replace(place, x=place.x + self.aside[0], y=place.y + self.aside[1])
        has_room = clearance(self.room, np.array((beside.x, beside.y))) >= CLEARANCE_M
        self._head_for(beside if has_room else place)

    def stand(self, name: str | None, facing: str | None, seconds: float) -> None:
        """Go to a place and look at what is to be faced, or else as the place itself says."""
        if name is not None:
            self.walk(name)
            self._walk_on()
            self.place = replace(self.place, heading_rad=place_named(self.room, name).heading_rad)
        self._walk_on()
        if facing is not None:
            self.place = replace(self.place, heading_rad=heading_to(self.room, self.place, facing))
        self.remain(seconds)

    def sit(self, name: str, seconds: float) -> None:
        """Go to a seat and sit."""
        seat = self.room.seats[name]
        self._head_for(seat.approach)
        self._walk_on()
        self._do(acts.sit_down(self.person, seat))
        self._down_on = seat
        self.remain(seconds)

    def lie(self, name: str, seconds: float) -> None:
        """Go to a bed and lie down."""
        bed = self.room.beds[name]
        self._head_for(bed.approach)
        self._walk_on()
        self._do(acts.lie_down(self.person, bed), ends=Happening.BED_ENTER)
        self._down_on = bed
        self.remain(seconds)

    def fall(self, direction: str, seconds: float, seed: int) -> None:
        """Fall where one is, and lie there."""
        self._walk_on()
        heading_rad = self.place.heading_rad + DIRECTIONS[direction]
        fall = acts.fall(self.person, self.place, heading_rad, seed)
        self._do(fall, Happening.FALL_START, Happening.ON_FLOOR)
        self._down_on = fall
        self.remain(seconds)

    def get_up(self) -> None:
        """Stand up from a seat, a bed or the floor."""
        match self._down_on:
            case Seat() as seat:
                self._rise(acts.stand_up(self.person, seat))
            case Bed() as bed:
                self._rise(acts.get_out_of_bed(self.person, bed), Happening.BED_EXIT)
            case Fall() as fall:
                self._rise(acts.get_up_from_floor(fall), Happening.FALL_END)

    def bend(self) -> None:
        """Bend down to the floor and rise again."""
        self._walk_on()
        self._do(acts.bend(self.person, self.place))

    def kneel(self, seconds: float) -> None:
        """Go down on one knee and rise again."""
        self._walk_on()
        self._do(acts.kneel(self.person, self.place, max(seconds, LEAST_KNEEL_S)))

    def wave(self) -> None:
        """Wave a hand."""
        self._walk_on()
        self._do(acts.wave(self.person, self.place))

    def reach(self) -> None:
        """Reach for something."""
        self._walk_on()
        self._do(acts.reach(self.person, self.place))

    def remain(self, seconds: float) -> None:
        """Stay as one is: on one's feet, on a seat, in a bed or on the floor."""
        self._walk_on()
        if seconds <= 0:
            return
        match self._down_on:
            case None:
                self._do(acts.stand(self.person, self.place, seconds))
            case Seat() as seat:
                self._do(acts.sit(self.person, seat, seconds))
            case Bed() as bed:
                self._do(acts.lie(self.person, bed, seconds))
            case Fall() as fall:
                self._do(acts.lie_on_floor(fall, seconds))

    def leave(self, door_name: str) -> None:
        """Walk to a door and out."""
        door = self.room.doors[door_name]
        self._head_for(door.inside)
        self._head_for(door.outside)
        self._walk_on()

    def enter(self, door_name: str) -> None:
        """Walk in from behind a door, where one is."""
        self._head_for(self.room.doors[door_name].inside)

    def visit(self, clothes: Clothes, *, changed: bool, left: bool) -> Visit:
        """Finish the plan.

        Args:
            changed: whether the clothes are others than before.
            left: whether the visit ends at a door.
        """
        performance = Performance(self._acts)
        end_s = self.start_s + performance.duration_s
        marks = [Mark(Happening.ENTER, self.start_s)]
        if changed:
            marks.append(Mark(Happening.OUTFIT_CHANGE, self.start_s))
        for happening, act, at_end in self._marks:
            span = next(span for span in performance.spans if span.act is act)
            marks.append(Mark(happening, self.start_s + (span.ends_s if at_end else span.starts_s)))
        if left:
            marks.append(Mark(Happening.LEAVE, end_s))
        return Visit(self.room.name, self.start_s, end_s, performance, clothes, tuple(marks))

    def _head_for(self, place: Place) -> None:
        self._ahead.append((place.x, place.y))

    def _walk_on(self) -> None:
        """Walk the way that lies ahead, if any."""
        way = way_through(self.room, [(self.place.x, self.place.y), *self._ahead]) if self._ahead else None
        self._ahead = []
        if way is None:
            return
        self._acts.append(acts.walk(self.person, way, self.pace))
        (x1, y1), (x2, y2) = way[-2:].tolist()
        self.place = Place(x2, y2, math.atan2(y2 - y1, x2 - x1))

    def _rise(self, act: Act, ends: Happening | None = None) -> None:
        """Get on one's feet, wherever that leads."""
        self._do(act, ends=ends)
        self._down_on = None
        posture = act.posture(act.duration_s)
        x, y, _ = posture.joints[[Joint.LEFT_ANKLE, Joint.RIGHT_ANKLE]].mean(axis=0).tolist()
        forward_x, forward_y, _ = posture.pelvis[:, 0].tolist()
        self.place = Place(x, y, math.atan2(forward_y, forward_x))

    def _do(self, act: Act, starts: Happening | None = None, ends: Happening | None = None) -> None:
        """Do something where one has arrived, and note what its start and end are."""
        for happening, at_end in ((starts, False), (ends, True)):
            if happening is not None:
                self._marks.append((happening, act, at_end))
        self._acts.append(act)
