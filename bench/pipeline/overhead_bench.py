"""What a frame costs outside the networks: the main job on real video, with the networks' answers replayed.

The job runs once with real networks, and every answer is remembered; then it runs again and again with the answers
given at once, on one core, and the CPU time of the whole process is taken: decoding, pre- and post-processing,
tracking, tracklets, features, resolving, storing, the event loop, all of it. Goal: at most 5 ms per frame of 640x360.
Parts are also measured alone, in turns with the whole. Run ``python -m bench.pipeline.overhead_bench``.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterable
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.common import interleaved, test_data, write_results
from bench.pipeline.replay import RecordingEngine, ReplayingEngine
from haven_server.app import build, make_engine, video_sources
from haven_server.evaluation.run_log import RunLog
from haven_server.models import import_models
from haven_server.offline import run_cameras
from haven_server.perception.detector import PersonDetector
from haven_server.perception.pose import PoseEstimator
from haven_server.ports import Engine
from haven_server.settings import Settings
from haven_server.telemetry import StageSummary
from haven_server.types import Frame

GOAL_MS = 5.0
"""CPU time per frame of everything outside the networks."""
CAMERA = "cam1"
VIDEO = "face_short_hamilton_clip.mp4"
"""640x360; people in a crowd, some of whom show their faces."""
NETWORKS = ("yolov8n_320", "yolov8n-pose_320", "scrfd_500m_kps_640", "w600k_mbf", "osnet_x0_25_msmt17")
WHOLE = "everything"
IN_THREADS = ("track", "tracklets", "resolve")
"""Stages whose own CPU time the application measures."""


def main() -> None:
    """Record once, replay and measure, print tables, write bench/results/overhead.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9, help="interleaved runs of which the median counts")
    rounds = parser.parse_args().rounds
    data = test_data()
    if data is None:
        print("overhead: skipped, HAVEN_TEST_DATA names no folder with videos/ and models/", file=sys.stderr)
        return
    with tempfile.TemporaryDirectory() as folder:
        for name in NETWORKS:
            import_models(data / "models" / f"{name}.onnx", Path(folder))
        overhead = Overhead(job(data / "videos" / VIDEO, Path(folder)))
        cpu, stages = overhead.measure(rounds)
    show(cpu, stages)
    rows = [
        *({"what": "CPU of the process", "part": part, "ms_per_frame": ms} for part, ms in cpu.items()),
        *({"what": "stage of one run", "part": stage.name} | stage.as_dict() for stage in stages),
    ]
    summary = {
        "cpu_ms_per_frame": cpu[WHOLE],
        "goal_ms": GOAL_MS,
        "people_per_frame": overhead.people_per_frame,
        **{f"{part.replace(' ', '_')}_ms_per_frame": ms for part, ms in cpu.items() if part != WHOLE},
    }
    print(write_results("overhead", rows, summary))


def job(video: Path, repository: Path) -> Settings:
    """Configure one camera with every network at work."""
    return Settings.model_validate(
        {
            "cameras": [{"id": CAMERA, "source": str(video)}],
            "inference": {"model_repository": repository},
            "reid": {"appearance": {"enabled": True}},
        }
    )


class Overhead:
    """One recorded run, and all that is measured on it. From its making on, the process keeps to one core.

    Attributes:
        frames: of the video.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._recording = RecordingEngine(make_engine(settings))
        _, self._log, _ = asyncio.run(run_job(settings, self._recording))
        self._stages: list[tuple[StageSummary, ...]] = []
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # threads begun from now on inherit it
        self.frames = asyncio.run(decode(settings))

    @property
    def people_per_frame(self) -> float:
        """How many people are followed at a time, on the average."""
        return sum(len(record.sightings) for record in self._log.tracks()) / len(self.frames)

    def measure(self, rounds: int) -> tuple[dict[str, float], tuple[StageSummary, ...]]:
        """Run the whole and its parts in turns.

        Returns:
            CPU time of the process, ms per frame, medians over the rounds: of the whole, of its parts, and of
            ``the rest``, which no part accounts for. Then the stages as the application timed them in the last run.
        """
        ways: dict[str, Callable[[], float]] = {
            WHOLE: self._whole,
            "decode": partial(cpu_seconds, lambda: decode(self._settings)),
            "detect": partial(cpu_seconds, self._detect),
            "pose": partial(cpu_seconds, self._pose),
        }
        cpu = {part: 1e3 * seconds / len(self.frames) for part, seconds in interleaved(ways, rounds).items()}
        for name in IN_THREADS:
            cpu[name] = statistics.median(self._cpu_ms(stages, name) for stages in self._stages)
        cpu["the rest"] = cpu[WHOLE] - sum(ms for part, ms in cpu.items() if part != WHOLE)
        return cpu, self._stages[-1]

    def _whole(self) -> float:
        """Replay the job; fails where it does not go as it was recorded."""
        engine = ReplayingEngine(self._recording)
        seconds, log, stages = asyncio.run(run_job(self._settings, engine))
        if engine.left or outline(log) != outline(self._log):
            raise RuntimeError("the replayed run is not the recorded one: its cost says nothing")
        self._stages.append(stages)
        return seconds

    async def _detect(self) -> None:
        inference = self._settings.inference
        engine = ReplayingEngine(self._recording)
        detector = PersonDetector(engine, self._settings.general.resize_width, inference.tracker.track_low_thresh)
        for frame in self.frames:
            await detector.detect(frame)
        await engine.close()

    async def _pose(self) -> None:
        inference = self._settings.inference
        engine = ReplayingEngine(self._recording)
        poses = PoseEstimator(engine, self._settings.general.resize_width, inference.pose.conf_threshold)
        tracks = self._log.by_frame(CAMERA)
        for frame in self.frames:
            await poses.estimate(frame, [track for _, track in tracks.get(frame.index, ())])
        await engine.close()

    def _cpu_ms(self, stages: Iterable[StageSummary], name: str) -> float:
        """Read one stage's CPU time, ms per frame."""
        return sum((stage.cpu_ms or 0.0) * stage.calls for stage in stages if stage.name == name) / len(self.frames)


async def run_job(settings: Settings, engine: Engine) -> tuple[float, RunLog, tuple[StageSummary, ...]]:
    """Run all cameras to their end on a new database.

    Returns:
        CPU seconds of the process from the first frame's reading to the last row's commit; who was where; the stages.
    """
    with tempfile.TemporaryDirectory() as folder:
        general = settings.general.model_copy(update={"output_dir": Path(folder)})
        app = build(settings.model_copy(update={"general": general}), engine)
        try:
            start = time.process_time()
            log = await run_cameras(app, video_sources(settings), None, lambda _: None)
            return time.process_time() - start, log, app.times.summary()
        finally:
            await app.close()


async def decode(settings: Settings) -> list[Frame]:
    """Read all frames of the video."""
    (source,) = video_sources(settings)
    return [frame async for frame in source.frames() if isinstance(frame, Frame)]


def outline(log: RunLog) -> list[tuple[int, int | None, int]]:
    """Sum up a run: its tracks, who they are, and in how many frames each was seen."""
    return [(record.track_id, record.global_id, len(record.sightings)) for record in log.tracks()]


def cpu_seconds(work: Callable[[], Coroutine[Any, Any, object]]) -> float:
    """Run a coroutine in an event loop of its own; CPU seconds of the process."""
    start = time.process_time()
    asyncio.run(work())
    return time.process_time() - start


def show(cpu: dict[str, float], stages: Iterable[StageSummary]) -> None:
    """Print both tables."""
    table = Table("part", "ms per frame", title=f"CPU outside the networks, one core; goal {GOAL_MS} ms")
    for part, ms in cpu.items():
        table.add_row(part, f"{ms:.2f}")
    Console().print(table)
    columns = ("calls", "mean_ms", "p50_ms", "p95_ms", "cpu_ms")
    table = Table("stage", *columns, title="One run by the application's own clock, networks replayed; ms per call")
    for stage in stages:
        figures = stage.as_dict()
        table.add_row(stage.name, *("-" if figures[name] is None else str(figures[name]) for name in columns))
    Console().print(table)


if __name__ == "__main__":
    main()
