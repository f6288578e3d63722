"""`haven demo`: film, serve, replay, report. Scenario -> a folder of everything that HAVEN has to show."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from haven_client.messages import FrameTracks, TrackEnded, Update
from haven_client.replay import CameraReplay, ReplaySummary, replay

from haven_server.access.roles import Role
from haven_server.app import database_path, make_engine, snapshot_folder, token_file
from haven_server.evaluation.motchallenge import read_truth
from haven_server.evaluation.outputs import write_text
from haven_server.evaluation.page import Story, write_page
from haven_server.evaluation.report import build_report
from haven_server.evaluation.run_log import RunLog
from haven_server.evaluation.scorecard import score_run
from haven_server.models.requirements import require_models
from haven_server.offline import OfflineResult, annotate_all, read_events
from haven_server.operations import demo
from haven_server.operations.serving import ServerProcess
from haven_server.settings import Settings
from haven_server.sources.synthetic.scenarios import scenario_file
from haven_server.sources.video import VideoSource
from haven_server.storage.store import SQLStore
from haven_server.telemetry import StageSummary
from haven_server.types import CameraState, CameraStatus, Confidence, Identification, Track, TrackState


@dataclass(frozen=True, slots=True)
class Listener:
    """Who is told how far a demonstration is.

    Attributes:
        step: told what comes next.
        film: told of a camera, how many of its pictures are drawn, and of how many.
        replay: told of a camera and how far its replay is.
    """

    step: Callable[[str], None]
    film: Callable[[str, int, int], None]
    replay: Callable[[str, CameraReplay], None]


@dataclass(frozen=True, slots=True)
class Demonstration:
    """What is shown, and where all of it goes.

    Attributes:
        scenario: name of a shipped scenario, or a file.
        seed: instead of the one in the file.
        config: the configuration; another scenario's cameras take the place of those in it.
        output: folder of everything that is made.
        command: by which it can be repeated.
    """

    scenario: str
    seed: int | None
    config: Path
    output: Path
    command: str

    @property
    def overrides(self) -> tuple[str, ...]:
        """What is set whatever the configuration says; port 0 is any that is free."""
        return (
            f"general.output_dir={self.output}",
            f"security.tokens_path={self.output / 'tokens.json'}",
            "api.grpc.port=0",
        )


async def demonstrate(
    plan: Demonstration, load: Callable[[Path, Sequence[str]], Settings], listener: Listener
) -> OfflineResult:
    """Film a scenario if need be, show the film to a server over gRPC, and write down what it found.

    Args:
        load: reads a configuration, with overrides.
    Raises:
        HavenError: something is missing, in the way, or failed; nothing is left running.
        ClientError: the server refused the films, or ended while they were shown.
    """
    scenario = scenario_file.load(scenario_file.find(plan.scenario), plan.seed)
    settings = load(plan.config, plan.overrides)
    require_models(settings, make_engine(settings))
    demo.clear(plan.output)
    listener.step(f"Filming {plan.scenario}")
    film = await asyncio.to_thread(
        demo.film,
        scenario,
        demo.film_folder(plan.output, scenario, plan.seed),
        listener.film,
        processes=os.cpu_count() or 1,
    )
    config = plan.config
    if scenario.name != demo.DEMO_SCENARIO:
        config = demo.configure(plan.config, film, plan.output / "sources.yaml")
        settings = load(config, plan.overrides)
    listener.step("Serving and replaying")
    log, summary, stages = await _show(plan, config, settings, film, listener)
    listener.step("Reporting")
    result = _judge(settings, film, plan, log, summary, stages)
    await annotate_all(_sources(settings, film), log, plan.output / "videos")
    return result


async def _show(
    plan: Demonstration, config: Path, settings: Settings, film: demo.Film, listener: Listener
) -> tuple[RunLog, ReplaySummary, dict[str, StageSummary]]:
    """Start a server, replay the film to it, and stop it in order."""
    latencies = plan.output / "latency.json"
    arguments = ["--config", str(config), "--latency-out", str(latencies)]
    for override in plan.overrides:
        arguments += ["--set", override]
    # Made before the server starts, so that none is printed into its log; nobody but this process ever knows it.
    _, token = token_file(settings).create(Role.OPERATOR)
    server = await ServerProcess.start(arguments, plan.output / "server.log")
    log = RunLog()
    try:
        summary = await replay(
            server.address,
            film.videos,
            token=token,
            lossless=True,
            mot_out=plan.output / "mot",
            events_out=plan.output / "events.jsonl",
            on_progress=listener.replay,
            on_update=lambda update: _note(log, update),
        )
        await server.stop()
    finally:
        await server.kill()
    stages = json.loads(latencies.read_text(encoding="utf-8"))
    return log, summary, {name: StageSummary(name, **figures) for name, figures in stages.items()}


def _note(log: RunLog, update: Update) -> None:
    """Remember what the server tells."""
    match update:
        case FrameTracks():
            tracks = tuple(
                Track(
                    update.camera_id,
                    track.track_id,
                    np.array(track.box, np.float32),
                    track.score,
                    TrackState(track.state),
                    track.age,
                )
                for track in update.tracks
            )
            log.see(update.camera_id, update.frame_index, update.captured_at, tracks)
        case TrackEnded():
            confidence = None if update.confidence is None else Confidence(update.confidence)
            log.identify(Identification(update.camera_id, update.track_id, update.global_id, confidence, final=True))


def _judge(
    settings: Settings,
    film: demo.Film,
    plan: Demonstration,
    log: RunLog,
    summary: ReplaySummary,
    stages: Mapping[str, StageSummary],
) -> OfflineResult:
    """Score what was found against the truth, and write the report."""
    with closing(SQLStore.open(database_path(settings), read_only=True)) as store:
        statistics = store.statistics()
        for event in read_events(store, 0):
            log.explain(event.camera_id, event.track_id, event.detail)
    truth = read_truth(film.truth, film.videos)
    scorecard = score_run(log, truth, settings.general.run_start_ns)
    cameras = [_status(camera.id, camera.name, summary.cameras[camera.id]) for camera in film.scenario.cameras]
    report = build_report(log, cameras, list(stages.values()), statistics, summary.seconds, scorecard, film.names)
    write_text(plan.output / "report.json", json.dumps(report, indent=2) + "\n")
    story = Story(
        f"HAVEN's demonstration: {film.scenario.name}",
        film.scenario.about,
        plan.command,
        report,
        log,
        truth,
        scorecard,
        settings.general.run_start_ns,
        snapshot_folder(settings) if settings.storage.save_snapshots else None,
        film.names,
    )
    write_page(plan.output / "report.html", story)
    return OfflineResult(report, cameras, log, scorecard)


def _sources(settings: Settings, film: demo.Film) -> Iterator[VideoSource]:
    """Read the film once more."""
    general = settings.general
    for camera_id, path in film.videos.items():
        yield VideoSource(camera_id, path, general.run_start_ns, 0.0, general.fps_limit)


def _status(camera_id: str, name: str, camera: CameraReplay) -> CameraStatus:
    state = CameraState.FAILED if camera.problem else CameraState.ENDED
    return CameraStatus(camera_id, name, "video", state, True, camera.answered, camera.dropped, 0.0, camera.problem)
