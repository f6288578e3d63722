"""Two rooms without a view in common: a man is followed from one to the other, and a stranger in his place is not he.

No face shows in the first room. A link of the topology makes the hand-over likely; clothes settle it.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

if TYPE_CHECKING:
    from tests.e2e.conftest import RunHaven

LEAVES = "twocam_room_cam1"
"""A man crosses the first room, his side and back to the camera."""


@pytest.fixture
def rooms(test_data: Path, real_repository: Path, tmp_path: Path) -> Path:
    """A configuration whose second room is to be filled in, five seconds later than the first."""
    settings = {
        "general": {"output_dir": str(tmp_path / "out"), "fps_limit": 10},
        "cameras": [
            {"id": "cam1", "source": str(test_data / "videos" / f"{LEAVES}.mp4")},
            {"id": "cam2", "source": str(test_data / "videos" / "{comes}.mp4"), "start_offset_s": 5},
        ],
        "inference": {"model_repository": str(real_repository)},
        "reid": {"appearance": {"enabled": True}, "gait": {"enabled": False}},
        "topology": {"links": [{"from": "cam1", "to": "cam2", "min_s": 0, "max_s": 10}]},
    }
    path = tmp_path / "sources.yaml"
    path.write_text(yaml.safe_dump(settings))
    return path


def decisions(rooms: Path, haven: RunHaven, comes: str) -> list[tuple[str, str, int, str, str]]:
    """Have somebody come into the second room; returns camera, action, identity, confidence and reason by decision."""
    rooms.write_text(rooms.read_text().replace("{comes}", comes))
    done = haven("run", "--config", rooms)
    assert done.returncode == 0, done.stderr
    query = "SELECT camera_id, action, global_id, detail FROM identity_changes WHERE action IN ('created', 'matched')"
    with closing(sqlite3.connect(rooms.parent / "out" / "haven.db")) as database:
        rows = database.execute(f"{query} ORDER BY change_id").fetchall()
    details = [json.loads(detail) for *_, detail in rows]
    return [(*row[:3], one["confidence"], one["reason"]) for row, one in zip(rows, details, strict=True)]


def test_the_man_keeps_his_id_in_the_second_room(rooms: Path, haven: RunHaven) -> None:
    first, second = decisions(rooms, haven, "twocam_room_cam2")
    assert first[:4] == ("cam1", "created", 1, "low")
    assert second[:4] == ("cam2", "matched", 1, "low")
    assert second[4].startswith("Is identity 1: came over from a linked camera, appearance 0.7")


@pytest.mark.parametrize("stranger", ["adl_urfd_38", "face_short_hamilton_clip"])
def test_a_stranger_who_comes_in_his_place_does_not_get_his_id(rooms: Path, haven: RunHaven, stranger: str) -> None:
    first, *others = decisions(rooms, haven, stranger)
    assert first[:4] == ("cam1", "created", 1, "low")
    assert others
    assert {(camera_id, action) for camera_id, action, *_ in others} == {("cam2", "created")}
