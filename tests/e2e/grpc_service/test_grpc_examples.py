"""The examples run as they stand."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from haven_server.types import EventDraft, EventKind

if TYPE_CHECKING:
    from tests.e2e.grpc_service.conftest import Service

EXAMPLES = Path(__file__).parents[3] / "clients" / "examples"


async def start(name: str, *arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, EXAMPLES / name, *arguments, stdout=asyncio.subprocess.PIPE
    )


async def test_stream_file_prints_who_is_in_it(service: Service, tmp_path: Path) -> None:
    path = tmp_path / "a.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25.0, (64, 48))
    for _ in range(4):
        writer.write(np.zeros((48, 64, 3), np.uint8))
    writer.release()
    running = await start("stream_file.py", str(path), "cam3", service.address)
    printed, _ = await running.communicate()
    lines = printed.decode().splitlines()
    assert lines[0] == "cam3 frame 0: track 1: not yet known"
    assert lines[3:5] == ["cam3 frame 3: track 1: 7", "cam3 track 1 ended; it was 7"]
    assert lines[5].startswith("1 people in")


async def test_watch_events_prints_each_event(service: Service) -> None:
    service.site.publish(EventDraft(EventKind.IDENTITY_CREATED, 0, "cam1", 3, 12))
    running = await start("watch_events.py", service.address)
    assert running.stdout is not None
    assert await running.stdout.readline() == b"1\tIDENTITY_CREATED\tcam1\tperson 12\n"
    running.terminate()
    await running.communicate()


async def test_watch_events_ends_without_a_word_when_nobody_reads_any_more(service: Service) -> None:
    service.site.publish(EventDraft(EventKind.IDENTITY_CREATED, 0, "cam1", 3, 12))
    nobody, pipe = os.pipe()
    os.close(nobody)
    program = (sys.executable, EXAMPLES / "watch_events.py", service.address)
    running = await asyncio.create_subprocess_exec(*program, stdout=pipe, stderr=asyncio.subprocess.PIPE)
    os.close(pipe)
    _, said = await running.communicate()
    assert (running.returncode, said) == (0, b"")
