"""Prepare the demonstration: scenario -> a folder with the film, and the configuration that watches it."""

from __future__ import annotations

import errno
import functools
import json
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import yaml

from haven_server.errors import InvalidInputError, writing
from haven_server.operations.provenance import digest_of
from haven_server.sources import synthetic
from haven_server.sources.synthetic.rooms.catalogue import ROOMS
from haven_server.sources.synthetic.scenarios import recording
from haven_server.sources.synthetic.scenarios.scenario import CameraPlan, Scenario

DEMO_OUTPUT = Path("demo-output")
"""Everything the demonstration makes is under here."""
DEMO_CONFIG = Path("config/demo.yaml")
DEMO_SCENARIO = "demo"
FILMS = "films"
"""Folder of films within the output; they are kept, for they take longest."""
MARK = ".haven-demo"
"""File by which a folder is known again as a demonstration's own."""
LEAST_ROOM_MB = 300
"""What films and all that is made of them may take; OpenCV does not say when a film no longer fits."""
LONGEST_WAY_S = 12.0
"""How long people may be out of sight between two rooms that share a door; as in the demonstration's configuration."""
DIGEST = "digest.txt"
"""File of a film that is whole: what it was made from."""


@dataclass(frozen=True, slots=True)
class Film:
    """A film with all that is true of it.

    Attributes:
        videos: file by camera.  truth: folder of the ground truth, one file per camera.
        people: who plays, as people.json tells it.
        fresh: False: it was there already.
    """

    scenario: Scenario
    folder: Path
    videos: dict[str, Path]
    truth: Path
    people: list[dict[str, Any]]
    fresh: bool

    @property
    def names(self) -> dict[int, str]:
        """What people are called, by the truth's global id."""
        return {entry["global_id"]: entry["name"] for entry in self.people}


def clear(output: Path) -> None:
    """Make an empty folder, in place of what an earlier demonstration left: each one begins with nobody known.

    Films stay; they depend on nothing else in the folder.

    Raises:
        InvalidInputError: something else is there, which is left alone.
        OutputError: it cannot be removed or made.
    """
    with writing(output):
        if os.path.lexists(output) and not _is_removable(output):
            raise InvalidInputError(f"{output}: no demonstration made this, so none removes it: move it away")
        output.mkdir(parents=True, exist_ok=True)
        (output / MARK).touch()
        for path in output.iterdir():
            if path.name not in (MARK, FILMS):
                _remove(path)
        if shutil.disk_usage(output).free < LEAST_ROOM_MB * 1e6:
            raise OSError(errno.ENOSPC, f"less than {LEAST_ROOM_MB} MB are free")


def _is_removable(output: Path) -> bool:
    """Tell a folder that is a demonstration's own, or empty, from all else; a link to one is something else."""
    if output.is_symlink() or not output.is_dir():
        return False
    return (output / MARK).is_file() or not any(output.iterdir())


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def film_folder(output: Path, scenario: Scenario, seed: int | None) -> Path:
    """Say where a scenario's film is kept within the output."""
    return output / FILMS / (scenario.name if seed is None else f"{scenario.name}-{seed}")


def film(
    scenario: Scenario,
    folder: Path,
    on_progress: Callable[[str, int, int], None],
    *,
    scale: float = 1.0,
    processes: int = 1,
) -> Film:
    """Film a scenario, unless its film is there already.

    Args:
        on_progress: told of a camera, how many of its pictures are done, and of how many.
        scale: factor on width and height of the pictures.
        processes: that film at once.
    Raises:
        OutputError: the disk refuses; the message names the file.
    """
    digest = film_digest(scenario, scale)
    fresh = not _is_whole(folder, digest)
    if fresh:
        with writing(folder):
            (folder / DIGEST).unlink(missing_ok=True)
        recording.render(
            scenario,
            folder,
            lambda camera_id, done: on_progress(camera_id, done, scenario.frame_count),
            scale=scale,
            processes=processes,
        )
        with writing(folder / DIGEST):
            (folder / DIGEST).write_text(digest, encoding="ascii")
    videos = {camera.id: folder / f"{camera.id}.mp4" for camera in scenario.cameras}
    people = json.loads((folder / "people.json").read_text(encoding="utf-8"))
    return Film(scenario, folder, videos, folder / "gt", people, fresh)


def film_digest(scenario: Scenario, scale: float = 1.0) -> str:
    """Name everything that a film depends on: the scenario with its seed, the code that draws it, and the scale."""
    return digest_of([], _drawing_digest(), scenario.model_dump_json(by_alias=True), f"{scale:g}")


@functools.cache
def _drawing_digest() -> str:
    """Name the code that draws; once, for a running program does not change."""
    return digest_of(sorted(Path(synthetic.__path__[0]).rglob("*.py")))


def _is_whole(folder: Path, digest: str) -> bool:
    path = folder / DIGEST
    return path.is_file() and path.read_text(encoding="ascii", errors="replace") == digest


def configure(base: Path, shown: Film, path: Path) -> Path:
    """Write a configuration that watches a film: another one's, with this film's cameras.

    Ways lead between rooms that share a door; how long people really took would tell too much.

    Args:
        base: the configuration from which all else is taken.
        path: of the file to write.
    Raises:
        OutputError: it cannot be written.
    """
    tree = yaml.safe_load(base.read_text(encoding="utf-8"))
    tree["cameras"] = [
        {"id": camera.id, "name": camera.name, "source": str(shown.videos[camera.id])}
        for camera in shown.scenario.cameras
    ]
    tree.setdefault("topology", {})["links"] = _ways(shown.scenario.cameras)
    with writing(path):
        path.write_text(yaml.safe_dump(tree, sort_keys=False), encoding="utf-8")
    return path


def _ways(cameras: Sequence[CameraPlan]) -> list[dict[str, Any]]:
    """List the ways between cameras that one who knows the house would name: a door is called by where it leads."""
    return [
        {"from": one.id, "to": other.id, "min_s": 0.0, "max_s": LONGEST_WAY_S}
        for one, other in product(cameras, cameras)
        if other.room in ROOMS[one.room].doors and one.room in ROOMS[other.room].doors
    ]
