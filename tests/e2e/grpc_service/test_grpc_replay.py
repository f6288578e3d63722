"""Video files streamed to a real server."""

from __future__ import annotations

import asyncio
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from haven_client import (
    CameraBusyError,
    InvalidRequestError,
    NotFoundError,
    OutputError,
    UnavailableError,
    Update,
    VideoError,
)
from haven_client.replay import CameraReplay, replay

from haven_server.sources.video import VideoSource
from haven_server.types import CameraOpening, CameraState, CameraStatus, Frame

if TYPE_CHECKING:
    from tests.e2e.grpc_service.conftest import Service

SECOND = 1_000_000_000


def write_video(path: Path, count: int = 30, rate: float = 25.0, seed: int = 0) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), rate, (64, 48))
    rng = np.random.default_rng(seed)
    for _ in range(count):
        writer.write(rng.integers(0, 256, (48, 64, 3), np.uint8))
    writer.release()
    return path


async def frames_of(path: Path, starts_at: int, fps_limit: float) -> list[Frame]:
    source = VideoSource("cam1", path, starts_at, 0.0, fps_limit)
    return [item async for item in source.frames() if isinstance(item, Frame)]


async def test_a_lossless_replay_gives_the_server_what_it_would_have_read_itself(
    service: Service, tmp_path: Path
) -> None:
    service.site.fps_limit = 10.0
    service.site.cameras["cam2"] = CameraStatus("cam2", "", "pushed", CameraState.WAITING, True, 0, 0, 0.3)
    videos = {"cam1": write_video(tmp_path / "a.avi", 40), "cam2": write_video(tmp_path / "b.avi", 20, 15.0, 1)}
    summary = await replay(service.address, videos, lossless=True)

    for camera_id, offset in (("cam1", 0), ("cam2", 3 * SECOND // 10)):
        sent = service.site.images[camera_id]
        own = await frames_of(videos[camera_id], service.site.run_start + offset, 10.0)
        assert [(f.index, f.captured_at) for f in sent] == [(f.index, f.captured_at) for f in own]
        assert all(np.array_equal(a.image, b.image) for a, b in zip(sent, own, strict=True))
    assert summary.people == {7}
    assert summary.problems == {}
    assert summary.cameras["cam1"].answered == summary.cameras["cam1"].sent == len(service.site.images["cam1"])


async def test_frames_go_out_as_jpeg_unless_lossless(service: Service, tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.avi", 3)
    await replay(service.address, {"cam1": path})
    (own, *_), (sent, *_) = await frames_of(path, service.site.run_start, 30.0), service.site.images["cam1"]
    assert not np.array_equal(own.image, sent.image)
    assert np.abs(own.image.astype(int) - sent.image).mean() < 40


async def test_a_start_offset_given_by_hand_wins(service: Service, tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.avi", 3)
    await replay(service.address, {"cam1": path}, start_offsets={"cam1": 5.0}, run_start=100 * SECOND)
    assert service.site.images["cam1"][0].captured_at == 105 * SECOND


async def test_mot_files_hold_every_row_under_its_final_id(service: Service, tmp_path: Path) -> None:
    videos = {"cam1": write_video(tmp_path / "a.avi", 4), "cam2": write_video(tmp_path / "b.avi", 2)}
    await replay(service.address, videos, lossless=True, mot_out=tmp_path / "mot")
    rows = (tmp_path / "mot" / "cam1.txt").read_text().splitlines()
    assert rows[0] == "1,7,10.00,20.00,30.25,70.00,0.8765,-1,-1,-1"
    assert [row.split(",")[:2] for row in rows] == [["1", "7"], ["2", "7"], ["3", "7"], ["4", "7"]]
    assert (tmp_path / "mot" / "cam2.txt").read_bytes() == b""


async def test_events_are_written_in_the_videos_own_time(service: Service, tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.avi", 26)
    events_out = tmp_path / "out" / "events.jsonl"
    await replay(service.address, {"cam1": path}, start_offsets={"cam1": 2.0}, events_out=events_out)
    (line,) = [json.loads(text) for text in events_out.read_text().splitlines()]
    assert line == {
        "sequence": 1, "kind": "TRACK_ENDED", "camera_id": "cam1", "track_id": 1, "global_id": 7, "at_s": 1.0
    }  # fmt: skip


async def test_progress_and_answers_are_told_as_they_come(service: Service, tmp_path: Path) -> None:
    positions: list[tuple[int, bool]] = []
    updates: list[Update] = []

    def note(camera_id: str, camera: CameraReplay) -> None:
        positions.append((camera.position, camera.ended))

    path = write_video(tmp_path / "a.avi", 5)
    await replay(service.address, {"cam1": path}, on_progress=note, on_update=updates.append)
    assert positions == [(1, False), (2, False), (3, False), (4, False), (5, False), (5, False), (5, True)]
    assert len(updates) == 7


async def test_a_file_that_is_cut_off_is_a_problem_and_the_others_go_on(service: Service, tmp_path: Path) -> None:
    cut = write_video(tmp_path / "cut.avi", 40)
    cut.write_bytes(cut.read_bytes()[: cut.stat().st_size // 2])
    summary = await replay(service.address, {"cam1": cut, "cam2": write_video(tmp_path / "b.avi", 40)})
    assert "cut.avi: ends after" in summary.problems["cam1"]
    assert summary.cameras["cam1"].answered > 5
    assert summary.cameras["cam2"].answered == 40


async def test_a_missing_file_is_named_before_anything_is_sent(service: Service, tmp_path: Path) -> None:
    with pytest.raises(VideoError, match=r"none\.mp4: no such file"):
        await replay(service.address, {"cam1": tmp_path / "none.mp4"})
    assert service.site.images == {}


async def test_a_camera_that_is_busy_or_unknown_is_refused(service: Service, tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.avi", 40)
    session = await service.site.open([CameraOpening("cam1", None)], lossless=True)
    with pytest.raises(CameraBusyError, match="cam1"):
        await replay(service.address, {"cam1": path}, lossless=True)
    await session.finish()
    service.site.accepts_new = False
    with pytest.raises(NotFoundError, match="cam5"):
        await replay(service.address, {"cam5": path}, lossless=True)


async def test_a_camera_that_fails_is_a_problem_and_the_others_go_on(service: Service, tmp_path: Path) -> None:
    service.site.fails_at = 10
    videos = {"cam1": write_video(tmp_path / "a.avi", 40), "cam2": write_video(tmp_path / "b.avi", 5)}
    summary = await replay(service.address, videos, lossless=True, mot_out=tmp_path / "mot")
    assert "the network broke" in summary.problems["cam1"]
    assert summary.problems.keys() == {"cam1"}
    assert summary.cameras["cam2"].answered == 5


async def test_a_server_that_stops_ends_the_replay_with_an_error(service: Service, tmp_path: Path) -> None:
    service.site.open_gate.clear()
    replaying = asyncio.create_task(replay(service.address, {"cam1": write_video(tmp_path / "a.avi", 40)}))
    async with asyncio.timeout(30):
        while "cam1" not in service.site.images:
            await asyncio.sleep(0)
    service.site.overlay.close()
    with pytest.raises(UnavailableError, match="shutting down"):
        await replaying


@pytest.mark.parametrize(("mot", "events"), [("file/mot", None), (None, "file/events.jsonl")])
async def test_an_output_that_cannot_be_written_is_named_before_anything_is_sent(
    service: Service, tmp_path: Path, mot: str | None, events: str | None
) -> None:
    (tmp_path / "file").touch()
    mot_out, events_out = (tmp_path / place if place else None for place in (mot, events))
    with pytest.raises(OutputError, match=f"{tmp_path}/file"):
        await replay(service.address, {"cam1": write_video(tmp_path / "a.avi")}, mot_out=mot_out, events_out=events_out)
    assert service.site.images == {}


@pytest.mark.parametrize("start", [{"cam1": math.nan}, {"cam1": math.inf}, {"cam1": -0.5}, {"cam2": 1.0}])
async def test_a_start_that_is_no_time_of_a_replayed_camera_is_refused(
    service: Service, tmp_path: Path, start: dict[str, float]
) -> None:
    with pytest.raises(InvalidRequestError, match=f"start of camera '{next(iter(start))}'"):
        await replay(service.address, {"cam1": write_video(tmp_path / "a.avi")}, start_offsets=start)
