"""Stream video files to a server as if they were its cameras: paths -> ReplaySummary. Needs OpenCV and NumPy."""

from __future__ import annotations

import math
import time
from collections.abc import AsyncGenerator, Callable, Collection, Mapping
from contextlib import aclosing
from pathlib import Path
from typing import Literal

from haven_client.client import Client
from haven_client.errors import InvalidRequestError, UnavailableError
from haven_client.film import Film
from haven_client.ledger import CameraReplay, Ledger, ReplaySummary
from haven_client.messages import CameraList, CameraOpening, Update
from haven_client.outputs import ReplayOutputs

__all__ = ["CameraReplay", "ReplaySummary", "replay"]

_NANOSECONDS = 1_000_000_000


async def replay(
    server: str,
    inputs: Mapping[str, Path],
    *,
    token: str | None = None,
    ca: Path | None = None,
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
        server, token, ca: as for ``Client``.
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
    Returns:
        What was found. A file that breaks on its way, and a camera that the server did not follow to its file's end,
        is a problem there.
    Raises:
        VideoError: a file cannot be opened.  OutputError: ``mot_out`` or ``events_out`` cannot be written.
        InvalidRequestError: a start offset is none.  ClientError: the server refuses, stops, or cannot be reached.
    """
    began = time.monotonic()
    offsets = dict(start_offsets or {})
    _check_offsets(offsets, inputs)
    keep_all = lossless or rate == "max"
    async with Client(server, token=token, ca=ca) as client:
        known = await client.list_cameras()
        starts = _starts(inputs, known, offsets, known.run_start if run_start is None else run_start)
        film = Film(inputs, starts, known.fps_limit, raw=lossless, paced=rate == "real-time")
        ledger = Ledger(film, may_drop=not keep_all)
        with ReplayOutputs(starts, mot_out, events_out) as outputs:
            first_event = await client.last_event_sequence()
            openings = [CameraOpening(camera_id, starts[camera_id]) for camera_id in inputs]
            answers = client.stream_frames(openings, film.items(), lossless=keep_all)
            async with aclosing(_until_failure_is_told(answers, ledger)) as updates:
                async for update in updates:
                    camera = ledger.note(update)
                    outputs.write_update(update)
                    if on_update is not None:
                        on_update(update)
                    if on_progress is not None:
                        on_progress(update.camera_id, camera)
            ledger.settle()
            if outputs.wants_events:
                await _write_events(client, first_event, outputs)
    return ReplaySummary(ledger.cameras, time.monotonic() - began)


def _check_offsets(offsets: Mapping[str, float], cameras: Collection[str]) -> None:
    """Raise unless every start offset is a time of a camera that is replayed."""
    for camera_id, offset in offsets.items():
        if camera_id not in cameras:
            raise InvalidRequestError(f"start of camera {camera_id!r}: no file is given for it; name one, or leave it")
        if not 0 <= offset < math.inf:
            raise InvalidRequestError(f"start of camera {camera_id!r}: wanted seconds of 0 or more, got {offset}")


def _starts(
    cameras: Collection[str], known: CameraList, offsets: Mapping[str, float], run_start: int
) -> dict[str, int]:
    """Say when each camera's file begins, ns since the Unix epoch."""
    offsets_ns = {camera.camera_id: camera.start_offset for camera in known.cameras}
    offsets_ns |= {camera_id: round(offset * _NANOSECONDS) for camera_id, offset in offsets.items()}
    return {camera_id: run_start + offsets_ns.get(camera_id, 0) for camera_id in cameras}


async def _until_failure_is_told(answers: AsyncGenerator[Update, None], ledger: Ledger) -> AsyncGenerator[Update, None]:
    """Yield the answers; a server that ends a stream as failed after telling which camera did has said it all."""
    try:
        async with aclosing(answers):
            async for update in answers:
                yield update
    except UnavailableError:
        if not ledger.tells_of_failure:
            raise


async def _write_events(client: Client, after: int, outputs: ReplayOutputs) -> None:
    """Write the events that were committed since ``after``."""
    last = await client.last_event_sequence()
    if last <= after:
        return
    async with aclosing(client.watch_events(after)) as events:
        async for event in events:
            outputs.write_event(event)
            if event.sequence >= last:
                return
