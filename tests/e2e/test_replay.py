"""`haven replay` where it is asked for what cannot be, or its server goes."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from haven_client import Client

if TYPE_CHECKING:
    from tests.e2e.conftest import RunHaven, Serve, World


@pytest.mark.parametrize("start", ["a=nan", "a=inf", "a=-1", "a=soon", "b=1"])
def test_a_start_that_is_no_time_of_a_replayed_camera_is_wrong_usage(haven: RunHaven, start: str) -> None:
    done = haven("replay", "a=1.mp4", "--start", start)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_replays_output_that_cannot_be_written_is_named(world: World, serve: Serve, haven: RunHaven) -> None:
    server = serve("--config", world.config)
    (world.folder / "file").touch()
    for option, place in (("--mot-out", "file/mot"), ("--events-out", "file/events.jsonl")):
        done = haven("replay", f"hall={world.videos['hall']}", "--server", server.address, option, place)
        assert done.returncode == 1
        assert "haven: file" in done.stderr and "cannot be written" in done.stderr and "Traceback" not in done.stderr


def test_a_replay_of_a_camera_that_the_server_does_not_accept_is_wrong_usage(
    world: World, serve: Serve, haven: RunHaven
) -> None:
    server = serve("--config", world.config, "--set", "api.grpc.accept_new_cameras=false")
    done = haven("replay", f"attic={world.videos['hall']}", "--server", server.address)
    assert done.returncode == 2
    assert "'attic'" in done.stderr


async def test_a_server_that_stops_fails_the_replay_with_a_reason(world: World, serve: Serve) -> None:
    server = serve("--config", world.config)
    arguments = ("replay", f"hall={world.videos['hall']}", "--server", server.address, "--rate", "real-time")
    replaying = subprocess.Popen(
        [sys.executable, "-m", "haven_server", *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    async with Client(server.address) as client:
        await anext(client.watch_tracks())
    await asyncio.to_thread(server.stop)
    said, _ = await asyncio.to_thread(replaying.communicate)
    assert replaying.returncode == 1, said
    assert "the server is " in said and "Traceback" not in said
