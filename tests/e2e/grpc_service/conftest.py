"""A real gRPC server on a free port over the real store, bus, overlay and pushed sources; only networks are missing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pytest
from haven_client import Client

from haven_server.access.guard import Guard
from haven_server.clock import SystemClock
from haven_server.errors import CameraBusyError, NotFoundError
from haven_server.events.bus import EventBus
from haven_server.events.overlay import Overlay
from haven_server.pipeline.desk import CorrectionDesk
from haven_server.pipeline.diary import Diary
from haven_server.pipeline.merge import Arrival
from haven_server.pipeline.site import Site
from haven_server.reid.correction_book import CorrectionBook
from haven_server.reid.corrections import Corrector
from haven_server.reid.duplicates import DuplicateSearch
from haven_server.reid.gallery import Gallery
from haven_server.reid.resolver import Resolver
from haven_server.rpc.server import Backend, RPCServer
from haven_server.settings import GRPCSettings, ReIDSettings, SecuritySettings, TopologySettings
from haven_server.sources.pushed import PushedSource
from haven_server.storage.store import SQLStore
from haven_server.storage.writer import StoreWriter
from haven_server.telemetry import StageTimes
from haven_server.types import (
    NANOSECONDS,
    Assurance,
    CameraOpening,
    CameraState,
    CameraStatus,
    Changes,
    Confidence,
    Event,
    EventDraft,
    EventKind,
    Feature,
    Features,
    Frame,
    FrameOutcome,
    Identification,
    IdentityRow,
    Impression,
    Modality,
    Track,
    Tracklet,
    TrackState,
    Watermark,
)

RUN_START = 1_767_225_600 * NANOSECONDS
MODELS = {Modality.FACE: "face-model"}
PERSON = 7
"""Who the fake site says every track is, from its third frame on."""


class CountingBus(EventBus):
    """The real bus, which also counts who followed it, so that a test can wait for that."""

    followers = 0

    def subscribe(self, after: int | None) -> AsyncIterator[Event]:
        self.followers += 1
        return super().subscribe(after)


class FakeSession:
    """One client's hold on fake cameras."""

    def __init__(self, sources: dict[str, PushedSource], tasks: Sequence[asyncio.Task[None]]) -> None:
        self._sources = sources
        self._tasks = tasks

    async def push(self, frame: Frame) -> None:
        await self._sources[frame.camera_id].push(frame)

    async def promise(self, watermark: Watermark) -> None:
        self._sources[watermark.camera_id].promise(watermark.captured_at)

    async def end(self, camera_id: str) -> None:
        self._sources[camera_id].finish()

    async def finish(self) -> None:
        for source in self._sources.values():
            source.finish()
        await asyncio.gather(*self._tasks)


@dataclass
class FakeSite:
    """Stands in for pipelines and site: sees one person in every frame, and knows who it is from the third on.

    Attributes:
        accepts_new: whether clients may name cameras that are not configured.
        fails_at: index of the frame at which a camera's pipeline breaks, None: never.
        open_gate: frames pass only while it is set.
        images: every picture that came through, by camera.
        promises: every watermark that came through.
    """

    overlay: Overlay
    store: SQLStore
    bus: CountingBus
    accepts_new: bool = True
    fails_at: int | None = None
    run_start: int = RUN_START
    fps_limit: float = 30.0
    cameras: dict[str, CameraStatus] = field(default_factory=dict)
    open_gate: asyncio.Event = field(default_factory=asyncio.Event)
    images: dict[str, list[Frame]] = field(default_factory=dict)
    promises: list[Watermark] = field(default_factory=list)
    running: set[str] = field(default_factory=set)
    sources: dict[str, PushedSource] = field(default_factory=dict)

    def list(self) -> Sequence[CameraStatus]:
        return [self.cameras[camera_id] for camera_id in sorted(self.cameras)]

    def set_camera(self, camera_id: str, state: CameraState = CameraState.WAITING, problem: str = "") -> None:
        offset = self.cameras[camera_id].start_offset_s if camera_id in self.cameras else 0.0
        self.cameras[camera_id] = CameraStatus(
            camera_id, f"Room of {camera_id}", "pushed", state, True, 0, 0, offset, problem
        )

    def publish(self, *drafts: EventDraft) -> None:
        self.bus.publish(self.store.commit([Changes(events=drafts)]))

    async def open(self, cameras: Sequence[CameraOpening], lossless: bool) -> FakeSession:
        for opening in cameras:
            if opening.camera_id in self.running:
                raise CameraBusyError(opening.camera_id)
            if opening.camera_id not in self.cameras and not self.accepts_new:
                raise NotFoundError(f"camera {opening.camera_id!r} is not configured")
        for opening in cameras:
            self.set_camera(opening.camera_id, CameraState.LIVE)
            self.running.add(opening.camera_id)
            self.sources[opening.camera_id] = PushedSource(opening.camera_id, opening.starts_at or 0, lossless, 1000)
        sources = {opening.camera_id: self.sources[opening.camera_id] for opening in cameras}
        return FakeSession(sources, [asyncio.create_task(self._run(source)) for source in sources.values()])

    async def _run(self, source: PushedSource) -> None:
        camera_id, problem, last = source.camera_id, "", 0
        seen = self.images[camera_id] = []
        async for item in source.frames():
            if isinstance(item, Watermark):
                self.promises.append(item)
                continue
            if item.index == self.fails_at:
                problem = f"camera {camera_id!r}: the network broke"
                break
            await self.open_gate.wait()
            seen.append(item)
            last = item.captured_at
            if len(seen) == 3:
                self.overlay.identify(Identification(camera_id, 1, PERSON, Confidence.HIGH, final=False))
            await self.overlay.show(item, (person_in(item),))
        self.set_camera(camera_id, CameraState.FAILED if problem else CameraState.ENDED, problem)
        who = PERSON if len(seen) >= 3 else None
        self.publish(EventDraft(EventKind.TRACK_ENDED, last, camera_id, 1, who, {"frame_count": len(seen)}))
        self.overlay.identify(Identification(camera_id, 1, who, Confidence.HIGH if who else None, final=True))
        self.running.discard(camera_id)
        self.overlay.end_camera(camera_id, problem)
        await source.close()


def person_in(frame: Frame) -> Track:
    """One person who walks to the right by one and a half pixels a frame."""
    left = 10.0 + 1.5 * frame.index
    box = np.array([left, 20, left + 30.25, 90], np.float32)
    return Track(frame.camera_id, 1, box, 0.87654, TrackState.CONFIRMED, frame.index)


class People:
    """The real site, gallery and desk over a store: who is recognised, and where that is put right."""

    def __init__(self, store: SQLStore, bus: EventBus, overlay: Overlay) -> None:
        self.writer = StoreWriter(store, bus.publish, SystemClock())
        settings = ReIDSettings()
        gallery = Gallery(store.load_gallery(), settings.multi_prototype, MODELS, store.read_banks)
        book = CorrectionBook(store.ledger.corrections())
        resolver = Resolver(gallery, settings, TopologySettings(), book=book)
        clock, times = SystemClock(), StageTimes()
        self._site = Site(resolver, Diary(1.0, gallery.root), None, self.writer, overlay, clock, times)
        corrector = Corrector(
            gallery, resolver.tracks, resolver.topology, book, store.ledger, store.read_banks, clock.now
        )
        duplicates = DuplicateSearch(gallery, corrector.obstacles, settings.thresholds)
        self.desk = CorrectionDesk(self._site, gallery, corrector, duplicates, store.ledger, clock)

    async def meet(self, track_id: int, *face: float, at: float = 0.0, ended: bool = True) -> None:
        """Have somebody seen in a track of one second, who shows this face."""
        vector = np.zeros(8, np.float32)
        vector[: len(face)] = face
        feature = Feature(vector / np.linalg.norm(vector).astype(np.float32), 0.9, MODELS[Modality.FACE])
        first, last = round(at * NANOSECONDS), round((at + 1) * NANOSECONDS)
        tracklet = Tracklet("cam1", track_id, first, last, 10, (), 0.9, ended)
        seen = Track("cam1", track_id, np.array([0, 0, 50, 100], np.float32), 0.9, TrackState.CONFIRMED, 1)
        features = asyncio.create_task(_perceive({Modality.FACE: feature}))
        outcome = FrameOutcome("cam1", 0, last, (seen,), (tracklet,))
        await self._site.consider(Arrival(outcome, (features,), 0.0))
        await self.writer.flush()


async def _perceive(features: Features) -> Impression:
    return Impression(features)


@dataclass
class Service:
    """A server that runs, and what is behind it."""

    address: str
    site: FakeSite
    rpc: RPCServer
    backend: Backend
    people: People

    def add_people(self, count: int) -> None:
        """Write identities 1 to ``count`` into the store."""
        rows = tuple(IdentityRow(n, RUN_START, RUN_START + n, Assurance.TENTATIVE) for n in range(1, count + 1))
        self.site.store.commit([Changes(identities=rows)])


Serve: TypeAlias = Callable[..., AbstractAsyncContextManager[Service]]
"""Takes the database's path and, optionally, the port, who asks for tokens, and the other settings of security."""


@asynccontextmanager
async def serve(
    database: Path, port: int = 0, guard: Guard | None = None, security: SecuritySettings | None = None
) -> AsyncIterator[Service]:
    """Run a server over a database until the context is left; without a guard it asks nobody for a token."""
    store = SQLStore.open(database)
    overlay = Overlay(SystemClock())
    bus = CountingBus(store.last_sequence(), store.events_after, store.oldest_sequence)
    site = FakeSite(overlay, store, bus)
    site.open_gate.set()
    people = People(store, bus, overlay)
    backend = Backend(site, site, overlay, bus, store, people.desk)
    rpc = RPCServer(GRPCSettings(port=port), security or SecuritySettings(), backend, guard)
    address = await rpc.start()
    try:
        yield Service(address, site, rpc, backend, people)
    finally:
        await people.writer.close()
        bus.close()
        overlay.close()
        await rpc.stop(1.0)
        store.close()


@pytest.fixture
def serving() -> Serve:
    """The context manager that runs a server, for tests that start more than one."""
    return serve


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    """A server with an empty database."""
    async with serve(tmp_path / "haven.db") as running:
        yield running


@pytest.fixture
async def client(service: Service) -> AsyncIterator[Client]:
    """A client of ``service``."""
    async with Client(service.address) as connected:
        yield connected
