"""`haven run`: all video cameras in one process to their end. Settings -> report, MOT files, events, videos."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from haven_client.mot import MOTWriter

from haven_server.app import Application, build, snapshot_folder, video_sources
from haven_server.errors import HavenError, first_of, writing
from haven_server.evaluation.annotate import annotate
from haven_server.evaluation.motchallenge import read_truth
from haven_server.evaluation.outputs import check_writable, write_text
from haven_server.evaluation.page import Story, write_page
from haven_server.evaluation.report import build_report
from haven_server.evaluation.run_log import RunLog
from haven_server.evaluation.scorecard import Scorecard, score_run
from haven_server.events.viewer import FrameResult, Viewer
from haven_server.ports import Source, Store
from haven_server.settings import Settings
from haven_server.telemetry import logger
from haven_server.types import NANOSECONDS, CameraEnded, CameraStatus, Event, EventKind

WRITE_PATIENCE_S = 60.0
"""How long a database may refuse what is to be written before the run fails: nobody may watch it to free the disk."""
PROGRESS_INTERVAL_S = 0.25
TITLE, ABOUT = "Who was where", "A run of HAVEN over video files: what it found, how fast, and what it was worth."
"""Of the page."""
EVENTS_PER_READ = 1000
PICTURED = frozenset(EventKind) - {EventKind.CAMERA_STATE, EventKind.STORAGE_ALERT, EventKind.NETWORK_STATE}
"""Kinds whose time is a capture time."""

log_problem = logger(__name__)


@dataclass(frozen=True, slots=True)
class OfflineOutputs:
    """What a run leaves beside its database.

    Attributes:
        mot: folder for one MOTChallenge file per camera, None: none.
        events: JSON-lines file of every event, None: none.
        videos: folder for one annotated mp4 per camera, None: none.
        report: JSON file.
        page: HTML file of the report with plots, None: none.
    """

    mot: Path | None
    events: Path | None
    videos: Path | None
    report: Path
    page: Path | None = None

    def files(self, cameras: Iterable[str]) -> Iterator[Path]:
        """List every file that a run of some cameras writes."""
        yield self.report
        for path in (self.events, self.page):
            if path is not None:
                yield path
        for camera_id in cameras:
            if self.mot is not None:
                yield self.mot / f"{camera_id}.txt"
            if self.videos is not None:
                yield self.videos / f"{camera_id}.mp4"


@dataclass(frozen=True, slots=True)
class RunProgress:
    """How far a run is.

    Attributes:
        positions: frames of each camera's file that are behind it, skipped ones included.
        expected: frames of each file in all, None where nobody can know.
        people: identities seen so far.
    """

    cameras: Sequence[CameraStatus]
    positions: Mapping[str, int]
    expected: Mapping[str, int | None]
    people: int


@dataclass(frozen=True, slots=True)
class OfflineResult:
    """What a run found.

    Attributes:
        scorecard: what that was worth, None without ground truth.
    """

    report: dict[str, Any]
    cameras: Sequence[CameraStatus]
    log: RunLog
    scorecard: Scorecard | None


async def run_offline(
    settings: Settings,
    outputs: OfflineOutputs,
    on_progress: Callable[[RunProgress], None],
    truth_folder: Path | None = None,
    command: str = "haven run",
    names: Mapping[int, str] = MappingProxyType({}),
) -> OfflineResult:
    """Run every enabled video camera to its end and write what was asked for.

    Args:
        on_progress: called a few times a second while cameras run.
        truth_folder: of the ground truth, one MOTChallenge file per camera; None: there is none.
        command: by which the run can be repeated, for the HTML page.
        names: of people, by the truth's global id.
    Raises:
        InvalidInputError: the ground truth of a camera is missing or damaged.
        OutputError: something cannot be written where it was asked for; what can be known of that is known at once.
        HavenError: nothing could be started. A camera that fails on its way is FAILED in the result instead.
    """
    sources = video_sources(settings)
    _tell_who_is_left_out(settings)
    starts_at = {source.camera_id: source.starts_at for source in sources}
    run_start = settings.general.run_start_ns
    truth = {} if truth_folder is None else read_truth(truth_folder, starts_at)
    for path in outputs.files(starts_at):
        check_writable(path)
    app = build(settings, write_patience_s=WRITE_PATIENCE_S)
    first_event = app.bus.last_sequence
    try:
        await app.start()
        started = time.perf_counter()
        log = await run_cameras(app, sources, outputs.mot, on_progress)
        seconds = time.perf_counter() - started
        cameras = [camera for camera in app.supervisor.list() if camera.camera_id in starts_at]
        statistics = await asyncio.to_thread(app.store.statistics)
        events = await asyncio.to_thread(read_events, app.store, first_event)
        for event in events:
            log.explain(event.camera_id, event.track_id, event.detail)
        scorecard = score_run(log, truth, run_start) if truth else None
        report = build_report(log, cameras, app.times.summary(), statistics, seconds, scorecard, names)
        write_text(outputs.report, json.dumps(report, indent=2) + "\n")
        if outputs.events is not None:
            write_text(outputs.events, "".join(_event_line(event, starts_at) for event in events))
    finally:
        await app.close()
    if outputs.page is not None:
        pictures = snapshot_folder(settings) if settings.storage.save_snapshots else None
        story = Story(TITLE, ABOUT, command, report, log, truth, scorecard, run_start, pictures)
        await asyncio.to_thread(write_page, outputs.page, story)
    if outputs.videos is not None:
        await annotate_all(video_sources(settings), log, outputs.videos)
    return OfflineResult(report, cameras, log, scorecard)


def _tell_who_is_left_out(settings: Settings) -> None:
    """Warn of network cameras, whose people nobody will find in the report."""
    network = [camera.id for camera in settings.cameras if camera.enabled and camera.type == "rtsp"]
    if network:
        log_problem.warning(
            "haven run reads files alone; cameras of type rtsp are left out", cameras=", ".join(network)
        )


async def run_cameras(
    app: Application, sources: Sequence[Source], mot: Path | None, on_progress: Callable[[RunProgress], None]
) -> RunLog:
    """Run cameras to their end, until all that they showed is committed.

    Args:
        mot: folder for one MOTChallenge file per camera, None: none.
        on_progress: called a few times a second.
    Returns:
        Who was where.
    Raises:
        HavenError: what was seen cannot be written down.
    """
    log = RunLog()
    expected = {source.camera_id: source.expected_frames for source in sources}
    try:
        with app.overlay.watch(lossless=True) as viewer:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(app.site.run(app.merge))
                tasks.create_task(_record(viewer, log, mot, sources))
                reporter = tasks.create_task(_report_progress(app, log, expected, on_progress))
                await app.supervisor.run(sources)
                app.merge.close()
                reporter.cancel()
        await app.writer.flush()
    except* HavenError as errors:
        raise first_of(errors) from errors
    return log


async def _record(viewer: Viewer, log: RunLog, mot: Path | None, sources: Sequence[Source]) -> None:
    """Note all that viewers are told, until every camera has ended."""
    live = {source.camera_id for source in sources}
    with _mot_files(mot, live) as writer:
        async for delivery in viewer:
            update = delivery.update
            if isinstance(update, FrameResult):
                tracks = tuple(seen.track for seen in update.tracks)
                log.see(update.camera_id, update.frame_index, update.captured_at, tracks)
                if writer is not None:
                    for track in tracks:
                        writer.add(
                            update.camera_id, update.frame_index, track.track_id, track.box.tolist(), track.score
                        )
            elif isinstance(update, CameraEnded):
                live.discard(update.camera_id)
                if not live:
                    return
            else:
                log.identify(update)
                if writer is not None:
                    writer.end(update.camera_id, update.track_id, update.global_id)


@contextmanager
def _mot_files(folder: Path | None, cameras: Iterable[str]) -> Iterator[MOTWriter | None]:
    """Open the MOTChallenge files, if they are asked for, and close them at the end.

    Raises:
        OutputError: the disk refuses.
    """
    if folder is None:
        yield None
        return
    with writing(folder), closing(MOTWriter(folder, cameras)) as writer:
        yield writer


async def _report_progress(
    app: Application, log: RunLog, expected: Mapping[str, int | None], on_progress: Callable[[RunProgress], None]
) -> None:
    """Tell how far the run is, until cancelled; once more at the end."""

    def tell() -> None:
        on_progress(RunProgress(app.supervisor.list(), log.positions, expected, len(log.people())))

    try:
        while True:
            tell()
            await app.clock.sleep(PROGRESS_INTERVAL_S)
    finally:
        tell()


def read_events(store: Store, after: int) -> list[Event]:
    """Read every event after one, in order."""
    events: list[Event] = []
    while more := store.events_after(events[-1].sequence if events else after, EVENTS_PER_READ):
        events += more
    return events


def _event_line(event: Event, starts_at: Mapping[str, int]) -> str:
    """Flatten an event to a line of JSON; ``at_s`` counts in its camera's own video, null for what has no picture."""
    timed = event.kind in PICTURED and event.camera_id in starts_at
    line = {
        "sequence": event.sequence,
        "kind": event.kind.value,
        "camera_id": event.camera_id,
        "track_id": event.track_id,
        "global_id": event.global_id,
        "at_s": round((event.at - starts_at[event.camera_id]) / NANOSECONDS, 6) if timed and event.camera_id else None,
    }
    return json.dumps(line) + "\n"


async def annotate_all(sources: Iterable[Source], log: RunLog, folder: Path) -> None:
    """Write an annotated video of each camera, side by side.

    Args:
        sources: the same frames as in the run, from their start.
    Raises:
        OutputError: a file cannot be written.
    """
    await asyncio.gather(*(annotate(source, log, folder / f"{source.camera_id}.mp4") for source in sources))
