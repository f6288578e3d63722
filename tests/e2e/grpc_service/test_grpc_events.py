"""EventService over a real connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from haven.v1 import event_pb2
from haven_client import Client, Event, EventsGoneError, InvalidRequestError, UnavailableError
from sqlalchemy import delete

from haven_server.storage.schema import events as events_table
from haven_server.types import NANOSECONDS, EventDraft, EventKind

if TYPE_CHECKING:
    from tests.e2e.grpc_service.conftest import Serve, Service

NOON = 1_767_268_800 * NANOSECONDS + 123_456_789


def draft(kind: EventKind = EventKind.TRACK_ENDED, camera_id: str | None = "cam1", **detail: Any) -> EventDraft:
    return EventDraft(kind, NOON, camera_id, 3, 12, detail)


async def take(events: AsyncIterator[Event], count: int) -> list[Event]:
    return [await anext(events) for _ in range(count)]


def numbers(events: Sequence[Event]) -> list[int]:
    return [event.sequence for event in events]


async def subscribers(service: Service) -> None:
    """Wait until somebody follows the bus."""
    while service.site.bus.followers == 0:
        await asyncio.sleep(0.001)


async def test_an_event_arrives_with_all_its_facts(client: Client, service: Service) -> None:
    service.site.publish(draft(frame_count=20, score=0.5, gate="face", why=["near", None], deep={"margin": 0.25}))

    async with aclosing(client.watch_events(0)) as events:
        (event,) = await take(events, 1)
    detail = {"frame_count": 20, "score": 0.5, "gate": "face", "why": ["near", None], "deep": {"margin": 0.25}}
    assert event == Event(1, "TRACK_ENDED", NOON, "cam1", 3, 12, detail)


async def test_what_an_event_does_not_concern_is_absent(client: Client, service: Service) -> None:
    service.site.publish(EventDraft(EventKind.STORAGE_ALERT, NOON))

    async with aclosing(client.watch_events(0)) as events:
        assert await take(events, 1) == [Event(1, "STORAGE_ALERT", NOON, None, None, None, {})]


async def test_a_stream_from_now_on_leaves_out_what_was_before(client: Client, service: Service) -> None:
    service.site.publish(draft(), draft())

    async with aclosing(client.watch_events()) as events:
        watching = asyncio.create_task(take(events, 1))
        await subscribers(service)
        service.site.publish(draft())
        assert numbers(await watching) == [3]


async def test_a_stream_resumes_after_any_number(client: Client, service: Service) -> None:
    service.site.publish(*(draft() for _ in range(5)))

    async with aclosing(client.watch_events(3)) as events:
        assert numbers(await take(events, 2)) == [4, 5]


async def test_filters_keep_the_kinds_and_cameras_asked_for(client: Client, service: Service) -> None:
    service.site.publish(
        draft(EventKind.IDENTITY_CREATED, "cam1"),
        draft(EventKind.IDENTITY_CREATED, "cam2"),
        draft(EventKind.TRACK_ENDED, "cam2"),
        draft(EventKind.STORAGE_ALERT, None),
        draft(EventKind.IDENTITY_CREATED, "cam2"),
    )

    async with aclosing(client.watch_events(0, kinds=["IDENTITY_CREATED"], cameras=["cam2"])) as events:
        assert numbers(await take(events, 2)) == [2, 5]


async def test_events_that_are_no_longer_kept_are_refused_with_the_oldest_that_is(
    client: Client, service: Service, tmp_path: Path, serving: Serve
) -> None:
    async with serving(tmp_path / "old.db") as first:
        first.site.publish(*(draft() for _ in range(5)))
        with first.site.store._database.writing() as connection:
            connection.execute(delete(events_table).where(events_table.c.sequence < 4))
    async with serving(tmp_path / "old.db") as second, Client(second.address) as other:
        with pytest.raises(EventsGoneError, match="resume from there") as caught:
            await take(other.watch_events(1), 1)
    assert (caught.value.status, caught.value.oldest_sequence) == ("OUT_OF_RANGE", 4)


async def test_a_number_never_given_is_refused(client: Client, service: Service) -> None:
    with pytest.raises(InvalidRequestError, match="event 99 does not exist"):
        await take(client.watch_events(99), 1)


async def test_a_kind_the_client_does_not_know_is_refused_before_it_is_sent(client: Client, service: Service) -> None:
    with pytest.raises(InvalidRequestError, match="'EARTHQUAKE' is no kind of event; known are IDENTITY_CREATED"):
        await take(client.watch_events(0, kinds=["EARTHQUAKE"]), 1)


async def test_a_stream_that_is_cut_is_taken_up_where_it_broke(tmp_path: Path, serving: Serve) -> None:
    database = tmp_path / "haven.db"
    async with serving(database) as first:
        first.site.publish(*(draft() for _ in range(3)))
        address = first.address
        client = Client(address)
        events = client.watch_events(0)
        received = await take(events, 3)
        following = asyncio.create_task(take(events, 4))
    async with serving(database, int(address.rpartition(":")[2])) as second:
        second.site.publish(*(draft() for _ in range(4)))
        received += await following
        await events.aclose()
        await client.close()
    assert numbers(received) == [1, 2, 3, 4, 5, 6, 7]


async def test_a_stream_cut_before_its_first_event_misses_none(tmp_path: Path, serving: Serve) -> None:
    database = tmp_path / "haven.db"
    async with serving(database) as first:
        address = first.address
        client = Client(address)
        events = client.watch_events()
        following = asyncio.create_task(take(events, 1))
        await subscribers(first)
    async with serving(database, int(address.rpartition(":")[2])) as second:
        second.site.publish(draft())
        assert numbers(await following) == [1]
        await events.aclose()
        await client.close()


async def test_a_server_that_cannot_be_reached_is_said_so_at_once() -> None:
    async with Client("127.0.0.1:1") as client:
        with pytest.raises(UnavailableError):
            await take(client.watch_events(), 1)


async def test_the_newest_number_can_be_asked_for(client: Client, service: Service) -> None:
    assert await client.last_event_sequence() == 0
    service.site.publish(draft(), draft())
    assert await client.last_event_sequence() == 2


def test_every_kind_of_event_has_its_number_on_the_wire() -> None:
    known = {name.removeprefix("EVENT_KIND_") for name in event_pb2.EventKind.DESCRIPTOR.values_by_name}
    assert {kind.name for kind in EventKind} == known - {"UNSPECIFIED"}
