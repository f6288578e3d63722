"""What a person sees in a terminal: progress bars and tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from haven_client.replay import CameraReplay, ReplaySummary
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Column, Table
from rich.text import Text

from haven_server.evaluation.report import MEASURES
from haven_server.evaluation.tally import Row
from haven_server.models import ImportResult, ModelStatus
from haven_server.offline import OfflineResult, RunProgress
from haven_server.sources.synthetic.scenario import Scenario
from haven_server.types import CameraState, CameraStatus

FILE_WIDTH = 160
"""Columns where output goes into a file or another program: wide enough that tables seldom wrap."""


_SAID_OF_ITSELF = frozenset({CameraState.WAITING, CameraState.CONNECTING, CameraState.BACKOFF, CameraState.FAILED})
"""States that a bar shows instead of people."""


def make_console(*, stderr: bool = False) -> Console:
    """Make a console as wide as the terminal, or ``FILE_WIDTH`` wide where there is none."""
    console = Console(stderr=stderr)
    return console if console.is_terminal else Console(stderr=stderr, width=FILE_WIDTH)


class _Rate(ProgressColumn):
    """Frames per second since the bar began."""

    def render(self, task: Task) -> Text:
        """Draw the rate."""
        rate = task.completed / task.elapsed if task.elapsed else 0.0
        return Text(f"{rate:5.1f} FPS", style="cyan")


class CameraBars:
    """One bar per camera: frames of all, FPS, people so far. Draws only where a person looks (a terminal)."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(table_column=Column(justify="right")),
            _Rate(),
            TextColumn("{task.fields[note]}"),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._bars: dict[str, TaskID] = {}
        self._running: set[str] = set()

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def show(self, progress: RunProgress) -> None:
        """Draw how far a run is."""
        for camera in progress.cameras:
            if camera.camera_id not in progress.expected:
                continue  # not part of this run: disabled, or no file
            self._update(
                camera.camera_id,
                progress.positions.get(camera.camera_id, 0),
                progress.expected.get(camera.camera_id),
                camera.state.value if camera.state in _SAID_OF_ITSELF else f"{_people(progress.people)} in all",
                camera.state in (CameraState.ENDED, CameraState.FAILED),
            )

    def show_replay(self, camera_id: str, replay: CameraReplay) -> None:
        """Draw how far one camera's replay is."""
        note = "failed" if replay.problem else _people(len(replay.people))
        self._update(camera_id, replay.position, replay.expected, note, replay.ended)

    def show_film(self, camera_id: str, done: int, total: int) -> None:
        """Draw how far one camera's film is."""
        self._update(f"film {camera_id}", done, total, "", done == total)

    def _update(self, camera_id: str, frames: int, expected: int | None, note: str, over: bool) -> None:
        """Draw one camera's bar, making it where it is new; once ``over``, its time and rate stand still."""
        if camera_id not in self._bars:
            self._bars[camera_id] = self._progress.add_task(camera_id, total=expected, note="")
            self._running.add(camera_id)
        self._progress.update(self._bars[camera_id], completed=frames, note=note)
        if over and camera_id in self._running:
            self._running.remove(camera_id)
            self._progress.stop_task(self._bars[camera_id])


class RunsBar:
    """One bar for many runs; the faults of each are told above it, where a person looks or not.

    Attributes:
        problems: how many runs came to nothing.
    """

    def __init__(self, console: Console, total: int) -> None:
        self.problems = 0
        self._console = console
        self._progress = Progress(
            TextColumn("runs"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console
        )
        self._bar = self._progress.add_task("runs", total=total)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def show(self, row: Row) -> None:
        """Count a run, and tell what was wrong in it."""
        self._progress.advance(self._bar)
        self.problems += row["problem"] is not None
        for text in row["mistakes"] if row["problem"] is None else [row["problem"]]:
            self._console.print(f"{row['scenario']}, seed {row['seed']}: {text}", highlight=False, markup=False)


def cameras_table(result: OfflineResult) -> Table:
    """Camera, frames, tracks, people and their ids, with the reason where one failed."""
    table = Table(title="Cameras", title_justify="left")
    for heading in ("camera", "state"):
        table.add_column(heading, overflow="fold")
    for heading in ("frames", "tracks", "people"):
        table.add_column(heading, justify="right")
    table.add_column("ids", overflow="fold")
    for camera in result.cameras:
        people = result.log.people(camera.camera_id)
        tracks = len(result.log.tracks(camera.camera_id))
        ids = " ".join(map(str, people)) if people else "-"
        table.add_row(camera.camera_id, _state(camera), str(camera.frames), str(tracks), str(len(people)), ids)
    return table


def replay_table(summary: ReplaySummary) -> Table:
    """What a replay sent and learned, camera by camera, with what went wrong."""
    rows = [
        (
            camera_id,
            str(camera.sent),
            str(camera.dropped),
            str(camera.tracks),
            str(len(camera.people)),
            " ".join(map(str, sorted(camera.people))) or "-",
            camera.problem or ("ended" if camera.ended else "cut"),
        )
        for camera_id, camera in sorted(summary.cameras.items())
    ]
    title = f"Replay: {_people(len(summary.people))} in {summary.seconds:.1f} s"
    return rows_table(title, ("camera", "frames sent", "dropped", "tracks", "people", "ids", "state"), rows)


def report_table(report: dict[str, Any]) -> Table:
    """The report's headline figures; what needs ground truth is said to be unknown."""
    table = Table(title="Report", title_justify="left", show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for key in ("total_identities_detected", "avg_tracklet_length"):
        table.add_row(key, str(report[key]))
    for key, value in {**report["db_stats"], **report["throughput"]}.items():
        table.add_row(key, str(value))
    told = ("total_id_switches", "false_match_count", "reid_accuracy")
    for key in (key for key in told if report[key] is not None):
        table.add_row(key, str(report[key]))
    if unknown := [key for key in told if report[key] is None]:
        table.add_row(", ".join(unknown), "needs ground truth" if report["mistakes"] is None else "nobody was followed")
    return table


def scores_table(report: dict[str, Any]) -> Table:
    """How well people were found and kept apart, camera by camera and over all; only with ground truth."""
    headings = ("camera", *(measure.upper() for measure in MEASURES))
    rows = [
        (camera_id, *(_score(measure, report[measure]["cameras"][camera_id]) for measure in MEASURES))
        for camera_id in report["cameras"]
    ]
    everywhere = ("all", *(_score(measure, report[measure]["global"]) for measure in MEASURES))
    return rows_table("Scores (TrackEval)", headings, [*rows, everywhere])


def mistakes_table(report: dict[str, Any]) -> Table:
    """Every track that has not its person's id, and why it has the one it has; only with ground truth."""
    rows = [(mistake["text"], mistake["reason"] or "-") for mistake in report["mistakes"]]
    return rows_table("What went wrong", ("what", "why this id"), rows or [("nothing", "-")])


def latency_table(report: dict[str, Any]) -> Table:
    """Wall time of one call per stage in milliseconds, and CPU time where it was measured."""
    table = Table(title="Latency per stage, ms", title_justify="left")
    table.add_column("stage")
    columns = ("calls", "mean_ms", "p50_ms", "p95_ms", "p99_ms", "cpu_ms", "total_s")
    for column in columns:
        table.add_column(column.removesuffix("_ms"), justify="right")
    for stage, figures in report["latency"].items():
        table.add_row(stage, *("-" if figures[column] is None else f"{figures[column]:g}" for column in columns))
    return table


def imports_table(results: Sequence[ImportResult]) -> Table:
    """What was installed from which file, and how far it differs from the raw network."""
    rows = [
        (
            result.info.role.value,
            result.info.name,
            str(result.source.name),
            result.batching.sentence,
            f"{result.difference:.1e}",
            ", ".join(path.name for path in result.passed_over) or "-",
        )
        for result in results
    ]
    return rows_table("Imported", ("role", "name", "file", "batches", "difference", "passed over"), rows)


def models_table(title: str, statuses: Sequence[ModelStatus]) -> Table:
    """What is installed per role, and whether it is sound."""
    rows = []
    for status in statuses:
        info = status.info
        known = ("-", "-", "-") if info is None else (info.name, info.domain, info.model_hash[:12])
        difference = "" if status.difference is None else f" (differs by {status.difference:.1e})"
        rows.append((status.role.value, *known, status.problem or f"ok{difference}"))
    return rows_table(title, ("role", "name", "domain", "hash", "state"), rows)


def scenarios_table(scenarios: Sequence[Scenario]) -> Table:
    """What can be filmed by name."""
    rows = [
        (
            scenario.name,
            scenario.about,
            f"{scenario.duration_s:g} s",
            ", ".join(camera.id for camera in scenario.cameras),
            _people(len(scenario.people)),
        )
        for scenario in scenarios
    ]
    return rows_table("Scenarios", ("name", "what happens", "length", "cameras", "who"), rows)


def quality_table(summary: Mapping[str, Mapping[str, Any]]) -> Table:
    """What many runs were worth, scenario by scenario and over all."""
    headings = (
        "scenario",
        "runs",
        "IDF1 mean",
        "worst",
        "false matches",
        "id switches",
        "id kept over clothing change",
        "look-alikes merged",
        "strangers given a new id",
    )
    rows = [
        (
            name,
            str(sums["runs"]),
            _share(sums["idf1_mean"]),
            _share(sums["idf1_worst"]),
            str(sums["false_matches"]),
            _share(sums["id_switch_rate"]),
            _share(sums["id_kept_over_clothing_change"]),
            f"{sums['look_alikes_merged']} of {sums['look_alike_pairs']}" if sums["look_alike_pairs"] else "-",
            _share(sums["strangers_given_a_new_id"]),
        )
        for name, sums in summary.items()
    ]
    return rows_table("Quality", headings, rows)


def rows_table(title: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """A plain table of text."""
    table = Table(title=title, title_justify="left")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


def _score(measure: str, value: float | None) -> str:
    return f"{value:g}" if measure == "idsw" and value is not None else _share(value)


def _share(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.1f} %"


def _state(camera: CameraStatus) -> str:
    """Say how a camera stands, with the reason where it failed; its name stands beside it."""
    if not camera.problem:
        return camera.state.value
    reason = camera.problem.removeprefix(f"camera {camera.camera_id!r}: ")
    return f"{camera.state.value}: {reason}"


def _people(count: int) -> str:
    return f"{count} person" if count == 1 else f"{count} people"
