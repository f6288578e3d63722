"""Bad input: a clear error that names the thing and the mend, and nothing else stops."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import onnx
import pytest
from haven_client import CameraOpening, Client, Frame, FrameTracks, InvalidRequestError, NotFoundError, RawImage
from onnx import helper

from haven_server.app import build
from haven_server.engine.repository import HASH_KEY, hash_model, model_path
from haven_server.errors import StorageError, StoreLockedError
from haven_server.settings_file import load_settings
from haven_server.storage.store import SQLStore
from haven_server.types import ModelRole

if TYPE_CHECKING:
    from tests.e2e.conftest import RunHaven, Serve, World

START = 1_767_225_600_000_000_000


def states(world: World) -> dict[str, str]:
    """How each camera ended, as the report says."""
    report = json.loads((world.folder / "out" / "report.json").read_text())
    return {camera_id: camera["state"] for camera_id, camera in report["cameras"].items()}


def test_a_missing_video_fails_its_camera_and_no_other(world: World, haven: RunHaven) -> None:
    world.videos["hall"].unlink()
    done = haven("run", "--config", world.config)
    assert done.returncode == 1
    assert f"{world.videos['hall']}: no such file" in done.stderr
    assert states(world) == {"hall": "failed", "kitchen": "ended"}
    assert world.rows("SELECT COUNT(*) FROM identities") == [(2,)]


def test_a_video_cut_off_before_its_index_fails_its_camera_and_no_other(world: World, haven: RunHaven) -> None:
    video = world.videos["hall"]
    video.write_bytes(video.read_bytes()[: video.stat().st_size // 2])
    done = haven("run", "--config", world.config)
    assert done.returncode == 1
    assert "cannot be opened as a video" in done.stderr and str(video) in done.stderr
    assert states(world) == {"hall": "failed", "kitchen": "ended"}


def test_a_video_damaged_half_way_keeps_what_was_seen_before(world: World, haven: RunHaven) -> None:
    video = world.videos["hall"]
    data = bytearray(video.read_bytes())
    start = data.index(b"mdat")
    end = data.index(b"moov")
    middle = (start + end) // 2
    data[middle : end - 8] = bytes(end - 8 - middle)
    video.write_bytes(data)
    done = haven("run", "--config", world.config)
    assert done.returncode == 1
    assert states(world) == {"hall": "failed", "kitchen": "ended"}
    assert str(video) in done.stderr and "Traceback" not in done.stderr
    # Red has crossed the hall before the damage, and is known again in the kitchen.
    assert world.rows("SELECT DISTINCT camera_id FROM observations WHERE global_id = 1 ORDER BY 1") == [
        ("hall",),
        ("kitchen",),
    ]


def test_a_video_without_frames_fails_its_camera(world: World, haven: RunHaven) -> None:
    cv2.VideoWriter(str(world.videos["hall"]), cv2.VideoWriter.fourcc(*"mp4v"), 10, (320, 240)).release()
    done = haven("run", "--config", world.config)
    assert done.returncode == 1
    assert states(world) == {"hall": "failed", "kitchen": "ended"}
    assert str(world.videos["hall"]) in done.stderr


def test_a_missing_network_is_named_with_the_command_that_brings_it(world: World, haven: RunHaven) -> None:
    done = haven("run", "--config", world.config, "--set", "reid.face.enabled=true")
    assert done.returncode == 2
    assert "face_detector/1/model.onnx" in done.stderr
    assert "haven models import" in done.stderr


def test_a_network_of_another_name_than_configured_is_refused(world: World, haven: RunHaven) -> None:
    done = haven("run", "--config", world.config, "--set", "inference.yolo.model=yolov8n.pt")
    assert done.returncode == 2
    assert "'yolov8n.pt'" in done.stderr and "'colours'" in done.stderr and "models import" in done.stderr


def test_a_device_that_is_not_there_is_refused(world: World, haven: RunHaven) -> None:
    done = haven("run", "--config", world.config, "--set", "inference.device=mps")
    assert done.returncode == 2
    assert "cpu" in done.stderr


def test_a_database_folder_that_cannot_be_written_is_named(world: World, haven: RunHaven, tmp_path: Path) -> None:
    folder = tmp_path / "readonly"
    folder.mkdir(mode=0o555)
    done = haven("run", "--config", world.config, "--set", f"storage.db_path={folder}/haven.db", unprivileged=True)
    assert done.returncode == 1
    assert str(folder) in done.stderr and "make the folder writable" in done.stderr


async def test_a_start_that_fails_lets_go_of_the_database(world: World) -> None:
    SQLStore.open(world.database).close()
    with closing(sqlite3.connect(world.database)) as connection:
        connection.execute("DROP TABLE identities")
    with pytest.raises(StorageError, match="identities") as raised:
        build(load_settings(world.config, [], {}))
    SQLStore.open(world.database).close()
    assert not isinstance(raised.value, StoreLockedError)


def test_a_missing_configuration_is_named(haven: RunHaven) -> None:
    done = haven("run", "--config", "nowhere.yaml")
    assert done.returncode == 2
    assert "nowhere.yaml" in done.stderr


def test_an_unknown_key_is_named_with_its_file_and_the_key_that_was_meant(world: World, haven: RunHaven) -> None:
    world.config.write_text(world.config.read_text() + "\nreidd: {}\n")
    done = haven("run", "--config", world.config)
    assert done.returncode == 2
    assert "reidd" in done.stderr and str(world.config) in done.stderr and "reid" in done.stderr


@pytest.mark.parametrize("arguments", [("replay", "no-pair"), ("replay", "a=1.mp4", "a=2.mp4"), ("frobnicate",)])
def test_wrong_usage_exits_with_2(haven: RunHaven, arguments: tuple[str, ...]) -> None:
    assert haven(*arguments).returncode == 2


@pytest.mark.parametrize(
    ("option", "path", "named"),
    [
        ("--report", "file/report.json", "file/report.json"),
        ("--events-out", "videos", "videos"),
        ("--mot-out", "file", "file"),
        ("--video-out", "file/deep", "file/deep"),
    ],
)
def test_an_output_that_cannot_be_written_is_named_before_the_work_begins(
    world: World, haven: RunHaven, option: str, path: str, named: str
) -> None:
    (world.folder / "file").write_text("")
    (world.folder / "videos").mkdir()
    done = haven("run", "--config", world.config, option, path)
    assert done.returncode == 1
    assert named in done.stderr and "cannot be written" in done.stderr and "Traceback" not in done.stderr
    assert not world.database.exists()


def test_a_disk_that_fills_under_an_output_ends_the_run_with_its_name(world: World, haven: RunHaven) -> None:
    (world.folder / "mot").mkdir()
    (world.folder / "mot" / "hall.txt").symlink_to("/dev/full")
    done = haven("run", "--config", world.config, "--mot-out", "mot")
    assert done.returncode == 1
    assert "mot: cannot be written (No space left on device)" in done.stderr and "Traceback" not in done.stderr


def test_a_run_that_cannot_start_leaves_earlier_outputs_as_they_are(world: World, haven: RunHaven) -> None:
    earlier = {world.folder / "report.json": "{}", world.folder / "mot" / "hall.txt": "1,1\n"}
    for path, text in earlier.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    outputs = ("--report", "report.json", "--mot-out", "mot", "--events-out", "events.jsonl")
    done = haven("run", "--config", world.config, *outputs, "--set", "reid.face.enabled=true")
    assert done.returncode == 2
    assert {path: path.read_text() for path in earlier} == earlier
    assert not (world.folder / "events.jsonl").exists()


def test_a_network_camera_beside_files_is_named_as_left_out(world: World, haven: RunHaven) -> None:
    gate = "cameras.2={id: gate, type: rtsp, source: 'rtsp://admin:s3cret@10.0.0.9/live'}"
    done = haven("run", "--config", world.config, "--set", gate)
    assert done.returncode == 0, done.stderr
    assert "cameras of type rtsp are left out" in done.stderr and "cameras=gate" in done.stderr
    assert states(world) == {"hall": "ended", "kitchen": "ended"}
    assert "s3cret" not in done.stderr + done.stdout


def test_a_url_without_its_type_is_refused_and_its_password_never_shown(world: World, haven: RunHaven) -> None:
    gate = "cameras.2={id: gate, source: 'rtsp://admin:s3cret@10.0.0.9/live'}"
    done = haven("run", "--config", world.config, "--set", gate)
    assert done.returncode == 2
    assert "cameras.2" in done.stderr and "set type: rtsp" in done.stderr
    assert "s3cret" not in done.stderr + done.stdout


def test_a_network_that_cannot_run_is_refused_at_the_start(world: World, haven: RunHaven, toy_repository: Path) -> None:
    repository = world.folder / "networks"
    shutil.copytree(toy_repository, repository)
    path = model_path(repository, ModelRole.PERSON_DETECTOR)
    model = onnx.load(path)
    model.graph.node[0].op_type = "NoSuchOperator"
    facts = {entry.key: entry.value for entry in model.metadata_props}
    helper.set_model_props(model, facts | {HASH_KEY: hash_model(model)})
    onnx.save(model, path)
    done = haven("run", "--config", world.config, "--set", f"inference.model_repository={repository}")
    assert done.returncode == 2
    assert str(path) in done.stderr and "cannot be run" in done.stderr


def test_an_enabled_network_camera_is_refused_by_name_and_its_password_never_shown(
    world: World, haven: RunHaven
) -> None:
    camera = "{id: gate, type: rtsp, source: 'rtsp://admin:s3cret@10.0.0.9/live', password: s3cret}"
    done = haven("serve", "--config", world.config, "--set", f"cameras=[{camera}]")
    assert done.returncode == 2
    assert "gate" in done.stderr and "rtsp" in done.stderr
    assert "s3cret" not in done.stderr + done.stdout


def test_settings_that_do_nothing_yet_are_named(world: World, haven: RunHaven) -> None:
    assert "without effect" not in haven("run", "--config", world.config).stderr
    done = haven("run", "--config", world.config, "--set", "adl.fall_detection.min_ground_duration=1")
    assert "without effect" in done.stderr and "keys=adl" in done.stderr


async def test_an_unknown_camera_is_not_found_unless_new_ones_are_welcome(world: World, serve: Serve) -> None:
    server = serve("--config", world.config, "--set", "api.grpc.accept_new_cameras=false")
    async with Client(server.address) as client:
        with pytest.raises(NotFoundError, match="'attic'"):
            await _stream(client, "attic", [])


async def test_a_corrupt_jpeg_ends_its_stream_and_the_server_serves_on(world: World, serve: Serve) -> None:
    server = serve("--config", world.config)
    async with Client(server.address) as client:
        with pytest.raises(InvalidRequestError, match=r"attic.*3"):
            await _stream(client, "attic", [Frame("attic", 3, START, b"no jpeg")])
        await _stream(client, "attic", [_grey(0, 320, 240)])
        assert {camera.camera_id: camera.frames for camera in (await client.list_cameras()).cameras}["attic"] == 1


async def test_frames_of_another_size_in_mid_stream_are_followed_on(world: World, serve: Serve) -> None:
    server = serve("--config", world.config)
    frames = [_grey(0, 320, 240), _grey(1, 640, 360), _grey(2, 64, 48)]
    async with Client(server.address) as client:
        sizes = await _stream(client, "attic", frames)
    assert sizes == [(320, 240), (640, 360), (64, 48)]


def _grey(index: int, width: int, height: int) -> Frame:
    pixels = np.full((height, width, 3), 90, np.uint8).tobytes()
    return Frame("attic", index, START + index * 40_000_000, RawImage(pixels, width, height))


async def _stream(client: Client, camera_id: str, frames: list[Frame]) -> list[tuple[int, int]]:
    """Send frames and return the sizes that the server answered with."""

    async def send() -> AsyncIterator[Frame]:
        for frame in frames:
            yield frame

    answers = client.stream_frames([CameraOpening(camera_id, START)], send(), lossless=True)
    return [(answer.width, answer.height) async for answer in answers if isinstance(answer, FrameTracks)]
