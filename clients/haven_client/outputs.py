"""Write down what a replay finds: Update, Event -> MOT files, JSON lines."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from haven_client.errors import OutputError
from haven_client.messages import Event, FrameTracks, TrackEnded, Update
from haven_client.mot import MOTWriter

_NANOSECONDS = 1_000_000_000
_WITHOUT_PICTURE = frozenset({"CAMERA_STATE", "STORAGE_ALERT", "NETWORK_STATE"})
"""Kinds whose time is the server's clock, not a capture time."""


class ReplayOutputs:
    """The files of one replay; a context. They are made at once: a place that cannot be written shows before the work.

    Args:
        starts: capture time of each file's beginning by camera id, ns since the Unix epoch.
        mot: folder for one MOTChallenge file per camera, None: none.
        events: file for one JSON object a line and event, None: none.
    Raises:
        OutputError: a file cannot be made. Every method raises it where one cannot be written.
    """

    def __init__(self, starts: Mapping[str, int], mot: Path | None, events: Path | None) -> None:
        self._starts = starts
        self._mot: tuple[Path, MOTWriter] | None = None
        self._events: tuple[Path, IO[str]] | None = None
        with ExitStack() as opened:
            if mot is not None:
                opened.enter_context(_writing(mot))
                self._mot = mot, opened.enter_context(closing(MOTWriter(mot, starts)))
            if events is not None:
                opened.enter_context(_writing(events))
                events.parent.mkdir(parents=True, exist_ok=True)
                self._events = events, opened.enter_context(events.open("w", encoding="utf-8"))
            self._opened = opened.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def wants_events(self) -> bool:
        """Whether events are to be written."""
        return self._events is not None

    def write_update(self, update: Update) -> None:
        """Write what a server's answer tells of tracks."""
        if self._mot is None:
            return
        folder, writer = self._mot
        with _writing(folder):
            if isinstance(update, FrameTracks):
                for track in update.tracks:
                    writer.add(update.camera_id, update.frame_index, track.track_id, track.box, track.score)
            elif isinstance(update, TrackEnded):
                writer.end(update.camera_id, update.track_id, update.global_id)

    def write_event(self, event: Event) -> None:
        """Write an event, unless it concerns none of the replayed cameras."""
        if self._events is None or event.camera_id is None or event.camera_id not in self._starts:
            return
        path, file = self._events
        with _writing(path):
            file.write(_event_line(event, self._starts[event.camera_id]))

    def close(self) -> None:
        """Close the files; rows of tracks that have not ended are lost. Safe to call twice."""
        self._opened.close()


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Name the file that the disk refuses, ``path`` where the disk does not tell."""
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"{error.filename or path}: cannot be written ({error.strerror}); "
            "choose another place, or make this one writable with room left on its disk"
        ) from error


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
