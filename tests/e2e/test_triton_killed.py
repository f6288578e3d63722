"""A real Triton that is killed under three cameras: they go on, and everybody is who they were once it is back."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from tritonclient.grpc import aio
from tritonclient.utils import InferenceServerException

from haven_server.app import Application, build
from haven_server.errors import ServerFailedError
from haven_server.models.triton import config_path, config_text
from haven_server.offline import OfflineOutputs, RunProgress, run_offline
from haven_server.operations.triton import installation, process
from haven_server.operations.triton.process import TritonServer
from haven_server.pipeline.push import PushSession
from haven_server.settings_file import load_settings
from haven_server.types import CameraOpening, CameraState, Event, EventKind, Frame, ModelRole, NetworkState
from tests.conftest import free_port
from tests.e2e.conftest import across, make_video, picture

if TYPE_CHECKING:
    from tests.e2e.conftest import World

ROLES = (ModelRole.PERSON_DETECTOR, ModelRole.APPEARANCE_EMBEDDER)
CAMERAS = ("attic", "hall", "kitchen")
PEOPLE = ("red", "green", "blue")
IDENTITIES = (EventKind.IDENTITY_CREATED, EventKind.IDENTITY_MATCHED)
CACHE = installation.cache_folder(os.environ)


class Triton:
    """A Triton with the colours' networks, which is killed and started again at its port."""

    def __init__(self, repository: Path) -> None:
        self.repository = repository
        self.port = free_port()
        self.server = self._start()

    def kill(self) -> None:
        """Kill the server, and its stubs with it."""
        os.killpg(self.server.pid, signal.SIGKILL)
        process.stop(self.server, CACHE)

    def start(self) -> None:
        """Start it again and wait until it is ready."""
        self.server = self._start()

    async def answers(self) -> None:
        """Wait until the server says that it is ready."""
        async with aio.InferenceServerClient(self.server.address) as client, asyncio.timeout(60):
            while True:
                with contextlib.suppress(InferenceServerException):
                    if await client.is_server_ready(client_timeout=1.0):
                        return
                await asyncio.sleep(0.02)

    def kill_stub(self, role: ModelRole) -> None:
        """Kill one of the processes that run a network."""
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit() and folder.name != str(self.server.pid):
                words = (folder / "cmdline").read_bytes().split(b"\0") if (folder / "cmdline").exists() else []
                if str(self.server.pid).encode() in words and f"/{role.value}/".encode() in words[1]:
                    os.kill(int(folder.name), signal.SIGKILL)
                    return
        raise AssertionError(f"no stub of {role.value}")

    def _start(self) -> TritonServer:
        return process.start(self.repository, self.port, CACHE, os.environ)


@pytest.fixture
def triton_of_colours(tmp_path: Path, toy_repository: Path) -> Iterator[Triton]:
    try:
        installation.install(CACHE)
    except ServerFailedError as error:
        pytest.skip(f"no Triton: {error}")
    repository = tmp_path / "networks"
    shutil.copytree(toy_repository, repository)
    for role in ROLES:
        config_path(repository, role).write_text(config_text(role))
    triton = Triton(repository)
    yield triton
    process.stop(triton.server, CACHE)
    Path(triton.server.log).unlink()


class Rooms:
    """Three live cameras, ten frames a second; in each somebody stands."""

    def __init__(self, app: Application, session: PushSession) -> None:
        self.app = app
        self.who = dict(zip(CAMERAS, PEOPLE, strict=True))
        self._session = session
        self._filming = asyncio.create_task(self._film())

    async def _film(self) -> None:
        for number in range(10_000):
            now = self.app.clock.now()
            for camera_id, colour in self.who.items():
                image = picture({colour: lambda frame: (140, 60)}, number)
                await self._session.push(Frame(camera_id, number, now, image))
            await asyncio.sleep(0.1)

    async def identified(self, since: int, count: int) -> dict[str, int]:
        """Wait until so many tracks were identified after an event; colour -> identity of the newest in each room."""
        async with asyncio.timeout(60):
            while len(found := [event for event in self.events(since) if event.kind in IDENTITIES]) < count:
                await asyncio.sleep(0.02)
        return {self.who[event.camera_id]: event.global_id for event in found if event.camera_id and event.global_id}

    async def tracks_end(self, since: int, count: int) -> None:
        """Wait until so many tracks have ended after an event."""
        async with asyncio.timeout(60):
            while sum(event.kind is EventKind.TRACK_ENDED for event in self.events(since)) < count:
                await asyncio.sleep(0.02)

    async def until(self, role: ModelRole, state: NetworkState) -> None:
        """Wait until a network is in a state."""
        async with asyncio.timeout(60):
            while {status.role: status.state for status in self.app.networks.list()}[role] is not state:
                await asyncio.sleep(0.01)

    def events(self, since: int) -> list[Event]:
        """Read the events after one."""
        return list(self.app.store.events_after(since, 10_000))

    async def close(self) -> None:
        """Stop filming, and wait until all that was filmed is through."""
        self._filming.cancel()
        await self._session.finish()
        await self.app.writer.flush()


@pytest.fixture
async def rooms(request: pytest.FixtureRequest, world: World, triton_of_colours: Triton) -> AsyncIterator[Rooms]:
    own = getattr(request, "param", ())
    app = build(load_settings(world.config, (*settings_of(triton_of_colours), *own), {}))
    await app.start()
    site = asyncio.create_task(app.site.run(app.merge))
    rooms = Rooms(app, await app.supervisor.open([CameraOpening(one, None) for one in CAMERAS], lossless=False))
    yield rooms
    await rooms.close()
    app.merge.close()
    await site
    await app.close()


def settings_of(triton: Triton) -> tuple[str, ...]:
    return (
        "inference.engine=triton",
        f"inference.model_repository={triton.repository}",
        f"inference.triton.url={triton.server.address}",
        "reid.quality.min_quality=0",
    )


async def test_live_cameras_go_on_and_everybody_is_who_they_were(rooms: Rooms, triton_of_colours: Triton) -> None:
    before = await rooms.identified(0, 3)
    assert sorted(before.values()) == [1, 2, 3]

    await asyncio.to_thread(triton_of_colours.kill)
    await rooms.until(ModelRole.PERSON_DETECTOR, NetworkState.AWAY)
    # While nobody sees it, everybody goes into the next room.
    rooms.who = dict(zip(CAMERAS, (*PEOPLE[1:], PEOPLE[0]), strict=True))
    frames = sum(camera.frames for camera in rooms.app.supervisor.list())
    killed = rooms.app.store.last_sequence()
    starting = asyncio.create_task(asyncio.to_thread(triton_of_colours.start))
    await triton_of_colours.answers()
    back = time.monotonic()
    after = await rooms.identified(killed, 3)
    print(f"everybody was known again {time.monotonic() - back:.2f} s after the server was ready")
    await starting
    await rooms.close()

    assert after == before
    assert rooms.app.store.statistics().identities == 3
    cameras = [camera for camera in rooms.app.supervisor.list() if camera.camera_id in CAMERAS]
    assert [camera.state for camera in cameras] == [CameraState.ENDED] * 3
    assert sum(camera.frames for camera in cameras) > frames
    told = [event.detail["state"] for event in rooms.events(0) if event.detail.get("network") == "person_detector"]
    assert told == ["away", "ready"]


async def test_a_network_whose_process_died_comes_back_by_itself(rooms: Rooms, triton_of_colours: Triton) -> None:
    before = await rooms.identified(0, 3)
    triton_of_colours.kill_stub(ModelRole.PERSON_DETECTOR)
    await rooms.until(ModelRole.PERSON_DETECTOR, NetworkState.AWAY)
    rooms.who = dict(zip(CAMERAS, (*PEOPLE[1:], PEOPLE[0]), strict=True))
    killed = rooms.app.store.last_sequence()
    await rooms.until(ModelRole.PERSON_DETECTOR, NetworkState.READY)
    assert await rooms.identified(killed, 3) == before


@pytest.mark.parametrize("rooms", [("inference.triton.timeout_s=1",)], indirect=True)
async def test_a_server_that_hangs_is_away_until_it_goes_on(rooms: Rooms, triton_of_colours: Triton) -> None:
    before = await rooms.identified(0, 3)
    hung = rooms.app.store.last_sequence()
    os.killpg(triton_of_colours.server.pid, signal.SIGSTOP)
    try:
        await rooms.until(ModelRole.PERSON_DETECTOR, NetworkState.AWAY)
        rooms.who = dict(zip(CAMERAS, (*PEOPLE[1:], PEOPLE[0]), strict=True))
        await rooms.tracks_end(hung, 3)
    finally:
        os.killpg(triton_of_colours.server.pid, signal.SIGCONT)
    await rooms.until(ModelRole.PERSON_DETECTOR, NetworkState.READY)
    assert await rooms.identified(hung, 3) == before


async def test_files_wait_for_it_and_nothing_is_lost(world: World, triton_of_colours: Triton) -> None:
    document = yaml.safe_load(world.config.read_text())
    attic = make_video(world.folder / "attic.mp4", {"blue": across(10, 70), "green": across(20, 50, 100)}, 90)
    document["cameras"].append({"id": "attic", "source": str(attic), "start_offset_s": 20})
    world.config.write_text(yaml.safe_dump(document))

    async def run(name: str, on_progress: Callable[[RunProgress], None]) -> list[str]:
        out = world.folder / name
        outputs = OfflineOutputs(out / "mot", out / "events.jsonl", None, out / "report.json")
        changes = (*settings_of(triton_of_colours), f"general.output_dir={out}")
        await run_offline(load_settings(world.config, changes, {}), outputs, on_progress)
        return [(out / "mot" / f"{camera_id}.txt").read_text() for camera_id in CAMERAS]

    restart: list[asyncio.Task[None]] = []

    def kill_in_the_middle(progress: RunProgress) -> None:
        if not restart and sum(progress.positions.values()) > 60:
            triton_of_colours.kill()
            restart.append(asyncio.create_task(asyncio.to_thread(triton_of_colours.start)))

    undisturbed = await run("undisturbed", lambda _: None)
    assert await run("killed", kill_in_the_middle) == undisturbed
    await restart[0]
    assert (world.folder / "killed" / "events.jsonl").read_text().count("NETWORK_STATE") >= 2
