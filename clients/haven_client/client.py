"""The asyncio client of a HAVEN server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Sequence
from contextlib import aclosing
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import grpc
from haven.v1 import (
    camera_service_pb2,
    camera_service_pb2_grpc,
    event_service_pb2,
    event_service_pb2_grpc,
    gallery_service_pb2_grpc,
    tracking_service_pb2,
    tracking_service_pb2_grpc,
)

from haven_client import access, wire
from haven_client.errors import UnavailableError, translate
from haven_client.gallery import GalleryCalls
from haven_client.messages import CameraEnd, CameraList, CameraOpening, Event, Frame, Update
from haven_client.sending import answers

MAX_MESSAGE_BYTES = 64 * 1024 * 1024
"""Greatest message, as the server has it."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 5.0
"""Pauses before a stream of events is taken up again; each is twice the one before."""
KEEPALIVE_TIME_MS, KEEPALIVE_TIMEOUT_MS = 20_000, 8_000
"""How often a server is asked for a sign of life while a call is open, and how long its answer may take: a host that
vanished without a word is noticed within half a minute. The server permits a question every 10 s."""
OPTIONS = (
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    ("grpc.keepalive_time_ms", KEEPALIVE_TIME_MS),
    ("grpc.keepalive_timeout_ms", KEEPALIVE_TIMEOUT_MS),
    # gRPC gives a question of its own 60 s, whatever the line above says.
    ("grpc.http2.ping_timeout_ms", KEEPALIVE_TIMEOUT_MS),
    # Also while nobody sends, as in a quiet stream of events.
    ("grpc.http2.max_pings_without_data", 0),
    # gRPC's own default waits up to 120 s before it looks whether the server is back.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 2000),
)


class Client(GalleryCalls):
    """A connection to one server; made and used on one running event loop, best as an async context.

    Args:
        address: HOST:PORT of the server's gRPC port; https://HOST:PORT where it has TLS, as `haven serve` prints it.
        token: by which the server knows who calls; None: what HAVEN_TOKEN holds.
        ca: PEM file of who signed the server's certificate; implies TLS. None: what HAVEN_CA names, or else whom
            this machine trusts.
        timeout_s: after which a call that answers once is given up.
    Every method raises a ``ClientError`` where the server refuses or cannot be reached.

    Raises:
        CertificateError: the file ``ca`` cannot be read.  InvalidRequestError: the token is no text that can be sent.
    """

    def __init__(
        self, address: str, *, token: str | None = None, ca: Path | None = None, timeout_s: float = 10.0
    ) -> None:
        self._timeout_s = timeout_s
        self._metadata = access.metadata_of(token)
        self._channel = access.open_channel(address, ca, OPTIONS)
        self._tracking = tracking_service_pb2_grpc.TrackingServiceStub(self._channel)
        self._events = event_service_pb2_grpc.EventServiceStub(self._channel)
        self._gallery = gallery_service_pb2_grpc.GalleryServiceStub(self._channel)
        self._cameras = camera_service_pb2_grpc.CameraServiceStub(self._channel)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connection; streams that are open end. Safe to call twice."""
        await self._channel.close()

    async def list_cameras(self) -> CameraList:
        """List every camera by id."""
        return wire.read_cameras(await self._call(self._cameras.ListCameras, camera_service_pb2.ListCamerasRequest()))

    async def watch_tracks(
        self,
        cameras: Sequence[str] = (),
        *,
        max_fps: float | None = None,
        image: bool = False,
        max_width: int | None = None,
    ) -> AsyncGenerator[Update, None]:
        """Yield frames' tracks, and on request pictures, as they pass through the server.

        Args:
            cameras: ids; none: all.
            max_fps: frames per second and camera at most; None: all.
            image: True: a JPEG with each frame, no wider than ``max_width`` px.
        Raises:
            NotFoundError: a camera does not exist.  UnavailableError: the server stops.
        """
        request = tracking_service_pb2.WatchTracksRequest(
            camera_ids=cameras,
            max_fps=max_fps,
            image=tracking_service_pb2.VIEWER_IMAGE_JPEG if image else tracking_service_pb2.VIEWER_IMAGE_NONE,
            max_width=max_width,
        )
        async with aclosing(_responses(self._tracking.WatchTracks(request, metadata=self._metadata))) as responses:
            async for response in responses:
                update = wire.read_update(response, response.jpeg if response.HasField("jpeg") else None)
                if update is not None:
                    yield update

    async def watch_events(
        self, after: int | None = None, *, kinds: Sequence[str] = (), cameras: Sequence[str] = ()
    ) -> AsyncGenerator[Event, None]:
        """Yield events in order, none lost and none twice; a cut stream is taken up again where it broke.

        Args:
            after: yield everything after this sequence number, 0: from the first; None: only what happens from now on.
            kinds: for instance IDENTITY_CREATED; none: all.
            cameras: ids; none: all events, those that concern no camera too.
        Raises:
            EventsGoneError: events after ``after`` are no longer kept.
            UnavailableError: the server could not be reached to begin with.
        """
        request = event_service_pb2.WatchEventsRequest(
            after_sequence=after, kinds=[wire.write_kind(kind) for kind in kinds], camera_ids=cameras
        )
        begun, pause = False, FIRST_PAUSE_S
        while True:
            try:
                call = self._events.WatchEvents(request, metadata=self._metadata)
                async with aclosing(_responses(call)) as responses:
                    async for response in responses:
                        begun, pause = True, FIRST_PAUSE_S
                        request.after_sequence = response.sequence
                        if response.HasField("event"):
                            yield wire.read_event(response.event)
            except UnavailableError:
                if not begun:
                    raise
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)

    async def last_event_sequence(self) -> int:
        """Return the newest event's sequence number, 0 when there is none."""
        request = event_service_pb2.WatchEventsRequest()
        call = self._events.WatchEvents(request, timeout=self._timeout_s, metadata=self._metadata)
        async with aclosing(_responses(call)) as responses:
            sequence: int = (await anext(responses)).sequence
            return sequence

    async def stream_frames(
        self,
        cameras: Sequence[CameraOpening],
        frames: AsyncIterable[Frame | CameraEnd],
        *,
        lossless: bool = False,
    ) -> AsyncGenerator[Update, None]:
        """Send frames of some cameras and yield what the server finds in them, until every camera has ended.

        Args:
            frames: in capture order over all cameras; sent while answers are read.
            lossless: True: nothing is dropped, the slower side waits (files). False: the oldest frames go (live).
        Raises:
            InvalidRequestError: a frame is corrupt or out of order; the message names it.
            CameraBusyError: another stream feeds a camera.  NotFoundError: a camera is not accepted.
            Exception: whatever ``frames`` raises; the stream is cut then.
        """
        opening = tracking_service_pb2.StreamOpening(
            cameras=[wire.write_opening(camera) for camera in cameras], lossless=lossless
        )
        call = self._tracking.StreamFrames(metadata=self._metadata)
        async with aclosing(answers(call, opening, frames)) as responses:
            async for response in responses:
                update = wire.read_update(response)
                if update is not None:
                    yield update

    async def _call(self, method: Any, request: Any) -> Any:
        try:
            return await method(request, timeout=self._timeout_s, metadata=self._metadata)
        except grpc.aio.AioRpcError as error:
            raise translate(error) from error


async def _responses(call: Any) -> AsyncGenerator[Any, None]:
    """Yield a call's responses; leaving early cancels it.

    Raises:
        ClientError: the server ended it with an error.
    """
    try:
        async for response in call:
            yield response
    except grpc.aio.AioRpcError as error:
        raise translate(error) from error
    finally:
        call.cancel()
