"""Corrections of a running server: the next frame shows them, a restart keeps them, and the terminal explains them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING

from haven_client import CameraOpening, Client, Frame, FrameTracks, RawImage, SyncClient, TrackEnded, TrackName, Update

from tests.e2e.conftest import HEIGHT, WIDTH, across, picture

if TYPE_CHECKING:
    from tests.e2e.conftest import RunHaven, Serve, World

START = 1_767_225_600_000_000_000
FRAME_NS = 100_000_000
PEOPLE = {"red": across(0, 40), "blue": across(45, 145)}
RED_IS_KNOWN, BLUE_IS_KNOWN = 30, 75
"""Frames by which each has been looked at twice."""
PATIENCE_S = 60


class Stream:
    """A camera whose frames are sent one by one, each once the one before was answered."""

    def __init__(self, client: Client) -> None:
        self._frames: asyncio.Queue[Frame | None] = asyncio.Queue()
        self._index = 0
        self._client = client
        self._updates = client.stream_frames([CameraOpening("hall", START)], self._send(), lossless=True)

    async def next(self) -> FrameTracks:
        """Send a frame and return what is in it."""
        pixels = RawImage(picture(PEOPLE, self._index).tobytes(), WIDTH, HEIGHT)
        await self._frames.put(Frame("hall", self._index, START + self._index * FRAME_NS, pixels))
        self._index += 1
        async for update in self._updates:
            if isinstance(update, FrameTracks):
                return update
        raise AssertionError("the server ended the stream")

    async def until_known(self, global_id: int, frame: int) -> FrameTracks:
        """Send frames up to one by which somebody can be recognised, wait until that is told, and return the next."""
        while self._index < frame:
            await self.next()
        async with asyncio.timeout(PATIENCE_S), aclosing(self._client.watch_events(0)) as events:
            async for event in events:
                if event.kind == "IDENTITY_CREATED" and event.global_id == global_id:
                    break
        update = await self.next()
        assert [track.global_id for track in update.tracks] == [global_id]
        return update

    async def end(self) -> list[Update]:
        """Send no more, and return what is still told."""
        await self._frames.put(None)
        return [update async for update in self._updates]

    async def _send(self) -> AsyncGenerator[Frame, None]:
        while (frame := await self._frames.get()) is not None:
            yield frame


@asynccontextmanager
async def streaming(address: str) -> AsyncIterator[tuple[Client, Stream]]:
    async with Client(address) as client:
        yield client, Stream(client)


async def test_the_next_frame_shows_a_merge_and_its_undoing(world: World, serve: Serve, haven: RunHaven) -> None:
    server = serve("--config", world.config)
    async with streaming(server.address) as (client, stream):
        await stream.until_known(1, RED_IS_KNOWN)
        await stream.until_known(2, BLUE_IS_KNOWN)
        done = await asyncio.to_thread(haven, "identities", "merge", "1", "2", "--server", server.address)
        assert done.stdout == "correction 1: identity 2 is identity 1 from now on\n", done.stderr
        assert [track.global_id for track in (await stream.next()).tracks] == [1]
        await client.undo_correction(2, "ann")
        assert [track.global_id for track in (await stream.next()).tracks] == [2]
        await client.merge_identities(1, 2, "ann")
        assert [update.global_id for update in await stream.end() if isinstance(update, TrackEnded)] == [1]
        assert [identity.global_id async for identity in client.list_identities()] == [1]
    assert server.stop() == 0
    with SyncClient(serve("--config", world.config).address) as again:
        assert (again.get_identity(2).status, again.get_identity(2).merged_into) == ("merged", 1)
        assert again.undo_correction(1).other == 2
        assert again.get_identity(2).status == "active"
    assert world.rows("SELECT DISTINCT global_id FROM observations ORDER BY 1") == [(1,), (2,)]


async def test_a_rejected_track_is_somebody_else_in_the_next_frame(world: World, serve: Serve, haven: RunHaven) -> None:
    server = serve("--config", world.config)
    async with streaming(server.address) as (client, stream):
        await stream.until_known(1, RED_IS_KNOWN)
        (seen,) = (await stream.until_known(2, BLUE_IS_KNOWN)).tracks
        await client.merge_identities(1, 2)
        track = f"hall:{seen.track_id}"
        done = await asyncio.to_thread(haven, "identities", "reject", track, "--server", server.address)
        assert done.stdout == "correction 2: identity 3 is kept apart from identity 1\n", done.stderr
        assert [track.global_id for track in (await stream.next()).tracks] == [3]
        refused = await asyncio.to_thread(haven, "identities", "merge", "1", "3", "--server", server.address)
        assert refused.returncode == 2
        assert "said that they are two people: undo that first" in refused.stderr
        await stream.end()


async def test_the_terminal_explains_a_decision(world: World, serve: Serve, haven: RunHaven) -> None:
    server = serve("--config", world.config)
    async with streaming(server.address) as (client, stream):
        (seen,) = (await stream.until_known(1, RED_IS_KNOWN)).tracks
        done = await asyncio.to_thread(haven, "explain", f"hall:{seen.track_id}", "--server", server.address)
        assert done.returncode == 0, done.stderr
        for fact in ("verdict", "new", "Nobody known is like this person.", "appearance_alone", "same verdict"):
            assert fact in done.stdout
        explained = await client.explain_decision(TrackName("hall", seen.track_id))
        assert (explained.reproduced, explained.decision.global_id) == (True, 1)
        assert explained == await client.explain_decision(change_id=explained.change_id)
        unknown = await asyncio.to_thread(haven, "explain", "hall:99", "--server", server.address)
        assert unknown.returncode == 2
        assert "track 99 of camera 'hall': nothing was decided on it" in unknown.stderr
        await stream.end()
