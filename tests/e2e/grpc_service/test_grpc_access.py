"""Who may call, over a real connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
import pytest
import trustme
from grpc_health.v1 import health_pb2, health_pb2_grpc
from haven_client import (
    CertificateError,
    Client,
    DeadlineError,
    ForbiddenError,
    OverloadedError,
    SyncClient,
    UnauthenticatedError,
    UnavailableError,
)

from haven_server.access.failures import BURST, PER_S
from haven_server.access.guard import Guard
from haven_server.access.roles import Role
from haven_server.access.token_file import TokenFile
from haven_server.clock import ManualClock
from haven_server.rpc import interceptors, server
from haven_server.rpc.admission import LEAST_ROLE
from haven_server.settings import SecuritySettings, TLSSettings
from haven_server.types import EventDraft, EventKind

if TYPE_CHECKING:
    from tests.e2e.grpc_service.conftest import Serve, Service

METHODS = sorted(LEAST_ROLE)
DENIED = grpc.StatusCode.PERMISSION_DENIED


@pytest.fixture
def tokens(tmp_path: Path) -> TokenFile:
    return TokenFile(tmp_path / "tokens.json")


@pytest.fixture
def clock() -> ManualClock:
    """By which wrong tokens are forgotten."""
    return ManualClock()


@pytest.fixture
async def guarded(tmp_path: Path, serving: Serve, tokens: TokenFile, clock: ManualClock) -> AsyncIterator[Service]:
    """A server that asks who calls."""
    async with serving(tmp_path / "haven.db", guard=Guard(tokens, clock)) as running:
        yield running


async def outcome(address: str, method: str, *metadata: tuple[str, str]) -> grpc.StatusCode:
    """Make a call of any method with an empty request, as bytes, and return how it ended, or that it was let in."""

    # Not by grpc.aio, which loses the status of a call that ends while a request is written (grpc/grpc, issue 36066).
    def ask() -> grpc.StatusCode:
        with grpc.insecure_channel(address) as channel:
            call: Any = channel.stream_stream(method)
            try:
                for _ in call(iter([b""]), metadata=metadata, timeout=0.5):
                    return grpc.StatusCode.OK
            except grpc.RpcError as error:
                failed: Any = error
                return grpc.StatusCode(failed.code())
        return grpc.StatusCode.OK

    return await asyncio.to_thread(ask)


async def test_no_method_answers_a_call_without_the_right_token(guarded: Service, clock: ManualClock) -> None:
    for value in (None, "Bearer haven_wrong", "Bearer ", "Basic dXNlcjpwYXNz", ""):
        metadata = () if value is None else (("authorization", value),)
        for method in METHODS:
            clock.advance(1 / PER_S)
            assert await outcome(guarded.address, method, *metadata) is grpc.StatusCode.UNAUTHENTICATED, method


async def test_two_tokens_in_one_call_are_none(guarded: Service, tokens: TokenFile) -> None:
    one = ("authorization", f"Bearer {tokens.create(Role.ADMIN)[1]}")
    method = "/haven.v1.CameraService/ListCameras"
    assert await outcome(guarded.address, method, one) is grpc.StatusCode.OK
    assert await outcome(guarded.address, method, one, one) is grpc.StatusCode.UNAUTHENTICATED


@pytest.mark.parametrize("role", Role)
async def test_each_role_may_call_what_the_table_says(guarded: Service, tokens: TokenFile, role: Role) -> None:
    bearer = ("authorization", f"bearer {tokens.create(role)[1]}")
    answers = await asyncio.gather(*(outcome(guarded.address, method, bearer) for method in METHODS))
    refused = {method for method, answer in zip(METHODS, answers, strict=True) if answer is DENIED}
    assert refused == {method for method, least in LEAST_ROLE.items() if role < least}
    assert grpc.StatusCode.UNAUTHENTICATED not in answers


async def test_health_is_told_to_anybody(guarded: Service) -> None:
    async with grpc.aio.insecure_channel(guarded.address) as channel:
        answer = await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest())
    assert answer.status == health_pb2.HealthCheckResponse.SERVING


async def test_a_viewer_reads_and_does_not_merge(guarded: Service, tokens: TokenFile) -> None:
    guarded.add_people(2)
    async with Client(guarded.address, token=tokens.create(Role.VIEWER, "wall")[1]) as viewer:
        assert [person.global_id async for person in viewer.list_identities()] == [1, 2]
        with pytest.raises(
            ForbiddenError, match="MergeIdentities is for the role operator, and token 'wall'"
        ) as caught:
            await viewer.merge_identities(1, 2)
        assert caught.value.status == "PERMISSION_DENIED"
        assert [person.global_id async for person in viewer.list_identities()] == [1, 2]


async def test_the_client_is_told_that_it_needs_a_token(guarded: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HAVEN_TOKEN", raising=False)
    async with Client(guarded.address) as stranger:
        with pytest.raises(UnauthenticatedError, match="HAVEN_TOKEN"):
            await stranger.list_cameras()
        with pytest.raises(UnauthenticatedError):
            await anext(stranger.watch_events(0))
        with pytest.raises(UnauthenticatedError):
            await stranger.last_event_sequence()


async def test_the_token_comes_from_the_environment_too(
    guarded: Service, tokens: TokenFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look(address: str) -> int:
        with SyncClient(address) as client:
            return len(client.list_cameras().cameras)

    monkeypatch.setenv("HAVEN_TOKEN", tokens.create(Role.VIEWER)[1])
    assert await asyncio.to_thread(look, guarded.address) == 0


async def test_a_stream_ends_with_the_first_message_after_its_token_was_revoked(
    guarded: Service, tokens: TokenFile
) -> None:
    draft = EventDraft(EventKind.TRACK_ENDED, 0, "cam1")
    async with Client(guarded.address, token=tokens.create(Role.VIEWER, "wall")[1]) as viewer:
        guarded.site.publish(draft)
        async with aclosing(viewer.watch_events(0)) as events:
            assert (await anext(events)).sequence == 1
            tokens.revoke("wall")
            guarded.site.publish(draft)
            with pytest.raises(UnauthenticatedError, match="revoked"):
                await anext(events)


async def test_too_many_wrong_tokens_are_no_longer_looked_at(guarded: Service, tokens: TokenFile) -> None:
    async with Client(guarded.address, token="haven_wrong") as guesser:
        for _ in range(BURST):
            with pytest.raises(UnauthenticatedError):
                await guesser.list_cameras()
        with pytest.raises(OverloadedError, match="too many wrong tokens"):
            await guesser.list_cameras()
    async with Client(guarded.address, token=tokens.create(Role.ADMIN)[1]) as late:
        with pytest.raises(OverloadedError, match="too many wrong tokens"):
            await late.list_cameras()


async def test_a_strangers_request_is_not_even_received(guarded: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("the request of a stranger was received")

    monkeypatch.setattr(interceptors, "_only_request", never)
    method = "/haven.v1.GalleryService/MergeIdentities"
    assert await outcome(guarded.address, method) is grpc.StatusCode.UNAUTHENTICATED


async def test_a_stranger_who_sends_much_is_told_why_it_is_not_taken(guarded: Service) -> None:
    async with grpc.aio.insecure_channel(guarded.address) as channel:
        call: Any = channel.unary_unary("/haven.v1.GalleryService/GetIdentity")
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call(bytes(32 * 1024 * 1024))
    assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED


async def test_what_cannot_be_decoded_is_invalid_and_no_fault_of_the_server(service: Service) -> None:
    async with grpc.aio.insecure_channel(service.address) as channel:
        for method in ("/haven.v1.GalleryService/GetIdentity", "/haven.v1.EventService/WatchEvents"):
            call: Any = channel.unary_stream(method)
            with pytest.raises(grpc.aio.AioRpcError, match="cannot be decoded") as caught:
                async for _ in call(b"\xff\xff\xff"):
                    pass
            assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_call_that_ends_without_its_request_is_invalid(service: Service) -> None:
    async with grpc.aio.insecure_channel(service.address) as channel:
        with pytest.raises(grpc.aio.AioRpcError, match="before its request came") as caught:
            await channel.stream_unary("/haven.v1.GalleryService/GetIdentity")(iter([]))
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_call_that_takes_too_long_is_given_up(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interceptors, "ANSWER_S", 0.01)

    async def never(*_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(service.people.desk, "merge", never)
    async with Client(service.address) as client:
        with pytest.raises(DeadlineError, match="had no answer within"):
            await client.merge_identities(1, 2)


async def test_streams_leave_room_for_calls_that_answer_once(
    tmp_path: Path, serving: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interceptors, "MAX_STREAMS", 1)
    async with serving(tmp_path / "haven.db") as running, Client(running.address) as client:
        running.site.publish(EventDraft(EventKind.TRACK_ENDED, 0, "cam1"))
        async with aclosing(client.watch_events(0)) as events:
            await anext(events)
            with pytest.raises(OverloadedError, match="1 streams run already"):
                await client.last_event_sequence()
            await client.list_cameras()


async def test_strangers_who_call_and_say_nothing_keep_nobody_else_out(
    tmp_path: Path, serving: Serve, tokens: TokenFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interceptors, "MAX_STRANGERS", 1)
    monkeypatch.setattr(server, "MAX_CALLS", 3)
    _, text = tokens.create(Role.VIEWER)
    async with (
        serving(tmp_path / "haven.db", guard=Guard(tokens, ManualClock())) as running,
        grpc.aio.insecure_channel(running.address) as channel,
        Client(running.address, token=text) as viewer,
    ):
        check: Any = channel.stream_unary("/grpc.health.v1.Health/Check")
        silent = [check() for _ in range(2)]
        ends = [asyncio.ensure_future(call.code()) for call in silent]
        (refused,), (waiting,) = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        assert refused.result() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert (await viewer.list_cameras()).cameras == ()
        assert not waiting.done()
        for call in silent:
            call.cancel()


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
async def encrypted(tmp_path: Path, serving: Serve, tokens: TokenFile, authority: trustme.CA) -> AsyncIterator[Service]:
    """A server that asks who calls, and has a certificate for 127.0.0.1."""
    certificate = authority.issue_cert("127.0.0.1")
    certificate.private_key_pem.write_to_path(tmp_path / "server.key")
    certificate.cert_chain_pems[0].write_to_path(tmp_path / "server.pem")
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    security = SecuritySettings(tls=TLSSettings(certificate=tmp_path / "server.pem", key=tmp_path / "server.key"))
    async with serving(tmp_path / "haven.db", guard=Guard(tokens, ManualClock()), security=security) as running:
        yield running


async def test_with_tls_the_server_is_known_by_its_certificate_and_the_client_by_its_token(
    encrypted: Service, tokens: TokenFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert encrypted.address.startswith("https://127.0.0.1:")
    token = tokens.create(Role.VIEWER)[1]
    async with Client(encrypted.address, token=token, ca=tmp_path / "ca.pem") as client:
        assert (await client.list_cameras()).cameras == ()
    monkeypatch.setenv("HAVEN_CA", str(tmp_path / "ca.pem"))
    async with Client(encrypted.address.removeprefix("https://"), token=token) as client:
        assert (await client.list_cameras()).cameras == ()


async def test_a_server_that_nobody_vouches_for_is_sent_no_token(encrypted: Service) -> None:
    async with Client(encrypted.address, token="haven_secret") as client:
        with pytest.raises(CertificateError, match="name who signed it"):
            await client.list_cameras()


async def test_a_client_without_tls_is_told_to_use_it(encrypted: Service) -> None:
    async with Client(encrypted.address.removeprefix("https://"), token="haven_secret") as client:
        with pytest.raises(UnavailableError, match="https://HOST:PORT"):
            await client.list_cameras()


async def test_a_method_that_is_not_there_is_unimplemented(guarded: Service) -> None:
    assert await outcome(guarded.address, "/haven.v1.GalleryService/DropAll") is grpc.StatusCode.UNIMPLEMENTED
