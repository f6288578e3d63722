"""Book what a replay sends and what the server answers: Update -> CameraReplay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from haven_client.film import Film
from haven_client.messages import CameraEnded, FrameTracks, TrackEnded, Update


@dataclass(slots=True)
class CameraReplay:
    """How far one camera's replay is; grows while it runs.

    Attributes:
        expected: frames its file announces, skipped ones included; None where it does not say.
        position: frames of the file that are behind the server, skipped ones included.
        sent, answered: frames.  dropped: frames that were sent and not answered; known once the replay is over.
        tracks: ended ones.
        who: global id of each track that has one, as last told.
        problem: why its file was not read, sent or followed to its end, empty otherwise; known once the replay is over.
        ended: True once the server has no more to tell of it.
    """

    expected: int | None = None
    position: int = 0
    sent: int = 0
    answered: int = 0
    dropped: int = 0
    tracks: int = 0
    who: dict[int, int] = field(default_factory=dict)
    problem: str = ""
    ended: bool = False

    @property
    def people(self) -> set[int]:
        """Global ids of its tracks, without those that a track had before it was put right."""
        return set(self.who.values())


@dataclass(frozen=True, slots=True)
class ReplaySummary:
    """What a replay did.

    Attributes:
        seconds: of wall clock.
    """

    cameras: Mapping[str, CameraReplay]
    seconds: float

    @property
    def people(self) -> set[int]:
        """Global ids seen in any camera."""
        return set().union(*(camera.people for camera in self.cameras.values()))

    @property
    def problems(self) -> dict[str, str]:
        """What went wrong, by camera id."""
        return {camera_id: camera.problem for camera_id, camera in self.cameras.items() if camera.problem}


class Ledger:
    """The books of one replay.

    Args:
        film: what is sent.
        may_drop: whether the server may drop frames that it has no time for.

    Attributes:
        cameras: how far each camera is.
    """

    def __init__(self, film: Film, *, may_drop: bool) -> None:
        self._film = film
        self._may_drop = may_drop
        self.cameras = {camera_id: CameraReplay(expected) for camera_id, expected in film.expected.items()}

    @property
    def tells_of_failure(self) -> bool:
        """Whether the server told the end of every camera, and of one at least that it failed."""
        cameras = self.cameras.values()
        return all(camera.ended for camera in cameras) and any(camera.problem for camera in cameras)

    def note(self, update: Update) -> CameraReplay:
        """Book one answer, and return its camera's account."""
        camera = self.cameras[update.camera_id]
        camera.sent = self._film.sent[update.camera_id]
        match update:
            case FrameTracks():
                camera.answered += 1
                camera.position = update.frame_index + 1
                camera.who |= {one.track_id: one.global_id for one in update.tracks if one.global_id is not None}
            case TrackEnded(track_id=track_id, global_id=global_id):
                camera.tracks += 1
                camera.who |= {} if global_id is None else {track_id: global_id}
            case CameraEnded(problem=problem):
                camera.ended = True
                camera.problem = problem or ""
        return camera

    def settle(self) -> None:
        """Draw the balance when the server has answered all that it will: what is missing is a problem."""
        for camera_id, camera in self.cameras.items():
            camera.sent = self._film.sent[camera_id]
            camera.dropped = camera.sent - camera.answered
            camera.problem = self._film.problems.get(camera_id) or camera.problem or self._missing(camera_id, camera)

    def _missing(self, camera_id: str, camera: CameraReplay) -> str:
        if camera_id not in self._film.finished:
            return f"the server ended the camera after {camera.sent} frames of an unfinished film; its log tells why"
        if not camera.ended:
            return "the server ended the stream without telling the end of this camera; its log tells why"
        if camera.dropped and not self._may_drop:
            return f"the server answered {camera.answered} of {camera.sent} frames, none of which it may drop"
        return ""
