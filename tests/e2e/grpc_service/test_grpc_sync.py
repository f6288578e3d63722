"""The client for code without an event loop, interrupted."""

from __future__ import annotations

import asyncio
import signal
import sys
from typing import TYPE_CHECKING

from haven_server.types import EventDraft, EventKind

if TYPE_CHECKING:
    from tests.e2e.grpc_service.conftest import Service

FOLLOW = """
import sys
from haven_client import SyncClient

with SyncClient(sys.argv[1]) as client:
    events = client.watch_events(after=0)
    try:
        for event in events:
            print(event.sequence, flush=True)
    except KeyboardInterrupt:
        print(len(client.list_cameras().cameras), "cameras")
"""
LEAVE_HALF_WAY = """
import sys
from haven_client import SyncClient

with SyncClient(sys.argv[1]) as client:
    events = client.watch_events(after=0)
    print(next(events).sequence, flush=True)
"""


async def start(program: str, address: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-W", "error", "-c", program, address,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip


async def test_ctrl_c_ends_a_loop_over_events_and_the_client_works_on(service: Service) -> None:
    service.site.publish(EventDraft(EventKind.IDENTITY_CREATED, 0, "cam1", 3, 12))
    running = await start(FOLLOW, service.address)
    assert running.stdout is not None
    assert await running.stdout.readline() == b"1\n"
    running.send_signal(signal.SIGINT)
    assert await running.communicate() == (b"0 cameras\n", b"")
    assert running.returncode == 0


async def test_a_loop_that_is_left_half_way_ends_with_its_client(service: Service) -> None:
    service.site.publish(EventDraft(EventKind.IDENTITY_CREATED, 0, "cam1", 3, 12))
    running = await start(LEAVE_HALF_WAY, service.address)
    assert await running.communicate() == (b"1\n", b"")
    assert running.returncode == 0
