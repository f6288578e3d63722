"""Prepare the demonstration on real video: a folder of test data -> a configuration file."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import yaml

from haven_server.errors import InvalidInputError, writing

DEMO_OUTPUT = Path("demo-output")
"""Everything the demonstration makes is under here."""
MARK = ".haven-demo"
"""File by which a folder is known again as a demonstration's own."""
DEMO_MODELS = (
    "yolov8n_320.onnx",
    "yolov8n-pose_320.onnx",
    "scrfd_500m_kps_640.onnx",
    "w600k_mbf.onnx",
    "osnet_x0_25_msmt17.onnx",
)
"""Raw networks of the test data that fill the five roles."""

DEMO_CAMERAS = (
    ("room1", "Living room", "twocam_room_cam1.mp4", 0.0),
    ("room2", "Hall", "twocam_room_cam2.mp4", 5.0),
    ("entrance", "Entrance", "one-by-one-person-detection.mp4", 20.0),
)
"""Id, name, file and start of each camera, seconds; two rooms that one man crosses, and a door people come through."""

HOW_TO_BRING_DATA = """\
The demonstration needs real video and networks, and none are at hand:
  1. put videos/ and models/ in a folder and set HAVEN_TEST_DATA to it (see `haven demo --help`), or
  2. run `haven models import FOLDER`, copy config/sources.example.yaml to config/sources.yaml, then `make run`."""

WHAT_TO_LOOK_AT = """\
Watch demo-output/videos/*.mp4: the man of room1 comes into room2 and keeps his id; at the entrance others come one by
one. Everybody's pictures are in demo-output/snapshots, by id."""


def missing_data(data: Path) -> tuple[Path, ...]:
    """Say which files of the demonstration are not in a folder of test data."""
    wanted = [data / "models" / name for name in DEMO_MODELS]
    wanted += [data / "videos" / file for _, _, file, _ in DEMO_CAMERAS]
    return tuple(path for path in wanted if not path.is_file())


def clear(output: Path) -> None:
    """Make an empty folder, in place of what an earlier demonstration left: each one begins with nobody known.

    Raises:
        InvalidInputError: something else is there, which is left alone.
        OutputError: it cannot be removed or made.
    """
    with writing(output):
        if os.path.lexists(output):
            if not _is_removable(output):
                raise InvalidInputError(f"{output}: no demonstration made this, so none removes it: move it away")
            shutil.rmtree(output)
        output.mkdir(parents=True)
        (output / MARK).touch()


def _is_removable(output: Path) -> bool:
    """Tell a folder that is a demonstration's own, or empty, from all else; a link to one is something else."""
    if output.is_symlink() or not output.is_dir():
        return False
    return (output / MARK).is_file() or not any(output.iterdir())


def write_configuration(data: Path, repository: Path, output: Path) -> Path:
    """Write the demonstration's sources.yaml.

    Args:
        data: folder of test data.
        repository: of the imported networks.
        output: folder of everything that is made; its database is the demonstration's own.
    Returns:
        The file's path.
    Raises:
        OutputError: it cannot be written.
    """
    configuration = {
        "general": {"output_dir": str(output)},
        "cameras": [
            {"id": camera_id, "name": name, "source": str(data / "videos" / file), "start_offset_s": start}
            for camera_id, name, file, start in DEMO_CAMERAS
        ],
        "inference": {"model_repository": str(repository)},
        "reid": {"appearance": {"enabled": True}},
        "topology": {"links": [{"from": "room1", "to": "room2", "min_s": 0, "max_s": 10}]},
    }
    path = output / "sources.yaml"
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(configuration, sort_keys=False), encoding="utf-8")
    return path
