"""One pipeline per camera: starts them, keeps their state, lets none take another down. Source -> CameraStatus."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from haven_server.errors import (
    CameraBusyError,
    HavenError,
    InvalidInputError,
    NotFoundError,
    OverloadedError,
    ShuttingDownError,
)
from haven_server.pipeline.camera import CameraPipeline
from haven_server.pipeline.merge import CaptureOrder, Channel
from haven_server.pipeline.push import PushSession
from haven_server.ports import Clock, Source
from haven_server.settings import CameraSettings, Settings
from haven_server.sources.pushed import PushedSource
from haven_server.storage.writer import StoreWriter
from haven_server.telemetry import logger
from haven_server.types import (
    CameraEnded,
    CameraOpening,
    CameraState,
    CameraStatus,
    Changes,
    EventDraft,
    EventKind,
)

NEW_CAMERAS = 256
"""Cameras that clients may bring without their being configured."""

log = logger(__name__)

MakePipeline = Callable[[Source, Channel], CameraPipeline]
"""How `app` wires the stages of one camera."""


@dataclass(slots=True)
class _Camera:
    """One camera, running or not."""

    settings: CameraSettings
    state: CameraState
    frames: int = 0
    dropped: int = 0
    problem: str = ""
    source: Source | None = None
    pipeline: CameraPipeline | None = None
    task: asyncio.Task[None] | None = None


class Supervisor:
    """Runs cameras and says how they fare. Also the door for frames that clients push.

    Attributes:
        run_start: capture time of a file's first frame at offset 0, ns since the Unix epoch.
        fps_limit: frames per second taken from one camera at most.
    """

    def __init__(
        self, settings: Settings, make_pipeline: MakePipeline, merge: CaptureOrder, writer: StoreWriter, clock: Clock
    ) -> None:
        self.run_start = settings.general.run_start_ns
        self.fps_limit = settings.general.fps_limit
        self._accepts_new = settings.api.grpc.accept_new_cameras
        self._make_pipeline = make_pipeline
        self._merge = merge
        self._writer = writer
        self._clock = clock
        self._closing = False
        self._greatest_count = len(settings.cameras) + NEW_CAMERAS
        self._cameras = {
            camera.id: _Camera(camera, CameraState.WAITING if camera.enabled else CameraState.DISABLED)
            for camera in settings.cameras
        }

    def list(self) -> Sequence[CameraStatus]:
        """Every configured or streaming camera, by camera id."""
        return [_status(self._cameras[camera_id]) for camera_id in sorted(self._cameras)]

    async def run(self, sources: Sequence[Source]) -> None:
        """Run cameras to their end, all at once. One that fails is marked FAILED; the others go on."""
        group = object()
        tasks = [self._start(source, group) for source in sources]
        await asyncio.gather(*tasks)

    async def open(self, cameras: Sequence[CameraOpening], lossless: bool) -> PushSession:
        """Take hold of cameras that a client will feed, all of them or none.

        Args:
            cameras: at least one, ids distinct.
            lossless: True: ``push`` waits for the pipeline. False: the oldest waiting frame is dropped.
        Raises:
            InvalidInputError: no camera, the same one twice, or an id that is none.
            NotFoundError: a camera is not configured, or not enabled, and new ones are not accepted.
            CameraBusyError: a camera is being fed already.
            OverloadedError: too many cameras that nobody configured.
            ShuttingDownError: the server stops.
        """
        if self._closing:
            raise ShuttingDownError
        ids = [camera.camera_id for camera in cameras]
        if not ids or len(set(ids)) != len(ids):
            raise InvalidInputError(f"a stream names at least one camera and none twice; got {ids}")
        found = {camera_id: self._free(camera_id) for camera_id in ids}
        if len(self._cameras | found) > self._greatest_count:
            raise OverloadedError(f"{NEW_CAMERAS} cameras that are not configured were streamed: add them to cameras")
        self._cameras |= found
        sources = {
            camera.camera_id: PushedSource(camera.camera_id, camera.starts_at or 0, lossless, self.fps_limit)
            for camera in cameras
        }
        group = object()
        return PushSession(sources, [self._start(source, group) for source in sources.values()], self._clock)

    async def close(self) -> None:
        """Stop every camera that runs; each one's tracks are ended, handed on and resolved. None can start again."""
        self._closing = True
        running = self._running()
        for camera in running:
            if camera.source is not None:
                await camera.source.close()
        if running:
            await asyncio.wait([camera.task for camera in running if camera.task is not None])

    async def abort(self) -> None:
        """Stop every camera that still runs, at once: for when nobody is left to resolve its tracks."""
        self._closing = True
        tasks = [camera.task for camera in self._running() if camera.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _running(self) -> Sequence[_Camera]:
        return tuple(camera for camera in self._cameras.values() if camera.task is not None)

    def _free(self, camera_id: str) -> _Camera:
        """Find a camera that nobody feeds, or make it where new ones are welcome."""
        camera = self._cameras.get(camera_id)
        if camera is None:
            return self._new(camera_id)
        if not camera.settings.enabled:
            raise NotFoundError(f"camera {camera_id!r} is disabled: set cameras[].enabled to true")
        if camera.task is not None:
            raise CameraBusyError(camera_id)
        return camera

    def _new(self, camera_id: str) -> _Camera:
        if not self._accepts_new:
            raise NotFoundError(
                f"camera {camera_id!r} is not configured, and api.grpc.accept_new_cameras is false: "
                f"add it to cameras, or use one of {sorted(self._cameras)}"
            )
        try:
            settings = CameraSettings(id=camera_id, name=camera_id, type="pushed")
        except ValidationError as error:
            raise InvalidInputError(f"camera id {camera_id!r}: {error.errors()[0]['msg']}") from error
        return _Camera(settings, CameraState.WAITING)

    def _start(self, source: Source, group: object) -> asyncio.Task[None]:
        camera = self._cameras[source.camera_id]
        channel = self._merge.open(source.camera_id, source.starts_at, source.lossless, group)
        camera.source, camera.problem = source, ""
        camera.pipeline = self._make_pipeline(source, channel)
        watching = self._watch(camera, source, camera.pipeline, channel)
        camera.task = asyncio.create_task(watching, name=f"camera {source.camera_id}")
        return camera.task

    async def _watch(self, camera: _Camera, source: Source, pipeline: CameraPipeline, channel: Channel) -> None:
        """Run one pipeline; what goes wrong in it becomes this camera's state, and stops nothing else."""
        try:
            ending = await self._follow(camera, source, pipeline)
            channel.end(ending)
            await channel.finished.wait()
            camera.state, camera.problem = ending.state, ending.problem
        finally:
            camera.frames += pipeline.frames
            camera.dropped += _dropped(source) + pipeline.shed
            camera.source = camera.pipeline = camera.task = None

    async def _follow(self, camera: _Camera, source: Source, pipeline: CameraPipeline) -> CameraEnded:
        """Run one pipeline to its end, and say how it came."""
        camera_id = camera.settings.id
        try:
            camera.state = CameraState.LIVE
            await self._tell(camera)
            await pipeline.run()
        except HavenError as error:
            log.error("camera failed", camera=camera_id, problem=str(error))
            return CameraEnded(camera_id, str(error), CameraState.FAILED)
        except Exception:
            log.exception("camera failed", camera=camera_id)
            return CameraEnded(camera_id, "an unforeseen fault; the server's log tells which", CameraState.FAILED)
        finally:
            await source.close()
        return CameraEnded(camera_id, str(ShuttingDownError()) if self._closing else "")

    async def _tell(self, camera: _Camera) -> None:
        """Have the camera's state written down; what is wrong with it may name its source, and is not for everybody."""
        detail = {"state": camera.state.value}
        event = EventDraft(EventKind.CAMERA_STATE, self._clock.now(), camera.settings.id, detail=detail)
        await self._writer.put(Changes(events=(event,)))


def _dropped(source: Source | None) -> int:
    return source.dropped if isinstance(source, PushedSource) else 0


def _status(camera: _Camera) -> CameraStatus:
    running, shed = (camera.pipeline.frames, camera.pipeline.shed) if camera.pipeline else (0, 0)
    return CameraStatus(
        camera_id=camera.settings.id,
        name=camera.settings.name or camera.settings.id,
        type=camera.settings.type,
        state=camera.state,
        enabled=camera.settings.enabled,
        frames=camera.frames + running,
        dropped=camera.dropped + _dropped(camera.source) + shed,
        start_offset_s=camera.settings.start_offset_s,
        problem=camera.problem,
    )
