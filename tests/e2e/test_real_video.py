"""The main job on real video with real networks: who is there is followed, and ids are sane."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

if TYPE_CHECKING:
    from tests.e2e.conftest import RunHaven, Serve

ROOMS = {"cam1": ("twocam_room_cam1.mp4", 0), "cam2": ("twocam_room_cam2.mp4", 5)}
"""One man, alone: he leaves the first room and comes into the second; file and start, s."""
Configure = Callable[..., Path]


@pytest.fixture
def configure(test_data: Path, real_repository: Path, tmp_path: Path) -> Configure:
    """Write a configuration for some of the real videos."""

    def write(videos: dict[str, tuple[str, int]], **sections: Any) -> Path:
        cameras = [
            {"id": camera_id, "source": str(test_data / "videos" / file), "start_offset_s": start}
            for camera_id, (file, start) in videos.items()
        ]
        settings = {
            "general": {"output_dir": str(tmp_path / "out"), "fps_limit": 15},
            "cameras": cameras,
            "inference": {"model_repository": str(real_repository)},
            "reid": {"appearance": {"enabled": True}},
        }
        path = tmp_path / "sources.yaml"
        path.write_text(yaml.safe_dump(settings | sections))
        return path

    return write


def tracks(file: Path) -> dict[int, int]:
    """Rows per global id in a MOT file."""
    return dict(Counter(int(line.split(",")[1]) for line in file.read_text().splitlines()))


def test_one_man_in_two_rooms_has_at_most_two_ids_and_keeps_them_when_he_returns(
    configure: Configure, haven: RunHaven, tmp_path: Path
) -> None:
    config = configure(ROOMS)
    for number in (1, 2):
        done = haven("run", "--config", config, "--mot-out", f"mot{number}")
        assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert 1 <= report["total_identities_detected"] <= 2
    first = [tracks(tmp_path / "mot1" / f"{camera_id}.txt") for camera_id in ROOMS]
    # He is in view from frame 65 of 147 and 0 of 84, in half of the frames at 15 FPS.
    assert sum(first[0].values()) >= 30 and sum(first[1].values()) >= 30
    assert first == [tracks(tmp_path / "mot2" / f"{camera_id}.txt") for camera_id in ROOMS]


def test_a_lossless_replay_of_real_video_gives_the_same_bytes_as_a_run(
    configure: Configure, haven: RunHaven, serve: Serve, test_data: Path, tmp_path: Path
) -> None:
    config = configure(ROOMS)
    haven("run", "--config", config, "--mot-out", "ran", "--set", "general.output_dir=other")
    inputs = [f"{camera_id}={test_data / 'videos' / file}" for camera_id, (file, _) in ROOMS.items()]
    server = serve("--config", config)
    done = haven("replay", *inputs, "--server", server.address, "--lossless", "--mot-out", "replayed")
    assert done.returncode == 0, done.stderr
    for camera_id in ROOMS:
        ran, replayed = (tmp_path / folder / f"{camera_id}.txt" for folder in ("ran", "replayed"))
        assert ran.read_bytes() == replayed.read_bytes() != b""


def test_people_who_come_one_by_one_are_told_apart(configure: Configure, haven: RunHaven, tmp_path: Path) -> None:
    """Six people in 139 s, all from behind; the second and the fourth are men in black, whom OSNet puts at 0.92."""
    config = configure(
        {"door": ("one-by-one-person-detection.mp4", 0)},
        general={
            "output_dir": str(tmp_path / "out"),
            "fps_limit": 3,
        },
    )
    done = haven("run", "--config", config, "--mot-out", "mot")
    assert done.returncode == 0, done.stderr
    people = tracks(tmp_path / "mot" / "door.txt")
    assert 6 <= len(people) <= 8
    assert min(people.values()) >= 5
    rows = [line.split(",") for line in (tmp_path / "mot" / "door.txt").read_text().splitlines()]
    first, second = ({row[1] for row in rows if int(row[0]) in frames} for frames in (range(300, 440), range(760, 860)))
    assert first and second and not first & second
