"""GalleryService, CameraService, health, reflection and the server's own life over a real connection."""

from __future__ import annotations

import asyncio
import re
import socket
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from haven.v1 import (
    event_service_pb2,
    event_service_pb2_grpc,
    gallery_service_pb2,
    gallery_service_pb2_grpc,
)
from haven_client import (
    Client,
    ClientError,
    InvalidRequestError,
    NotFoundError,
    OverloadedError,
    SyncClient,
    UnavailableError,
)
from prometheus_client import CollectorRegistry

from haven_server.clock import ManualClock
from haven_server.engine.embedded import EmbeddedEngine
from haven_server.engine.health import NetworkHealth
from haven_server.errors import ConfigurationError, EngineError, StorageError
from haven_server.rpc import server
from haven_server.rpc.server import SERVICES, RPCServer
from haven_server.settings import GRPCSettings, SecuritySettings
from haven_server.types import (
    Assurance,
    CameraState,
    CameraStatus,
    Changes,
    EventDraft,
    EventKind,
    IdentityRow,
    ModelRole,
)

if TYPE_CHECKING:
    from tests.e2e.grpc_service.conftest import Serve, Service

RUN_START = 1_767_225_600 * 1_000_000_000


def has_ipv6() -> bool:
    """Say whether this machine can listen on ::1."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


async def test_identities_are_listed_by_pages_without_gap_or_repeat(client: Client, service: Service) -> None:
    service.add_people(7)
    assert [person.global_id async for person in client.list_identities(page_size=3)] == [1, 2, 3, 4, 5, 6, 7]


async def test_a_full_last_page_is_the_last(client: Client, service: Service) -> None:
    service.add_people(3)
    async with grpc.aio.insecure_channel(service.address) as channel:
        gallery = gallery_service_pb2_grpc.GalleryServiceStub(channel)
        page = await gallery.ListIdentities(gallery_service_pb2.ListIdentitiesRequest(page_size=3))
    assert (len(page.identities), page.next_page_token) == (3, "")


async def test_an_empty_gallery_lists_nobody(client: Client, service: Service) -> None:
    assert [person async for person in client.list_identities()] == []


async def test_an_identity_is_read_with_its_times_and_assurance(client: Client, service: Service) -> None:
    service.add_people(2)
    person = await client.get_identity(2)
    assert (person.global_id, person.assurance, person.status) == (2, "tentative", "active")
    assert (person.created_at, person.last_seen_at) == (RUN_START, RUN_START + 2)
    assert (person.merged_into, person.camera_ids, person.observation_count) == (None, (), 0)


async def test_a_merged_identity_names_the_one_it_became(client: Client, service: Service) -> None:
    service.add_people(2)
    merged = IdentityRow(2, RUN_START, RUN_START, Assurance.CONFIRMED, "merged", 1)
    service.site.store.commit([Changes(identities=(merged,))])
    person = await client.get_identity(2)
    assert (person.status, person.merged_into, person.assurance) == ("merged", 1, "confirmed")


async def test_an_unknown_identity_is_not_found(client: Client, service: Service) -> None:
    for number in (404, 0, 2**63, 2**64 - 1):
        with pytest.raises(NotFoundError, match=str(number)) as caught:
            await client.get_identity(number)
        assert caught.value.status == "NOT_FOUND"


async def test_a_page_that_is_too_large_is_refused(client: Client, service: Service) -> None:
    with pytest.raises(InvalidRequestError, match="page_size: wanted at most 1000, got 1001"):
        await anext(client.list_identities(page_size=1001))


@pytest.mark.parametrize("token", ["x", "-1", "٣", "9" * 30])
async def test_a_page_token_of_somebody_else_is_refused(service: Service, token: str) -> None:
    async with grpc.aio.insecure_channel(service.address) as channel:
        gallery = gallery_service_pb2_grpc.GalleryServiceStub(channel)
        with pytest.raises(grpc.aio.AioRpcError, match="page_token") as caught:
            await gallery.ListIdentities(gallery_service_pb2.ListIdentitiesRequest(page_token=token))
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_cameras_are_listed_with_what_a_replay_needs(client: Client, service: Service) -> None:
    service.site.cameras["cam2"] = CameraStatus("cam2", "Hall", "video", CameraState.LIVE, True, 90, 2, 5.1)
    service.site.set_camera("cam1", CameraState.FAILED, "the network broke")
    found = await client.list_cameras()

    assert (found.run_start, found.fps_limit) == (RUN_START, 30.0)
    first, second = found.cameras
    assert (first.camera_id, first.type, first.state, first.problem) == (
        "cam1",
        "pushed",
        "failed",
        "the network broke",
    )
    assert (second.name, second.type, second.state, second.enabled) == ("Hall", "video", "live", True)
    assert (second.frames, second.dropped, second.start_offset, second.problem) == (90, 2, 5_100_000_000, None)


async def test_a_cameras_source_is_never_told(client: Client, service: Service) -> None:
    problem = "camera 'cam1': rtsp://admin:secret@10.0.0.9/live: no route to host"
    service.site.cameras["cam1"] = CameraStatus("cam1", "Hall", "rtsp", CameraState.FAILED, True, 0, 0, 0.0, problem)
    (camera,) = (await client.list_cameras()).cameras
    assert "10.0.0.9" not in repr(camera)
    assert (camera.state, camera.problem) == ("failed", "it failed; the server's log tells why")


@pytest.mark.parametrize("state", CameraState)
async def test_every_state_of_a_camera_can_be_told(client: Client, service: Service, state: CameraState) -> None:
    service.site.set_camera("cam1", state)
    assert (await client.list_cameras()).cameras[0].state == state.value


async def test_health_answers_for_the_server_and_each_service(service: Service) -> None:
    async with grpc.aio.insecure_channel(service.address) as channel:
        health = health_pb2_grpc.HealthStub(channel)
        for name in ("", *SERVICES):
            answer = await health.Check(health_pb2.HealthCheckRequest(service=name))
            assert answer.status == health_pb2.HealthCheckResponse.SERVING


async def test_health_follows_each_network(service: Service, tmp_path: Path) -> None:
    engine, clock, role = EmbeddedEngine(tmp_path, "cpu"), ManualClock(), ModelRole.FACE_EMBEDDER
    networks = NetworkHealth(engine, clock, CollectorRegistry())
    rpc = RPCServer(GRPCSettings(port=0), SecuritySettings(), replace(service.backend, networks=networks), None)
    async with grpc.aio.insecure_channel(await rpc.start()) as channel:
        request = health_pb2.HealthCheckRequest(service="haven.network.face_embedder")
        watch = health_pb2_grpc.HealthStub(channel).Watch(request)
        assert (await anext(aiter(watch))).status == health_pb2.HealthCheckResponse.SERVING
        networks.lose(role, networks.require(role), EngineError("out of memory"))
        assert (await anext(aiter(watch))).status == health_pb2.HealthCheckResponse.NOT_SERVING
        watch.cancel()
    await networks.close()
    await rpc.stop(0)
    await engine.close()


async def test_reflection_names_every_service(service: Service) -> None:
    request = reflection_pb2.ServerReflectionRequest(list_services="")
    async with grpc.aio.insecure_channel(service.address) as channel:
        call = reflection_pb2_grpc.ServerReflectionStub(channel).ServerReflectionInfo(iter([request]))
        answers = [answer async for answer in call]
    names = {entry.name for entry in answers[0].list_services_response.service}
    assert names >= {*SERVICES, "grpc.health.v1.Health", "grpc.reflection.v1alpha.ServerReflection"}


async def test_a_port_that_is_taken_is_an_error_that_names_the_setting(service: Service) -> None:
    port = int(service.address.rpartition(":")[2])
    second = RPCServer(GRPCSettings(port=port), SecuritySettings(), service.backend, None)
    with pytest.raises(ConfigurationError, match=f"cannot listen on 127.0.0.1:{port}.*api.grpc.port"):
        await second.start()
    await second.stop(0)


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no ::1")
async def test_an_ipv6_address_is_told_in_brackets(service: Service) -> None:
    second = RPCServer(GRPCSettings(host="::1", port=0), SecuritySettings(), service.backend, None)
    address = await second.start()
    assert re.fullmatch(r"\[::1\]:\d+", address)
    async with Client(address) as client:
        assert (await client.list_cameras()).cameras == ()
    await second.stop(0)


async def test_a_call_beyond_the_bound_is_refused_for_now(
    tmp_path: Path, serving: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "MAX_CALLS", 1)
    async with serving(tmp_path / "haven.db") as running, grpc.aio.insecure_channel(running.address) as channel:
        watching = event_service_pb2_grpc.EventServiceStub(channel).WatchEvents(event_service_pb2.WatchEventsRequest())
        await watching.read()
        async with Client(running.address) as client:
            with pytest.raises(OverloadedError) as caught:
                await client.list_cameras()
        watching.cancel()
    assert caught.value.status == "RESOURCE_EXHAUSTED"


async def test_a_stopped_server_cannot_be_reached(tmp_path: Path, serving: Serve) -> None:
    async with serving(tmp_path / "haven.db") as running:
        address = running.address
    async with Client(address) as client:
        with pytest.raises(UnavailableError):
            await client.list_cameras()


async def test_our_own_errors_keep_their_status_and_words(
    client: Client, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(global_id: int) -> None:
        raise StorageError("disk full: free space on /data")

    monkeypatch.setattr(service.site.store, "get_identity", fail)
    with pytest.raises(UnavailableError, match="disk full: free space on /data"):
        await client.get_identity(1)


async def test_what_nobody_foresaw_is_internal_and_tells_nothing(
    client: Client, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(global_id: int) -> None:
        raise KeyError("rtsp://admin:secret@camera")

    monkeypatch.setattr(service.site.store, "get_identity", fail)
    with pytest.raises(ClientError) as caught:
        await client.get_identity(1)
    assert caught.value.status == "INTERNAL"
    assert "secret" not in str(caught.value)


async def test_code_without_an_event_loop_has_the_same_client(tmp_path: Path, serving: Serve) -> None:
    def look(address: str) -> tuple[list[int], int, int, list[int]]:
        with SyncClient(address) as client:
            people = [person.global_id for person in client.list_identities()]
            events = client.watch_events(0)
            first = [next(events).sequence, next(events).sequence]
            events.close()
            return people, client.get_identity(1).global_id, len(client.list_cameras().cameras), first

    async with serving(tmp_path / "haven.db") as running:
        running.add_people(2)
        running.site.publish(*(EventDraft(EventKind.TRACK_ENDED, RUN_START, "cam1") for _ in range(2)))
        assert await asyncio.to_thread(look, running.address) == ([1, 2], 1, 0, [1, 2])


def test_the_sync_client_raises_what_went_wrong_and_closes_twice() -> None:
    client = SyncClient("127.0.0.1:1", timeout_s=5)
    with pytest.raises(UnavailableError):
        client.list_cameras()
    client.close()
    client.close()
