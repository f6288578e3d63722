"""Who can be here, by where they were last: sightings, Tracklet -> impossible and likely identities."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from haven_server.settings import LinkSettings, TopologySettings
from haven_server.types import NANOSECONDS, Tracklet, TrackSpan


class Topology:
    """The ways between cameras, and where each identity was seen last. A pair without a link says nothing.

    Args:
        root: tells who an identity is taken for; what is found bears that number.
    """

    def __init__(self, settings: TopologySettings, root: Callable[[int], int]) -> None:
        self._root = root
        self._links = {(link.from_, link.to): link for link in settings.links}
        self._horizon = max((_ns(max(link.max_s, link.min_s)) for link in settings.links), default=0)
        self._sightings: dict[int, dict[str, int]] = {}

    def see(self, global_id: int, camera_id: str, at: int) -> None:
        """Note that an identity is in a camera's view at ``at`` (ns)."""
        if not self._links:
            return
        # Put last, so that the oldest come first and what nobody can have walked from is forgotten.
        places = self._sightings.pop(global_id, {})
        places[camera_id] = max(at, places.get(camera_id, at))
        self._sightings[global_id] = places
        while max(self._sightings[oldest := next(iter(self._sightings))].values()) < at - self._horizon:
            del self._sightings[oldest]

    def hand_on(self, global_id: int, track: TrackSpan, target: int) -> None:
        """Take it that whom a track showed last was not the one identity but the other."""
        places = self._sightings.get(global_id, {})
        at = places.get(track.camera_id)
        if at is None or at < track.first_seen or (track.last_seen is not None and at > track.last_seen):
            return
        del places[track.camera_id]
        if not places:
            del self._sightings[global_id]
        self.see(target, track.camera_id, at)

    def impossible(self, tracklet: Tracklet) -> frozenset[int]:
        """Return identities that cannot be this tracklet: too short a way, or in two places at once."""
        return frozenset(
            global_id
            for global_id, places in self._people()
            if any(not self._can_be(camera_id, at, tracklet) for camera_id, at in places.items())
        )

    def likely(self, tracklet: Tracklet) -> frozenset[int]:
        """Return identities last seen in a linked camera a plausible time before the tracklet began."""
        return frozenset(
            global_id
            for global_id, places in self._people()
            if self._may_come(*max(places.items(), key=lambda place: place[1]), tracklet)
        )

    def _people(self) -> Iterator[tuple[int, Mapping[str, int]]]:
        """Give out everybody who was seen, with when they were last in each camera's view."""
        people: dict[int, dict[str, int]] = {}
        for member, places in self._sightings.items():
            known = people.setdefault(self._root(member), {})
            for camera_id, at in places.items():
                known[camera_id] = max(at, known.get(camera_id, at))
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

    def _may_come(self, camera_id: str, at: int, tracklet: Tracklet) -> bool:
        link = self._links.get((camera_id, tracklet.camera_id))
        if link is None or camera_id == tracklet.camera_id:
            return False
        elapsed = tracklet.first_seen - at
        return elapsed <= _ns(link.max_s) and (link.overlap or elapsed >= _ns(link.min_s))


def _walks(link: LinkSettings | None, elapsed: int) -> bool:
    return link is None or elapsed >= _ns(link.min_s)


def _ns(seconds: float) -> int:
    return round(seconds * NANOSECONDS)
