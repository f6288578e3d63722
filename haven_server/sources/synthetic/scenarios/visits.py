"""What a script becomes: somebody in a room from one door to the next, and what happens meanwhile. Data alone."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from haven_server.sources.synthetic.motion.performance import Performance
from haven_server.sources.synthetic.scenarios.script import Clothes


class Happening(Enum):
    """What the ground truth tells as an event."""

    ENTER = "enter"
    LEAVE = "leave"
    OUTFIT_CHANGE = "outfit_change"  # told when the new clothes come into a room
    FALL_START = "fall_start"
    ON_FLOOR = "on_floor"
    FALL_END = "fall_end"  # on both feet again
    BED_ENTER = "bed_enter"
    BED_EXIT = "bed_exit"  # on both feet beside the bed


@dataclass(frozen=True, slots=True)
class Mark:
    """A happening at a time of the film."""

    happening: Happening
    at_s: float


@dataclass(frozen=True, slots=True, eq=False)
class Visit:
    """One person in one room, from door to door or to the end of the film.

    Attributes:
        room: its name.
        start_s, end_s: in the film's time; the end is out.
        clothes: worn all the while.
        marks: what happens, in order of time.
    """

    room: str
    start_s: float
    end_s: float
    performance: Performance
    clothes: Clothes
    marks: tuple[Mark, ...]
