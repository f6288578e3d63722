"""Who can be here, by where they were last: sightings, Tracklet -> impossible and likely identities."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from haven_server.settings import LinkSettings, TopologySettings
from haven_server.types import NANOSECONDS, BoxXYXY, Tracklet, TrackSpan

RETURN_REACH = 1.0
"""How far from where they left somebody is still back in the same place, in heights of a person: a doorway's width."""


@dataclass(frozen=True, slots=True, eq=False)
class Sighting:
    """When somebody was in a camera's view last, and where in it.

    Attributes:
        at: ns since the Unix epoch.
        box: (4,) xyxy, source pixels; None: nobody said.
    """

    at: int
    box: BoxXYXY | None = None


class Topology:
    """The ways between cameras, and where each identity was seen last. A pair without a link says nothing.

    Args:
        root: tells who an identity is taken for; what is found bears that number.
    """

    def __init__(self, settings: TopologySettings, root: Callable[[int], int]) -> None:
        self._root = root
        self._links = {(link.from_, link.to): link for link in settings.links}
        self._return = _ns(settings.return_s)
        self._horizon = max((_ns(link.max_s) for link in settings.links), default=0)
        self._horizon = max(self._horizon, self._return)
        self._sightings: dict[int, dict[str, Sighting]] = {}

    def see(self, global_id: int, camera_id: str, at: int, box: BoxXYXY | None = None) -> None:
        """Note that an identity is in a camera's view at ``at`` (ns), and where in it."""
        if not self._horizon:
            return
        # Put last, so that the oldest come first and what nobody can have walked from is forgotten.
        places = self._sightings.pop(global_id, {})
        known = places.get(camera_id, Sighting(at))
        if at > known.at or (at == known.at and box is not None):
            known = Sighting(at, known.box if box is None else box)
        places[camera_id] = known
        self._sightings[global_id] = places
        while _last(self._sightings[oldest := next(iter(self._sightings))])[1].at < at - self._horizon:
            del self._sightings[oldest]

    def hand_on(self, global_id: int, track: TrackSpan, target: int) -> None:
        """Take it that whom a track showed last was not the one identity but the other."""
        places = self._sightings.get(global_id, {})
        seen = places.get(track.camera_id)
        if seen is None or seen.at < track.first_seen or (track.last_seen is not None and seen.at > track.last_seen):
            return
        del places[track.camera_id]
        if not places:
            del self._sightings[global_id]
        self.see(target, track.camera_id, seen.at, seen.box)

    def impossible(self, tracklet: Tracklet) -> frozenset[int]:
        """Return identities that cannot be this tracklet: too short a way, or in two places at once."""
        return frozenset(
            global_id
            for global_id, places in self._people()
            if any(not self._can_be(camera_id, seen.at, tracklet) for camera_id, seen in places.items())
        )

    def likely(self, tracklet: Tracklet, began: BoxXYXY | None = None) -> frozenset[int]:
        """Return identities last seen in a linked camera, or here in the same place, shortly before a tracklet began.

        Args:
            began: where its track did, (4,) xyxy, source pixels; None: nobody said, so that nobody is back.
        """
        return frozenset(
            global_id for global_id, places in self._people() if self._may_come(*_last(places), tracklet, began)
        )

    def _people(self) -> Iterator[tuple[int, Mapping[str, Sighting]]]:
        """Give out everybody who was seen, with when they were last in each camera's view."""
        people: dict[int, dict[str, Sighting]] = {}
        for member, places in self._sightings.items():
            known = people.setdefault(self._root(member), {})
            for camera_id, seen in places.items():
                known[camera_id] = max(seen, known.get(camera_id, seen), key=lambda one: one.at)
        yield from people.items()

    def _can_be(self, camera_id: str, at: int, tracklet: Tracklet) -> bool:
        there = self._links.get((camera_id, tracklet.camera_id))
        back = self._links.get((tracklet.camera_id, camera_id))
        if camera_id == tracklet.camera_id or any(link is not None and link.overlap for link in (there, back)):
            return True
        if at < tracklet.first_seen:
            return _walks(there, tracklet.first_seen - at)
        if at > tracklet.last_seen:
            return _walks(back, at - tracklet.last_seen)
        return there is None and back is None

    def _may_come(self, camera_id: str, seen: Sighting, tracklet: Tracklet, began: BoxXYXY | None) -> bool:
        elapsed = tracklet.first_seen - seen.at
        if camera_id == tracklet.camera_id:
            return 0 < elapsed <= self._return and _is_near(seen.box, began)
        link = self._links.get((camera_id, tracklet.camera_id))
        if link is None:
            return False
        return elapsed <= _ns(link.max_s) and (link.overlap or elapsed >= _ns(link.min_s))


def _last(places: Mapping[str, Sighting]) -> tuple[str, Sighting]:
    """Return the camera that saw somebody last, and when."""
    return max(places.items(), key=lambda place: place[1].at)


def _is_near(left: BoxXYXY | None, back: BoxXYXY | None) -> bool:
    """Tell whether two boxes' centres are no further apart than ``RETURN_REACH`` heights of the taller one."""
    if left is None or back is None:
        return False
    apart = math.hypot(*(left[:2] + left[2:] - back[:2] - back[2:])) / 2
    return apart <= RETURN_REACH * max(float(left[3] - left[1]), float(back[3] - back[1]))


def _walks(link: LinkSettings | None, elapsed: int) -> bool:
    return link is None or elapsed >= _ns(link.min_s)


def _ns(seconds: float) -> int:
    return round(seconds * NANOSECONDS)
