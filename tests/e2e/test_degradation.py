"""Networks that fail while cameras run: nobody is invented, nobody is mistaken, and all comes back by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from haven_server.app import Application, build
from haven_server.engine.embedded import EmbeddedEngine
from haven_server.errors import EngineError, EngineOverloadedError
from haven_server.offline import OfflineOutputs, run_offline
from haven_server.pipeline.push import PushSession
from haven_server.settings_file import load_settings
from haven_server.types import (
    NANOSECONDS,
    CameraOpening,
    CameraState,
    CameraStatus,
    EventKind,
    Frame,
    ModelRole,
    NetworkState,
    Tensors,
)
from tests.e2e.conftest import picture

if TYPE_CHECKING:
    from tests.e2e.conftest import Walk, World

RATE = 10
DETECTOR, EMBEDDER = ModelRole.PERSON_DETECTOR, ModelRole.APPEARANCE_EMBEDDER
Told = list[tuple[str, int | str]]


class HarmedEngine(EmbeddedEngine):
    """The world's networks, which fail as long as a test wants.

    Attributes:
        faults: by role, what its calls and trials raise.
    """

    def __init__(self, repository: Path) -> None:
        super().__init__(repository, "cpu", 1)
        self.faults: dict[ModelRole, EngineError] = {}

    def harm(self, *roles: ModelRole) -> None:
        """Let some networks fail from now on."""
        self.faults |= {role: EngineError("out of memory") for role in roles}

    async def open(self, roles: Iterable[ModelRole]) -> None:
        for role in roles:
            if role in self.faults:
                raise self.faults[role]
            await super().open([role])

    async def infer(self, role: ModelRole, tensors: Tensors) -> Tensors:
        if role in self.faults:
            raise self.faults[role]
        return await super().infer(role, tensors)


class EngineThatFailsOnce(HarmedEngine):
    """Networks that all fail together after so many calls, for a moment."""

    def __init__(self, repository: Path) -> None:
        super().__init__(repository)
        self.calls = 0
        self.failed = 0

    async def infer(self, role: ModelRole, tensors: Tensors) -> Tensors:
        self.calls += 1
        if self.calls == 60:
            self.harm(*ModelRole)
            asyncio.get_running_loop().call_later(0.5, self.faults.clear)
        self.failed += role in self.faults
        return await super().infer(role, tensors)


class Live:
    """A live camera that is fed frame by frame, as fast as it takes them."""

    def __init__(self, app: Application, engine: HarmedEngine, session: PushSession) -> None:
        self.app = app
        self.engine = engine
        self._session = session
        self._frames = 0
        self._read = 0

    @property
    def camera(self) -> CameraStatus:
        """How it fares."""
        return next(camera for camera in self.app.supervisor.list() if camera.camera_id == "hall")

    async def show(self, seconds: float, **people: Walk) -> None:
        """Show it some people."""
        for _ in range(round(seconds * RATE)):
            image = picture(people, self._frames)
            await self._session.push(Frame("hall", self._frames, self._frames * NANOSECONDS // RATE, image))
            self._frames += 1
            async with asyncio.timeout(20):
                while (camera := self.camera).frames + camera.dropped < self._frames:
                    await asyncio.sleep(0.001)

    async def until(self, kind: EventKind, count: int) -> None:
        """Wait for so many events of a kind."""
        async with asyncio.timeout(20):
            while sum(event.kind is kind for event in self.app.store.events_after(0, 1000)) < count:
                await asyncio.sleep(0.01)

    async def heal(self) -> None:
        """Let all networks work, and wait until that is known."""
        self.engine.faults.clear()
        async with asyncio.timeout(20):
            while any(network.state is NetworkState.AWAY for network in self.app.networks.list()):
                await asyncio.sleep(0.01)

    async def told(self) -> Told:
        """Close the stream so that all is told, and give the events: kind, and whom or what they tell of."""
        await self._session.finish()
        await self.app.writer.flush()
        return [
            (event.kind.value, event.global_id or f"{event.detail.get('network', '')} {event.detail['state']}".strip())
            for event in self.app.store.events_after(0, 1000)
            if event.kind is not EventKind.CAMERA_STATE and (event.global_id or "state" in event.detail)
        ]


@pytest.fixture
async def live(world: World) -> AsyncIterator[Live]:
    settings = load_settings(world.config, ("reid.refresh_s=0.5", "reid.quality.min_quality=0"), {})
    engine = HarmedEngine(settings.inference.model_repository)
    app = build(settings, engine)
    await app.start()
    site = asyncio.create_task(app.site.run(app.merge))
    session = await app.supervisor.open([CameraOpening("hall", 0)], lossless=False)
    yield Live(app, engine, session)
    await session.finish()
    app.merge.close()
    await site
    await app.close()


def here(x: int) -> Walk:
    """Stand still."""
    return lambda frame: (x, 60)


async def test_a_track_without_any_signal_goes_on_unnamed_and_is_named_once_the_network_is_back(live: Live) -> None:
    live.engine.harm(EMBEDDER)
    await live.show(2, red=here(50))
    assert live.camera.state is CameraState.LIVE
    await live.heal()
    await live.show(2, red=here(50))
    assert await live.told() == [
        ("NETWORK_STATE", "appearance_embedder away"),
        ("NETWORK_STATE", "appearance_embedder ready"),
        ("IDENTITY_CREATED", 1),
        ("TRACK_ENDED", 1),
    ]


async def test_who_comes_and_goes_while_nobody_can_be_recognised_gets_no_identity(live: Live) -> None:
    await live.show(2, red=here(50))
    await live.until(EventKind.IDENTITY_CREATED, 1)
    live.engine.harm(EMBEDDER)
    await live.show(2, red=here(50), blue=here(200))
    await live.show(3, red=here(50))
    await live.heal()
    await live.show(2, red=here(50))
    assert [kind for kind, _ in await live.told()].count("IDENTITY_CREATED") == 1
    assert live.app.store.statistics().identities == 1


async def test_without_a_detector_tracks_end_and_nobody_is_invented(live: Live) -> None:
    await live.show(2, red=here(50))
    await live.until(EventKind.IDENTITY_CREATED, 1)
    live.engine.harm(DETECTOR)
    await live.show(3, red=here(50), blue=here(200))
    assert live.camera.state is CameraState.LIVE
    await live.heal()
    await live.show(2, red=here(50))
    told = await live.told()
    assert told == [
        ("IDENTITY_CREATED", 1),
        ("NETWORK_STATE", "person_detector away"),
        ("TRACK_ENDED", 1),
        ("NETWORK_STATE", "person_detector ready"),
        ("IDENTITY_MATCHED", 1),
        ("TRACK_ENDED", 1),
    ]


async def test_after_all_networks_were_away_everybody_is_who_they_were(live: Live) -> None:
    await live.show(2, red=here(50), blue=here(200))
    await live.until(EventKind.IDENTITY_CREATED, 2)
    live.engine.harm(*ModelRole)
    await live.show(3, red=here(200), blue=here(50))
    await live.heal()
    await live.show(2, red=here(200), blue=here(50))
    told = await live.told()
    assert [event for event in told if event[0].startswith("IDENTITY")] == [
        ("IDENTITY_CREATED", 1),
        ("IDENTITY_CREATED", 2),
        ("IDENTITY_MATCHED", 1),
        ("IDENTITY_MATCHED", 2),
    ]


async def test_frames_for_which_the_detector_has_no_room_are_dropped(live: Live) -> None:
    await live.show(2, red=here(50))
    await live.until(EventKind.IDENTITY_CREATED, 1)
    live.engine.faults[DETECTOR] = EngineOverloadedError("too much to do")
    await live.show(0.5, red=here(50))
    assert live.camera.dropped == 5
    live.engine.faults.clear()
    await live.show(2, red=here(50))
    assert await live.told() == [("IDENTITY_CREATED", 1), ("TRACK_ENDED", 1)]


async def test_files_wait_for_their_networks_and_nothing_is_lost(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = EngineThatFailsOnce(load_settings(world.config, (), {}).inference.model_repository)
    results = []
    for number in range(2):
        out = world.folder / str(number)
        outputs = OfflineOutputs(out / "mot", out / "events.jsonl", None, out / "report.json")
        await run_offline(load_settings(world.config, (f"general.output_dir={out}",), {}), outputs, lambda _: None)
        monkeypatch.setattr("haven_server.app.make_engine", lambda _: engine)
        results.append({camera: (out / "mot" / f"{camera}.txt").read_text() for camera in world.videos})
    assert engine.failed
    assert results[0] == results[1]
    lines = (world.folder / "1" / "events.jsonl").read_text()
    assert lines.count("NETWORK_STATE") >= 2
