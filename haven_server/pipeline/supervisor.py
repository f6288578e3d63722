"""One pipeline per camera: starts them, keeps their state, lets none take another down. Source -> CameraStatus."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from haven_server.errors import CameraBusyError, HavenError, InvalidInputError, NotFoundError
from haven_server.pipeline.camera import CameraPipeline
from haven_server.pipeline.merge import CaptureOrder, Channel
from haven_server.ports import Clock, Source
from haven_server.settings import CameraSettings, Settings
from haven_server.sources.pushed import PushedSource
from haven_server.storage.writer import StoreWriter
from haven_server.telemetry import logger
from haven_server.types import (
    NANOSECONDS,
    CameraOpening,
    CameraState,
    CameraStatus,
    Changes,
    EventDraft,
    EventKind,
    Frame,
    Watermark,
)

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
        self.run_start = round(settings.general.run_start.timestamp()) * NANOSECONDS
        self.fps_limit = settings.general.fps_limit
        self._accepts_new = settings.api.grpc.accept_new_cameras
        self._make_pipeline = make_pipeline
        self._merge = merge
        self._writer = writer
        self._clock = clock
        self._cameras = {
            camera.id: _Camera(camera, CameraState.WAITING if camera.enabled else CameraState.DISABLED)
            for camera in settings.cameras
        }

    def list(self) -> Sequence[CameraStatus]:
        """Every configured or streaming camera, by camera id."""
        return [_status(self._cameras[camera_id]) for camera_id in sorted(self._cameras)]

    async def run(self, sources: Sequence[Source]) -> None:
        """Run cameras to their end, all at once. One that fails is marked FAILED; the others go on."""
        for source in sources:
            self._admit(source.camera_id)
        tasks = [self._start(source) for source in sources]
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
        """
        ids = [camera.camera_id for camera in cameras]
        if not ids or len(set(ids)) != len(ids):
            raise InvalidInputError(f"a stream names at least one camera and none twice; got {ids}")
        for camera_id in ids:
            self._check_free(camera_id)
        sources = {}
        for opening in cameras:
            self._admit(opening.camera_id)
            sources[opening.camera_id] = PushedSource(
                opening.camera_id, opening.starts_at or 0, lossless, self.fps_limit
            )
        tasks = [self._start(source) for source in sources.values()]
        return PushSession(sources, tasks)

    async def close(self) -> None:
        """Stop every camera that runs; each one's tracks are ended, handed on and resolved."""
        for camera in self._cameras.values():
            if camera.source is not None:
                await camera.source.close()
        await asyncio.gather(*self._running())

    async def abort(self) -> None:
        """Stop every camera that still runs, at once: for when nobody is left to resolve its tracks."""
        running = self._running()
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _running(self) -> tuple[asyncio.Task[None], ...]:
        return tuple(camera.task for camera in self._cameras.values() if camera.task is not None)

    def _check_free(self, camera_id: str) -> None:
        camera = self._cameras.get(camera_id)
        if camera is None:
            if not self._accepts_new:
                raise NotFoundError(
                    f"camera {camera_id!r} is not configured, and api.grpc.accept_new_cameras is false: "
                    f"add it to cameras, or use one of {sorted(self._cameras)}"
                )
            if not re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", camera_id):
                raise InvalidInputError(f"camera id {camera_id!r}: wanted 1 to 64 of A-Z a-z 0-9 _ . -")
        elif not camera.settings.enabled:
            raise NotFoundError(f"camera {camera_id!r} is disabled: set cameras[].enabled to true")
        elif camera.task is not None:
            raise CameraBusyError(camera_id)

    def _admit(self, camera_id: str) -> None:
        if camera_id not in self._cameras:
            settings = CameraSettings(id=camera_id, name=camera_id, type="pushed")
            self._cameras[camera_id] = _Camera(settings, CameraState.WAITING)

    def _start(self, source: Source) -> asyncio.Task[None]:
        camera = self._cameras[source.camera_id]
        channel = self._merge.open(source.camera_id, source.starts_at, source.lossless)
        camera.source, camera.problem = source, ""
        camera.pipeline = self._make_pipeline(source, channel)
        camera.task = asyncio.create_task(self._watch(camera, camera.pipeline), name=f"camera {source.camera_id}")
        return camera.task

    async def _watch(self, camera: _Camera, pipeline: CameraPipeline) -> None:
        """Run one pipeline; what goes wrong in it becomes this camera's state and an event, nothing more."""
        final = CameraState.ENDED
        try:
            await self._set_state(camera, CameraState.LIVE)
            await pipeline.run()
        except HavenError as error:
            final, camera.problem = CameraState.FAILED, str(error)
            log.error("camera failed", camera=camera.settings.id, problem=camera.problem)
        except Exception as error:
            final, camera.problem = CameraState.FAILED, f"unexpected {type(error).__name__}: {error}"
            log.exception("camera failed", camera=camera.settings.id)
        finally:
            if camera.source is not None:
                await camera.source.close()
            camera.frames += pipeline.frames
            camera.dropped += _dropped(camera.source)
            camera.source = camera.pipeline = camera.task = None
        await self._set_state(camera, final)

    async def _set_state(self, camera: _Camera, state: CameraState) -> None:
        camera.state = state
        detail = {"state": state.value} | ({"problem": camera.problem} if camera.problem else {})
        event = EventDraft(EventKind.CAMERA_STATE, self._clock.now(), camera.settings.id, detail=detail)
        await self._writer.put(Changes(events=(event,)))


class PushSession:
    """One client's hold on the cameras it feeds."""

    def __init__(self, sources: dict[str, PushedSource], tasks: Sequence[asyncio.Task[None]]) -> None:
        self._sources = sources
        self._tasks = tasks

    async def push(self, frame: Frame) -> None:
        """Hand over one frame of one of the session's cameras; waits while a lossless camera is full.

        Raises:
            InvalidInputError: the camera is not of this session, or the frame is not later than its last one.
        """
        await self._source(frame.camera_id).push(frame)

    async def promise(self, watermark: Watermark) -> None:
        """Say that no earlier frame of one of the session's cameras is to come."""
        self._source(watermark.camera_id).promise(watermark.captured_at)

    async def end(self, camera_id: str) -> None:
        """Say that no frame of one of the session's cameras follows; the others go on."""
        self._source(camera_id).finish()

    async def finish(self) -> None:
        """Say that no frame follows and wait until all that was pushed is through. Safe to call twice."""
        for source in self._sources.values():
            source.finish()
        await asyncio.wait(self._tasks)  # unlike gather, cancels no camera when this is cancelled

    def _source(self, camera_id: str) -> PushedSource:
        if camera_id not in self._sources:
            raise InvalidInputError(
                f"camera {camera_id!r} was not named when the stream was opened; it has {sorted(self._sources)}"
            )
        return self._sources[camera_id]


def _dropped(source: Source | None) -> int:
    return source.dropped if isinstance(source, PushedSource) else 0


def _status(camera: _Camera) -> CameraStatus:
    running = camera.pipeline.frames if camera.pipeline else 0
    return CameraStatus(
        camera_id=camera.settings.id,
        name=camera.settings.name or camera.settings.id,
        type=camera.settings.type,
        state=camera.state,
        enabled=camera.settings.enabled,
        frames=camera.frames + running,
        dropped=camera.dropped + _dropped(camera.source),
        start_offset_s=camera.settings.start_offset_s,
        problem=camera.problem,
    )
