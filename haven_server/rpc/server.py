"""The gRPC server's life: settings, services -> a listening port."""

from __future__ import annotations

from dataclasses import dataclass

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from haven.v1 import (
    camera_service_pb2,
    camera_service_pb2_grpc,
    event_service_pb2,
    event_service_pb2_grpc,
    gallery_service_pb2,
    gallery_service_pb2_grpc,
    tracking_service_pb2,
    tracking_service_pb2_grpc,
)

from haven_server.access.guard import Guard
from haven_server.events.overlay import Overlay
from haven_server.ports import Store
from haven_server.rpc.admission import Gate
from haven_server.rpc.camera_servicer import CameraServicer
from haven_server.rpc.event_servicer import EventServicer
from haven_server.rpc.facade import CameraBoard, Corrections, EventFeed, FrameIngest, NetworkBoard
from haven_server.rpc.gallery_servicer import GalleryServicer
from haven_server.rpc.interceptors import CallInterceptor
from haven_server.rpc.listening import listen
from haven_server.rpc.tracking_servicer import TrackingServicer
from haven_server.settings import GRPCSettings, SecuritySettings
from haven_server.types import NetworkState, NetworkStatus

MAX_CALLS = 256
"""Calls that run at the same time; one more is answered with RESOURCE_EXHAUSTED."""
MAX_MESSAGE_BYTES = 64 * 1024 * 1024
"""Greatest message; a raw 4K picture has 25 MB."""

NETWORK_HEALTH = "haven.network"
"""Under which health tells of networks."""

SERVICES = tuple(
    module.DESCRIPTOR.services_by_name[name].full_name
    for module, name in (
        (tracking_service_pb2, "TrackingService"),
        (event_service_pb2, "EventService"),
        (gallery_service_pb2, "GalleryService"),
        (camera_service_pb2, "CameraService"),
    )
)

OPTIONS = (
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    # Without this a second server shares the port in silence, and each gets half of the calls.
    ("grpc.so_reuseport", 0),
    # A client whose machine vanished is noticed within half a minute, whether a call of it runs or not.
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.http2.ping_timeout_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
    # Clients may look after us likewise. By default gRPC cuts one off that pings an idle stream every few minutes.
    ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
    ("grpc.http2.max_ping_strikes", 2),
)


@dataclass(frozen=True, slots=True)
class Backend:
    """What the services stand on."""

    ingest: FrameIngest
    cameras: CameraBoard
    overlay: Overlay
    events: EventFeed
    store: Store
    corrections: Corrections
    networks: NetworkBoard | None = None


class RPCServer:
    """Serves every service of haven.v1, health and reflection on one port. Built, started and stopped on one loop.

    Health tells of the server under "", of each service under its name, of each network under ``haven.network.ROLE``.

    Args:
        guard: asks who calls; None: authentication is off.
    """

    def __init__(
        self, settings: GRPCSettings, security: SecuritySettings, backend: Backend, guard: Guard | None
    ) -> None:
        self._settings = settings
        self._security = security
        self._backend = backend
        self._server = grpc.aio.server(
            interceptors=[CallInterceptor(Gate(guard))], options=OPTIONS, maximum_concurrent_rpcs=MAX_CALLS
        )
        self._health = health.aio.HealthServicer()

    async def start(self) -> str:
        """Listen and answer.

        Returns:
            What clients connect to: HOST:PORT, an IPv6 address in brackets; with TLS https://HOST:PORT.
        Raises:
            ConfigurationError: the address cannot be listened on, or other machines could reach it unasked or overhear.
        """
        self._add_services()
        address = listen(self._server, self._settings, self._security)
        await self._server.start()
        for name in ("", *SERVICES):
            await self._health.set(name, health_pb2.HealthCheckResponse.SERVING)
        if self._backend.networks is not None:
            for status in self._backend.networks.list():
                await self._show(status)
            self._backend.networks.listen(self._show)
        return address

    async def stop(self, grace_s: float = 5.0) -> None:
        """Take no new calls, and let those that run finish; after ``grace_s`` they are cut. Safe to call twice.

        Streams that have no end of their own finish when the overlay and the events' bus are closed: do that first.
        """
        await self._health.enter_graceful_shutdown()
        await self._server.stop(grace_s)

    async def _show(self, status: NetworkStatus) -> None:
        """Let health tell how a network fares."""
        answers = status.state is NetworkState.READY
        response = health_pb2.HealthCheckResponse
        await self._health.set(
            f"{NETWORK_HEALTH}.{status.role.value}", response.SERVING if answers else response.NOT_SERVING
        )

    def _add_services(self) -> None:
        server, backend = self._server, self._backend
        tracking = TrackingServicer(backend.ingest, backend.cameras, backend.overlay)
        tracking_service_pb2_grpc.add_TrackingServiceServicer_to_server(tracking, server)
        events = EventServicer(backend.events)
        event_service_pb2_grpc.add_EventServiceServicer_to_server(events, server)
        gallery = GalleryServicer(backend.store, backend.corrections)
        gallery_service_pb2_grpc.add_GalleryServiceServicer_to_server(gallery, server)
        camera_service_pb2_grpc.add_CameraServiceServicer_to_server(CameraServicer(backend.cameras), server)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, server)
        reflection.enable_server_reflection((*SERVICES, health.SERVICE_NAME, reflection.SERVICE_NAME), server)
