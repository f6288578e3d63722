"""The story of the site: Tracklet -> Event. All cameras in capture order, one writer of the gallery."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

from haven_server.events.overlay import Overlay
from haven_server.pipeline.diary import Diary
from haven_server.pipeline.merge import Arrival
from haven_server.pipeline.snapshots import Snapshots
from haven_server.ports import Clock
from haven_server.reid.corrections import Outcome
from haven_server.reid.resolver import Resolver
from haven_server.storage.writer import StoreWriter
from haven_server.telemetry import StageTimes, logger
from haven_server.types import CameraEnded, Changes, EventDraft, EventKind, Impression, Modality, Observation, Tracklet

log = logger(__name__)


class Site:
    """Resolves the tracklets of all cameras, one after the other, and has every decision written down."""

    def __init__(
        self,
        resolver: Resolver,
        diary: Diary,
        snapshots: Snapshots | None,
        writer: StoreWriter,
        overlay: Overlay,
        clock: Clock,
        times: StageTimes,
    ) -> None:
        self._resolver = resolver
        self._diary = diary
        self._snapshots = snapshots
        self._writer = writer
        self._overlay = overlay
        self._clock = clock
        self._times = times
        self._turn = asyncio.Lock()

    async def run(self, arrivals: AsyncIterable[Arrival | CameraEnded]) -> None:
        """Take what the cameras send until they all have ended.

        Raises:
            StorageError: decisions can no longer be written down.
        """
        async for arrival in arrivals:
            async with self._turn:
                if isinstance(arrival, CameraEnded):
                    await self._end(arrival)
                else:
                    await self.consider(arrival)

    @asynccontextmanager
    async def between_frames(self) -> AsyncIterator[None]:
        """Hold the site up between two frames, everything decided so far committed.

        Raises:
            StorageError: decisions can no longer be written down.
        """
        async with self._turn:
            await self._writer.flush()
            yield

    async def correct(self, order: Callable[[], Outcome]) -> Outcome:
        """Carry an order out between two frames; it is committed when this returns, and the next frame shows it.

        Raises:
            HavenError: what the order raises; nothing was changed.  StorageError: it could not be written.
        """
        # Once begun it is finished, whoever waits for it: what the gallery knows must be written.
        return await asyncio.shield(self._correct(order))

    async def _correct(self, order: Callable[[], Outcome]) -> Outcome:
        async with self.between_frames():
            outcome = await self._times.in_thread("correct", order)
            waiting: tuple[Observation, ...] = ()
            for track, global_id in outcome.redecided:
                waiting += self._diary.identify(track.camera_id, track.track_id, global_id, None)
            await self._writer.put(replace(outcome.changes, observations=waiting))
            await self._writer.flush()
            for identification in outcome.identifications:
                self._overlay.identify(identification)
        return outcome

    async def consider(self, arrival: Arrival) -> None:
        """Take one frame's outcome through every stage."""
        self._resolver.observe(arrival.outcome)
        await self._write(self._diary.note(arrival.outcome))
        for tracklet, pending in zip(arrival.outcome.tracklets, arrival.features, strict=True):
            with self._times.stage("features"):
                seen = await self._perceived(pending)
            resolution = await self._times.in_thread(
                "resolve", self._resolver.resolve, tracklet, seen.features, seen.missing
            )
            with self._times.stage("store"):
                observations = await self._observations(tracklet, resolution.decided_id)
                await self._writer.put(replace(resolution.changes, observations=observations))

    async def _end(self, camera: CameraEnded) -> None:
        """Write down that a camera is over; viewers hear of it once all before it is committed."""
        detail = {"state": camera.state.value}
        event = EventDraft(EventKind.CAMERA_STATE, self._clock.now(), camera.camera_id, detail=detail)
        await self._writer.put(Changes(events=(event,)))
        await self._writer.flush()
        self._overlay.end_camera(camera.camera_id, camera.problem)

    async def _perceived(self, pending: asyncio.Task[Impression]) -> Impression:
        """Wait for perception; a fault there costs this look at the track, not the site."""
        try:
            return await pending
        except Exception:
            log.exception("no features of a tracklet")
            return Impression({}, frozenset(Modality))

    async def _observations(self, tracklet: Tracklet, global_id: int | None) -> tuple[Observation, ...]:
        camera_id, track_id = tracklet.camera_id, tracklet.track_id
        written: tuple[Observation, ...] = ()
        if global_id is not None:
            snapshot = await self._snapshots.keep(tracklet, global_id) if self._snapshots else None
            written = self._diary.identify(camera_id, track_id, global_id, snapshot)
        if tracklet.ended:
            written += self._diary.end(camera_id, track_id)
            if self._snapshots:
                self._snapshots.forget(tracklet)
        return written

    async def _write(self, observations: tuple[Observation, ...]) -> None:
        if observations:
            await self._writer.put(Changes(observations=observations))
