"""Film a scenario of the demo world for the command line: name or file -> folder of films and ground truth."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from haven_server.sources.synthetic.scenarios import recording, scenario_file
from haven_server.sources.synthetic.scenarios.scenario import Scenario

FILMS = Path("outputs") / "films"
"""Folder of films for which no other is named."""


def scenarios() -> list[Scenario]:
    """List the shipped scenarios by name.

    Raises:
        ConfigurationError: one of them cannot be played.
    """
    return [scenario_file.load(path) for path in scenario_file.shipped()]


def render(
    name_or_path: str,
    output: Path | None,
    seed: int | None,
    cameras: Sequence[str] | None,
    on_progress: Callable[[str, int, int], None],
) -> Path:
    """Film a scenario, as many cameras at once as there are cores.

    Args:
        output: folder of everything that is written; none: one of the scenario's own below `FILMS`.
        seed: instead of the one in the file.
        cameras: ids of those that film; none: all.
        on_progress: told of a camera, how many of its pictures are done, and of how many.
    Returns:
        The folder.
    Raises:
        NotFoundError: there is no such scenario; the message lists those that are.
        ConfigurationError: it cannot be played; the message says where and why.
        InvalidInputError: no such camera.
        OutputError: the disk refuses; the message names the file.
    """
    scenario = scenario_file.load(scenario_file.find(name_or_path), seed)
    folder = output or FILMS / (scenario.name if seed is None else f"{scenario.name}-{seed}")
    recording.render(
        scenario,
        folder,
        lambda camera_id, done: on_progress(camera_id, done, scenario.frame_count),
        cameras=cameras,
        processes=os.cpu_count() or 1,
    )
    return folder
