"""TrackingService: StreamFramesRequest -> StreamFramesResponse, and the viewers' WatchTracks."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import suppress
from typing import Any

import grpc
from haven.v1 import tracking_service_pb2, tracking_service_pb2_grpc

from haven_server.errors import InvalidInputError, NotFoundError, ShuttingDownError, SourceError
from haven_server.events.overlay import Overlay
from haven_server.events.viewer import FrameResult, Update, Viewer
from haven_server.rpc import convert
from haven_server.rpc.facade import CameraBoard, FrameIngest, IngestSession
from haven_server.rpc.frame_order import FrameOrder
from haven_server.types import CameraEnded, Identification

MIN_WIDTH = 16
"""Least width of a viewer's picture, px."""
OPENING_PATIENCE_S = 10.0
"""How long a stream may take to say what it is going to hold."""


class TrackingServicer(tracking_service_pb2_grpc.TrackingServiceServicer):
    """Takes frames in, and tells senders and viewers who is in them."""

    def __init__(self, ingest: FrameIngest, cameras: CameraBoard, overlay: Overlay) -> None:
        self._ingest = ingest
        self._cameras = cameras
        self._overlay = overlay

    async def StreamFrames(  # noqa: N802
        self,
        request_iterator: AsyncIterator[tracking_service_pb2.StreamFramesRequest],
        context: grpc.aio.ServicerContext[Any, Any],
    ) -> AsyncIterator[tracking_service_pb2.StreamFramesResponse]:
        """Feed cameras from the client's frames while answering what the pipeline finds in them."""
        opening = await _read_opening(request_iterator)
        cameras = convert.read_openings(opening.cameras)
        session = await self._ingest.open(cameras, opening.lossless)
        ids = {camera.camera_id for camera in cameras}
        with self._overlay.watch(ids, lossless=opening.lossless) as viewer:
            feeding = asyncio.create_task(self._feed(request_iterator, session, FrameOrder(ids), viewer))
            try:
                async for response in self._answers(viewer, ids):
                    yield response
            finally:
                # Closed first: the cameras cannot end while they wait for an answer to be read.
                viewer.close()
                feeding.cancel()
                with suppress(asyncio.CancelledError):
                    await feeding
                # Waited for, so that the client may open the same cameras again as soon as it has its answer.
                await asyncio.shield(session.finish())

    async def WatchTracks(  # noqa: N802
        self, request: tracking_service_pb2.WatchTracksRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> AsyncIterator[tracking_service_pb2.WatchTracksResponse]:
        """Show cameras to one viewer until it leaves or the server stops."""
        with self._open_view(request) as viewer:
            sequence = 0
            async for delivery in viewer:
                sequence += 1
                response = tracking_service_pb2.WatchTracksResponse(
                    sequence=sequence, dropped=delivery.dropped, jpeg=delivery.jpeg
                )
                _fill(response, delivery.update)
                yield response
        raise ShuttingDownError

    async def _feed(
        self,
        requests: AsyncIterator[tracking_service_pb2.StreamFramesRequest],
        session: IngestSession,
        order: FrameOrder,
        viewer: Viewer,
    ) -> None:
        """Hand over what the client sends; whatever is wrong with it ends the client's answers with that error."""
        try:
            async for request in requests:
                await _take(request, session, order)
        except Exception as error:
            viewer.fail(error)
        finally:
            # Shielded: a client that leaves must not tear down cameras in the middle of their last words.
            await asyncio.shield(session.finish())

    async def _answers(
        self, viewer: Viewer, running: set[str]
    ) -> AsyncIterator[tracking_service_pb2.StreamFramesResponse]:
        """Answer until every camera has ended.

        Raises:
            SourceError: cameras did not come to their proper end; said when all have ended.
            ShuttingDownError: the server stops.
        """
        sequence = 0
        problems: dict[str, str] = {}
        async for delivery in viewer:
            sequence += 1
            response = tracking_service_pb2.StreamFramesResponse(sequence=sequence, dropped=delivery.dropped)
            _fill(response, delivery.update)
            if isinstance(delivery.update, CameraEnded):
                running = running - {delivery.update.camera_id}
                if response.camera_ended.HasField("problem"):
                    problems[delivery.update.camera_id] = response.camera_ended.problem
            yield response
            if not running:
                break
        else:
            raise ShuttingDownError
        if problems:
            raise _cut_short(problems)

    def _open_view(self, request: tracking_service_pb2.WatchTracksRequest) -> Viewer:
        max_fps = request.max_fps if request.HasField("max_fps") else None
        if max_fps is not None and not (0 < max_fps < math.inf):
            raise InvalidInputError(f"max_fps: wanted more than 0, got {max_fps}; leave it unset for every frame")
        max_width = request.max_width if request.HasField("max_width") else None
        if max_width is not None and not MIN_WIDTH <= max_width <= convert.MAX_SIDE:
            raise InvalidInputError(f"max_width: wanted {MIN_WIDTH} to {convert.MAX_SIDE} px, got {max_width}")
        self._check_known(request.camera_ids)
        wants_image = request.image == tracking_service_pb2.VIEWER_IMAGE_JPEG
        cameras = frozenset(request.camera_ids) or None
        return self._overlay.watch(cameras, max_fps=max_fps, image=wants_image, max_width=max_width)

    def _check_known(self, camera_ids: Collection[str]) -> None:
        known = [status.camera_id for status in self._cameras.list()]
        unknown = sorted(set(camera_ids) - set(known))
        if unknown:
            raise NotFoundError(f"no such camera: {', '.join(unknown)}; there are {', '.join(known) or 'none'}")


def _cut_short(problems: Mapping[str, str]) -> SourceError:
    """Name the cameras that did not come to their proper end; each one's own CameraEnded told why."""
    (first, problem), *others = problems.items()
    if others:
        problem += f"; cut short, too: {', '.join(camera_id for camera_id, _ in others)}"
    return SourceError(first, problem)


async def _read_opening(
    requests: AsyncIterator[tracking_service_pb2.StreamFramesRequest],
) -> tracking_service_pb2.StreamOpening:
    """Wait for the first message.

    Raises:
        InvalidInputError: it does not come, or is something else.
    """
    wanted = "the first message of a stream must be its opening, which names the cameras"
    try:
        async with asyncio.timeout(OPENING_PATIENCE_S):
            first = await anext(requests, None)
    except TimeoutError:
        raise InvalidInputError(f"{wanted}; none came within {OPENING_PATIENCE_S:g} s") from None
    if first is None or not first.HasField("opening"):
        raise InvalidInputError(wanted)
    return first.opening


async def _take(request: tracking_service_pb2.StreamFramesRequest, session: IngestSession, order: FrameOrder) -> None:
    """Hand over one frame, with what it promises of the other cameras, or one camera's end."""
    if request.HasField("frame"):
        frame = await asyncio.to_thread(convert.read_frame, request.frame)
        promises = order.accept(frame)
        # A camera that failed has told why by its end; the stream's others go on.
        with suppress(SourceError):
            await session.push(frame)
        for promise in promises:
            await session.promise(promise)
    elif request.HasField("camera_end"):
        order.end(request.camera_end.camera_id)
        await session.end(request.camera_end.camera_id)
    else:
        raise InvalidInputError("after the opening come frames and ends of cameras, nothing else")


def _fill(
    response: tracking_service_pb2.StreamFramesResponse | tracking_service_pb2.WatchTracksResponse, update: Update
) -> None:
    match update:
        case FrameResult():
            response.frame_tracks.CopyFrom(convert.frame_tracks(update))
        case Identification():
            response.track_ended.CopyFrom(convert.track_ended(update))
        case CameraEnded():
            response.camera_ended.CopyFrom(convert.camera_ended(update))
