"""Stream video files to a server as if they were its cameras: paths -> ReplaySummary. Needs OpenCV and NumPy."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from haven_client.client import Client
from haven_client.film import Film
from haven_client.messages import CameraEnded, CameraOpening, Event, FrameTracks, TrackEnded, Update
from haven_client.mot import MOTWriter

_NANOSECONDS = 1_000_000_000
_WITHOUT_PICTURE = frozenset({"CAMERA_STATE", "STORAGE_ALERT"})
"""Kinds whose time is the server's clock, not a capture time."""


@dataclass(slots=True)
class CameraReplay:
    """How far one camera's replay is; grows while it runs.

    Attributes:
        expected: frames its file announces, skipped ones included; None where it does not say.
        position: frames of the file that are behind the server, skipped ones included.
        sent, answered: frames.  dropped: frames there was no time for; known once the camera has ended.
        tracks: ended ones.
        people: global ids seen so far.
        problem: why its file could not be read to the end, empty otherwise.
        ended: True once the server has no more to tell of it.
    """

    expected: int | None = None
    position: int = 0
    sent: int = 0
    answered: int = 0
    dropped: int = 0
    tracks: int = 0
    people: set[int] = field(default_factory=set)
    problem: str = ""
    ended: bool = False


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
        """What went wrong with files, by camera id."""
        return {camera_id: camera.problem for camera_id, camera in self.cameras.items() if camera.problem}


async def replay(
    server: str,
    inputs: Mapping[str, Path],
    *,
    rate: Literal["real-time", "max"] = "max",
    lossless: bool = False,
    start_offsets: Mapping[str, float] | None = None,
    run_start: int | None = None,
    mot_out: Path | None = None,
    events_out: Path | None = None,
    on_progress: Callable[[str, CameraReplay], None] | None = None,
    on_update: Callable[[Update], None] | None = None,
) -> ReplaySummary:
    """Stream files to a server, on one clock, and collect what it finds in them.

    Args:
        server: HOST:PORT.
        inputs: video file by camera id.
        rate: real-time: as fast as they were recorded; the server may drop frames, unless ``lossless``.
            max: as fast as the server takes them; it drops none.
        lossless: True: raw pictures, and none dropped: the same results as if the server read the files.
            False: JPEG.
        start_offsets: s after the run's start at which a file begins; where not given, the server's own.
        run_start: capture time of a file's beginning at offset 0, ns since the Unix epoch; None: the server's.
        mot_out: folder for one MOTChallenge file per camera.
        events_out: file for the events of these cameras, one JSON object a line.
        on_progress: called after every answer with the camera's id.
        on_update: called with every answer.
    Raises:
        VideoError: a file cannot be opened. One that breaks later is a problem in the summary instead.
        ClientError: the server refuses, or cannot be reached.
    """
    began = time.monotonic()
    async with Client(server) as client:
        known = await client.list_cameras()
        base = known.run_start if run_start is None else run_start
        offsets = {camera.camera_id: camera.start_offset for camera in known.cameras}
        offsets |= {camera_id: round(offset * _NANOSECONDS) for camera_id, offset in (start_offsets or {}).items()}
        starts = {camera_id: base + offsets.get(camera_id, 0) for camera_id in inputs}
        film = Film(inputs, starts, known.fps_limit, raw=lossless, paced=rate == "real-time")
        cameras = {camera_id: CameraReplay(film.expected[camera_id]) for camera_id in inputs}
        first_event = await client.last_event_sequence()
        openings = [CameraOpening(camera_id, starts[camera_id]) for camera_id in inputs]
        answers = client.stream_frames(openings, film.items(), lossless=lossless or rate == "max")
        ledger = _Ledger(cameras, film, MOTWriter(mot_out, inputs) if mot_out is not None else None)
        try:
            async with aclosing(answers) as updates:
                async for update in updates:
                    ledger.note(update)
                    if on_update is not None:
                        on_update(update)
                    if on_progress is not None:
                        on_progress(update.camera_id, cameras[update.camera_id])
        finally:
            ledger.close()
        if events_out is not None:
            await _write_events(client, first_event, starts, events_out)
    return ReplaySummary(cameras, time.monotonic() - began)


class _Ledger:
    """Books every answer: into the cameras' counts, and into MOT files where they are wanted."""

    def __init__(self, cameras: Mapping[str, CameraReplay], film: Film, mot: MOTWriter | None) -> None:
        self._cameras = cameras
        self._film = film
        self._mot = mot

    def note(self, update: Update) -> None:
        """Book one answer."""
        camera = self._cameras[update.camera_id]
        camera.sent = self._film.sent[update.camera_id]
        camera.problem = self._film.problems.get(update.camera_id, "")
        match update:
            case FrameTracks():
                self._note_frame(update, camera)
            case TrackEnded():
                camera.tracks += 1
                self._note_person(update.global_id, camera)
                if self._mot is not None:
                    self._mot.end(update.camera_id, update.track_id, update.global_id)
            case CameraEnded():
                camera.ended = True
                camera.dropped = camera.sent - camera.answered

    def close(self) -> None:
        """Close the MOT files."""
        if self._mot is not None:
            self._mot.close()

    def _note_frame(self, frame: FrameTracks, camera: CameraReplay) -> None:
        camera.answered += 1
        camera.position = frame.frame_index + 1
        for track in frame.tracks:
            self._note_person(track.global_id, camera)
            if self._mot is not None:
                self._mot.add(frame.camera_id, frame.frame_index, track.track_id, track.box, track.score)

    @staticmethod
    def _note_person(global_id: int | None, camera: CameraReplay) -> None:
        if global_id is not None:
            camera.people.add(global_id)


async def _write_events(client: Client, after: int, starts: Mapping[str, int], path: Path) -> None:
    """Write the events of the replayed cameras that were committed since ``after``."""
    last = await client.last_event_sequence()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        if last <= after:
            return
        async with aclosing(client.watch_events(after)) as events:
            async for event in events:
                if event.camera_id is not None and event.camera_id in starts:
                    file.write(_event_line(event, starts[event.camera_id]))
                if event.sequence >= last:
                    return


def _event_line(event: Event, starts_at: int) -> str:
    """Flatten an event; ``at_s`` counts in its camera's own video, null for what has no picture."""
    line = {
        "sequence": event.sequence,
        "kind": event.kind,
        "camera_id": event.camera_id,
        "track_id": event.track_id,
        "global_id": event.global_id,
        "at_s": None if event.kind in _WITHOUT_PICTURE else round((event.at - starts_at) / _NANOSECONDS, 6),
    }
    return json.dumps(line) + "\n"
