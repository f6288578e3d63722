"""`haven serve` and its clients: the same ids as `haven run`, and nothing acknowledged is ever lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, closing
from typing import TYPE_CHECKING

from haven_client import CameraOpening, Client, ClientError, Event, Frame, RawImage, Update
from haven_client.replay import replay

from haven_server.storage.store import SQLStore

if TYPE_CHECKING:
    from tests.e2e.conftest import RunHaven, Serve, Served, World

START = 1_767_225_600_000_000_000


def test_a_lossless_replay_gives_the_same_bytes_as_a_run(
    finished: World, world: World, serve: Serve, haven: RunHaven
) -> None:
    server = serve("--config", world.config)
    inputs = [f"{camera_id}={path}" for camera_id, path in world.videos.items()]
    done = haven(
        "replay", *inputs, "--server", server.address, "--lossless", "--mot-out", "mot", "--events-out", "ev.jsonl"
    )
    assert done.returncode == 0, done.stderr
    for camera_id in world.videos:
        ours, theirs = (folder / "mot" / f"{camera_id}.txt" for folder in (world.folder, finished.folder))
        assert ours.read_bytes() == theirs.read_bytes() != b""
    assert (world.folder / "ev.jsonl").read_text().count("IDENTITY_CREATED") == 3
    assert server.stop() == 0


def test_a_lossless_replay_gives_the_same_bytes_as_a_run_at_a_rate_that_does_not_divide_the_films(
    world: World, serve: Serve, haven: RunHaven
) -> None:
    limited = ("--config", world.config, "--set", "general.fps_limit=7")
    done = haven("run", *limited, "--set", "general.output_dir=run", "--mot-out", "run-mot")
    assert done.returncode == 0, done.stderr
    server = serve(*limited)
    inputs = [f"{camera_id}={path}" for camera_id, path in world.videos.items()]
    done = haven("replay", *inputs, "--server", server.address, "--lossless", "--mot-out", "replay-mot")
    assert done.returncode == 0, done.stderr
    for camera_id in world.videos:
        ours, theirs = (world.folder / folder / f"{camera_id}.txt" for folder in ("replay-mot", "run-mot"))
        assert ours.read_bytes() == theirs.read_bytes() != b""


def test_a_jpeg_replay_finds_the_same_people(world: World, serve: Serve, haven: RunHaven) -> None:
    server = serve("--config", world.config)
    inputs = [f"{camera_id}={path}" for camera_id, path in world.videos.items()]
    done = haven("replay", *inputs, "--server", server.address)
    assert done.returncode == 0, done.stderr
    assert world.rows("SELECT COUNT(*) FROM identities") == [(3,)]


def test_a_server_stopped_in_mid_stream_keeps_what_it_was_told(world: World, serve: Serve) -> None:
    server = serve("--config", world.config)
    replayed, failure = asyncio.run(_replay_until_events(server, world, 3, server.stop))
    assert server.process.returncode == 0
    assert len(replayed) >= 3
    assert "shutting down" in failure
    with closing(SQLStore.open(world.database)) as store:
        assert [event.sequence for event in store.events_after(0, 100)] == list(range(1, store.last_sequence() + 1))


def test_a_killed_server_has_every_event_it_published_and_the_next_run_goes_on(
    world: World, serve: Serve, haven: RunHaven
) -> None:
    server = serve("--config", world.config)
    seen, failure = asyncio.run(_replay_until_events(server, world, 4, server.process.kill))
    assert failure
    server.process.wait(timeout=30)
    assert len(seen) >= 4
    assert world.rows("PRAGMA integrity_check") == [("ok",)]
    with closing(SQLStore.open(world.database, world.database.with_suffix(".lmdb"))) as store:
        kept = {event.sequence: event for event in store.events_after(0, 1000)}
    for event in seen:
        assert (kept[event.sequence].kind.value, kept[event.sequence].global_id) == (event.kind, event.global_id)
    people = {event.global_id for event in seen if event.kind == "IDENTITY_CREATED"}
    assert people <= {row[0] for row in world.rows("SELECT global_id FROM identities")}
    done = haven("run", "--config", world.config)
    assert done.returncode == 0, done.stderr
    assert world.rows("SELECT COUNT(*) FROM identities WHERE status='active'") == [(3,)]


def test_a_second_writer_is_turned_away_and_told_who_writes(world: World, serve: Serve, haven: RunHaven) -> None:
    server = serve("--config", world.config)
    done = haven("run", "--config", world.config)
    assert done.returncode == 2
    assert str(server.process.pid) in done.stderr
    assert str(world.database) in done.stderr


def test_a_taken_port_is_named(world: World, serve: Serve, haven: RunHaven) -> None:
    server = serve("--config", world.config)
    port = server.address.rpartition(":")[2]
    done = haven(
        "serve", "--config", world.config, "--set", f"api.grpc.port={port}", "--set", "general.output_dir=other"
    )
    assert done.returncode == 2
    assert server.address in done.stderr


async def test_a_stream_that_sends_nothing_holds_up_no_other_camera(world: World, serve: Serve) -> None:
    server = serve("--config", world.config)
    silence = asyncio.Event()

    async def nothing() -> AsyncIterator[Frame]:
        frames: list[Frame] = []
        await silence.wait()
        for frame in frames:
            yield frame

    async with Client(server.address) as client:
        idle = asyncio.create_task(_read_all(client.stream_frames([CameraOpening("attic")], nothing(), lossless=True)))
        await client.last_event_sequence()
        summary = await asyncio.wait_for(replay(server.address, world.videos, lossless=True), 60)
        assert summary.people == {1, 2, 3}
        silence.set()
        await idle


def test_a_client_that_stops_reading_does_not_keep_the_server_from_stopping(world: World, serve: Serve) -> None:
    server = serve("--config", world.config)

    async def stall() -> int:
        async with Client(server.address) as client:
            answers = client.stream_frames([CameraOpening("attic")], _endless(), lossless=True)
            await anext(answers)  # and never again
            await asyncio.sleep(1)
            return await asyncio.to_thread(server.stop)

    assert asyncio.run(stall()) == 0


async def _endless() -> AsyncIterator[Frame]:
    pixels = bytes(320 * 240 * 3)
    for index in range(100_000):
        yield Frame("attic", index, START + index * 10_000_000, RawImage(pixels, 320, 240))


async def _read_all(answers: AsyncIterator[Update]) -> list[Update]:
    return [answer async for answer in answers]


async def _replay_until_events(
    server: Served, world: World, count: int, stop: Callable[[], object]
) -> tuple[list[Event], str]:
    """Replay the world as fast as it was filmed and stop the server once some events were received.

    Returns:
        The events, and how the replay failed.
    """
    seen: list[Event] = []
    async with Client(server.address) as client:
        replaying = asyncio.create_task(replay(server.address, world.videos, rate="real-time", lossless=True))
        async with aclosing(client.watch_events(0)) as events:
            async for event in events:
                seen.append(event)
                if len(seen) == count:
                    break
        await asyncio.to_thread(stop)
        try:
            return seen, "; ".join((await replaying).problems.values())
        except ClientError as error:
            return seen, str(error)
