"""Write a film with all that is true of it into a folder: Scenario -> mp4, ground truth.

CAMERA.mp4           one per camera
gt/CAMERA.txt        boxes, MOTChallenge's form for ground truth, ids global
poses/CAMERA.jsonl   boxes, keypoints, faces and stances, a picture a line
events.jsonl         falls, bed exits, comings, goings, changes of clothes
people.json          who plays, and who only looks alike
seqinfo.ini          rate, length and size, a section per camera
topology.yaml        travel times between cameras, as sources.yaml takes them
scenario.yaml        what was played, with its seed
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, wait
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from queue import Empty, Queue
from typing import TypeAlias

import cv2

from haven_server.errors import InvalidInputError, OutputError, writing
from haven_server.sources.synthetic.scenarios.director import Production
from haven_server.sources.synthetic.scenarios.film import frames, picture_size
from haven_server.sources.synthetic.scenarios.scenario import Scenario
from haven_server.sources.synthetic.scenarios.truth_files import mot_rows, pose_line, write_records, write_text

Progress: TypeAlias = Callable[[str, int], None]
"""Told of a camera and how many of its pictures are done."""
POLL_S = 0.1
"""How often the progress of other processes is looked at."""


def render(
    scenario: Scenario,
    folder: Path,
    progress: Progress = lambda camera_id, done: None,
    *,
    cameras: Sequence[str] | None = None,
    scale: float = 1.0,
    processes: int = 1,
) -> None:
    """Film a scenario; the same scenario gives the same pictures and the same truth, however many processes film.

    Args:
        folder: of everything that is written; it is made, and files of the same names are replaced.
        cameras: ids of those that film; none: all.
        scale: factor on width and height of the pictures.
        processes: that film at once, each with a camera of its own.
    Raises:
        InvalidInputError: no such camera, or furniture leaves no way to some place.
        OutputError: the disk refuses; the message names the file.
    """
    known = [camera.id for camera in scenario.cameras]
    chosen = known if cameras is None else list(dict.fromkeys(cameras))
    for camera_id in chosen:
        if camera_id not in known:
            raise InvalidInputError(f"scenario {scenario.name} has no camera {camera_id!r}; it has {', '.join(known)}")
    with writing(folder):
        for part in (folder, folder / "gt", folder / "poses"):
            part.mkdir(parents=True, exist_ok=True)
    write_records(Production(scenario), folder, {name: picture_size(scenario, name, scale) for name in known})
    if processes > 1 and len(chosen) > 1:
        _film_side_by_side(scenario, folder, progress, chosen, scale, min(processes, len(chosen)))
    else:
        for camera_id in chosen:
            film_camera(scenario, folder, camera_id, scale, progress)


def film_camera(scenario: Scenario, folder: Path, camera_id: str, scale: float, progress: Progress) -> None:
    """Film what one camera sees, and write what is true of it.

    Raises:
        OutputError: the disk refuses; the message names the file.
    """
    rows, lines = [], []
    path = folder / f"{camera_id}.mp4"
    with _video(path, scenario.fps, picture_size(scenario, camera_id, scale)) as video:
        for shot in frames(scenario, camera_id, scale):
            video.write(shot.picture)
            rows.append(mot_rows(shot.truth, shot.picture.shape[0]))
            lines.append(pose_line(shot.truth))
            progress(camera_id, shot.truth.index + 1)
    _make_sure_of(path, scenario.frame_count)
    write_text(folder / "gt" / f"{camera_id}.txt", "".join(rows))
    write_text(folder / "poses" / f"{camera_id}.jsonl", "".join(lines))


@contextmanager
def _video(path: Path, fps: float, size: tuple[int, int]) -> Iterator[cv2.VideoWriter]:
    """Open an mp4 for pictures of one size, and finish it.

    Raises:
        OutputError: it cannot be written; OpenCV does not say why.
    """
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), fps, size)
    if not writer.isOpened():
        raise OutputError(path, OSError("the video cannot be opened for writing"))
    try:
        yield writer
    finally:
        writer.release()


def _make_sure_of(path: Path, frames: int) -> None:
    """Look whether a film is whole: OpenCV does not say when a disk is full.

    Raises:
        OutputError: it is not.
    """
    film = cv2.VideoCapture(str(path))
    found = round(film.get(cv2.CAP_PROP_FRAME_COUNT)) if film.isOpened() else 0
    film.release()
    if found != frames:
        raise OutputError(path, OSError(f"{found} of {frames} pictures are in it"))


def _film_side_by_side(
    scenario: Scenario, folder: Path, progress: Progress, cameras: Sequence[str], scale: float, processes: int
) -> None:
    """Film in processes that share nothing; spawned, for a forked one would inherit threads that do not run there."""
    context = multiprocessing.get_context("spawn")
    with (
        context.Manager() as manager,
        ProcessPoolExecutor(processes, mp_context=context, initializer=cv2.setNumThreads, initargs=(1,)) as pool,
    ):
        told: Queue[tuple[str, int]] = manager.Queue()
        jobs = [
            pool.submit(film_camera, scenario, folder, camera_id, scale, partial(_tell, told)) for camera_id in cameras
        ]
        while wait(jobs, POLL_S).not_done:
            _pass_on(told, progress)
        _pass_on(told, progress)
        for job in jobs:
            job.result()


def _tell(told: Queue[tuple[str, int]], camera_id: str, done: int) -> None:
    """Send progress to the process that asked for the film."""
    told.put((camera_id, done))


def _pass_on(told: Queue[tuple[str, int]], progress: Progress) -> None:
    while True:
        try:
            progress(*told.get_nowait())
        except Empty:
            return
