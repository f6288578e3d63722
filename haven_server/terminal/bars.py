"""Progress bars: how far a run, a replay, a film or many runs are -> a terminal."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from haven_client.replay import CameraReplay
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Column
from rich.text import Text

from haven_server.evaluation.tally import Row
from haven_server.offline import RunProgress
from haven_server.terminal.console import people
from haven_server.types import CameraState

_SAID_OF_ITSELF = frozenset({CameraState.WAITING, CameraState.CONNECTING, CameraState.BACKOFF, CameraState.FAILED})
"""States that a bar shows instead of people."""


class _Rate(ProgressColumn):
    """Frames per second since the bar began."""

    def render(self, task: Task) -> Text:
        """Draw the rate."""
        rate = task.completed / task.elapsed if task.elapsed else 0.0
        return Text(f"{rate:5.1f} FPS", style="cyan")


class _Bars:
    """Bars that are drawn while their context lasts."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()


class CameraBars(_Bars):
    """One bar per camera: frames of all, FPS, people so far. Draws only where a person looks (a terminal)."""

    def __init__(self, console: Console) -> None:
        progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(table_column=Column(justify="right")),
            _Rate(),
            TextColumn("{task.fields[note]}"),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        super().__init__(progress)
        self._bars: dict[str, TaskID] = {}
        self._running: set[str] = set()

    def show(self, progress: RunProgress) -> None:
        """Draw how far a run is."""
        for camera in progress.cameras:
            if camera.camera_id not in progress.expected:
                continue  # not part of this run: disabled, or no file
            self._update(
                camera.camera_id,
                progress.positions.get(camera.camera_id, 0),
                progress.expected.get(camera.camera_id),
                camera.state.value if camera.state in _SAID_OF_ITSELF else f"{people(progress.people)} in all",
                camera.state in (CameraState.ENDED, CameraState.FAILED),
            )

    def show_replay(self, camera_id: str, replay: CameraReplay) -> None:
        """Draw how far one camera's replay is."""
        note = "failed" if replay.problem else people(len(replay.people))
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


class RunsBar(_Bars):
    """One bar for many runs; the faults of each are told above it, where a person looks or not.

    Attributes:
        problems: how many runs came to nothing.
    """

    def __init__(self, console: Console, total: int) -> None:
        columns = (TextColumn("runs"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        super().__init__(Progress(*columns, console=console))
        self.problems = 0
        self._console = console
        self._bar = self._progress.add_task("runs", total=total)

    def show(self, row: Row) -> None:
        """Count a run, and tell what was wrong in it."""
        self._progress.advance(self._bar)
        self.problems += row["problem"] is not None
        for text in row["mistakes"] if row["problem"] is None else [row["problem"]]:
            self._console.print(f"{row['scenario']}, seed {row['seed']}: {text}", highlight=False, markup=False)


class CountBar(_Bars):
    """One bar for a number of equal things, on a terminal only."""

    def __init__(self, console: Console, things: str, total: int) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        super().__init__(Progress(*columns, console=console, disable=not console.is_terminal))
        self._bar = self._progress.add_task(things, total=total)

    def show(self, done: int) -> None:
        """Draw how many are done."""
        self._progress.update(self._bar, completed=done)


class DownloadBars(_Bars):
    """One bar per file that is fetched, in bytes; on a terminal only."""

    def __init__(self, console: Console) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeElapsedColumn())
        super().__init__(Progress(*columns, console=console, disable=not console.is_terminal))
        self._bars: dict[str, TaskID] = {}

    def show(self, name: str, done: int, total: int) -> None:
        """Draw how much of a file is there."""
        if name not in self._bars:
            self._bars[name] = self._progress.add_task(name, total=total)
        self._progress.update(self._bars[name], completed=done)
