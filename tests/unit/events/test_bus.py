"""The event bus, over a real store: nothing lost, nothing twice, however slow or late a subscriber is."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Iterator

import pytest

from haven_server.errors import InvalidInputError, SequenceGoneError
from haven_server.events.bus import EventBus
from haven_server.storage.store import SQLStore
from haven_server.types import Changes, Event, EventDraft, EventKind


class Site:
    """Commits events and publishes them, as the writer does."""

    def __init__(self, ring_size: int) -> None:
        self.store = SQLStore.open("sqlite://")
        self.bus = self.start_bus(ring_size)

    def start_bus(self, ring_size: int) -> EventBus:
        store = self.store
        return EventBus(store.last_sequence(), store.events_after, store.oldest_sequence, ring_size)

    def commit(self, count: int = 1) -> tuple[Event, ...]:
        drafts = tuple(EventDraft(EventKind.TRACK_ENDED, at) for at in range(count))
        return self.store.commit([Changes(events=drafts)])

    def publish(self, count: int = 1) -> None:
        self.bus.publish(self.commit(count))

    def forget(self, up_to: int) -> None:
        with self.store._database.writing() as connection:
            connection.exec_driver_sql(f"DELETE FROM events WHERE sequence <= {up_to}")


@pytest.fixture
def site() -> Iterator[Site]:
    opened = Site(ring_size=4)
    yield opened
    opened.store.close()


async def take(events: AsyncIterator[Event], count: int) -> list[int]:
    return [(await anext(events)).sequence for _ in range(count)]


async def all_of(events: AsyncIterator[Event]) -> list[int]:
    return [event.sequence async for event in events]


async def test_a_subscriber_from_now_gets_what_comes_after_it_asked(site: Site) -> None:
    site.publish(3)
    events = site.bus.subscribe(None)
    site.publish(2)
    assert await take(events, 2) == [4, 5]


async def test_a_subscriber_waits_for_the_next_event(site: Site) -> None:
    waiting = asyncio.create_task(take(site.bus.subscribe(0), 1))
    await asyncio.sleep(0)
    assert not waiting.done()
    site.publish()
    assert await waiting == [1]


async def test_one_resumes_from_the_ring(site: Site) -> None:
    site.publish(6)
    assert await take(site.bus.subscribe(4), 2) == [5, 6]


async def test_one_resumes_from_before_the_ring_without_gap_or_repeat_at_the_seam(site: Site) -> None:
    site.publish(600)
    events = site.bus.subscribe(0)
    assert await take(events, 600) == list(range(1, 601))
    site.publish()
    assert await take(events, 1) == [601]


async def test_after_a_restart_old_events_come_from_the_store(site: Site) -> None:
    site.publish(6)
    site.bus = site.start_bus(ring_size=4)
    assert site.bus.last_sequence == 6
    events = site.bus.subscribe(3)
    site.publish()
    assert await take(events, 4) == [4, 5, 6, 7]


async def test_an_event_is_seen_only_once_published_though_the_store_has_it(site: Site) -> None:
    site.publish(6)
    unpublished = site.commit(2)
    events = site.bus.subscribe(0)
    assert await take(events, 6) == [1, 2, 3, 4, 5, 6]
    following = asyncio.create_task(take(events, 2))
    await asyncio.sleep(0)
    assert not following.done()
    site.bus.publish(unpublished)
    assert await following == [7, 8]


async def test_a_slow_subscriber_falls_out_of_the_ring_and_still_misses_nothing(site: Site) -> None:
    site.publish()
    slow = site.bus.subscribe(0)
    assert await take(slow, 1) == [1]
    site.publish(500)
    assert len(site.bus._ring) == 4
    assert await take(slow, 500) == list(range(2, 502))


async def test_events_no_longer_kept_are_told_with_the_oldest_that_is(site: Site) -> None:
    site.publish(10)
    site.forget(5)
    with pytest.raises(SequenceGoneError) as caught:
        await take(site.bus.subscribe(2), 1)
    assert (caught.value.asked, caught.value.oldest_sequence) == (3, 6)
    assert await take(site.bus.subscribe(5), 1) == [6]


@pytest.mark.parametrize("after", [-1, 4])
async def test_an_event_that_never_was_cannot_be_resumed_after(site: Site, after: int) -> None:
    site.publish(3)
    with pytest.raises(InvalidInputError, match="resume after 0 to 3"):
        site.bus.subscribe(after)


async def test_closing_ends_subscribers_after_the_last_event(site: Site) -> None:
    waiting = asyncio.create_task(all_of(site.bus.subscribe(0)))
    late = site.bus.subscribe(0)
    await asyncio.sleep(0)
    site.publish(6)
    site.bus.close()
    site.bus.close()
    assert await waiting == [1, 2, 3, 4, 5, 6]
    assert await all_of(late) == [1, 2, 3, 4, 5, 6]


async def test_a_gap_in_what_is_published_is_refused(site: Site) -> None:
    site.commit()
    with pytest.raises(ValueError, match="event 2 published after event 0"):
        site.publish()


@pytest.mark.parametrize("seed", range(5))
async def test_resuming_at_random_while_events_flow_loses_none_and_repeats_none(site: Site, seed: int) -> None:
    total = 400
    chance = random.Random(seed)

    async def publish_all() -> None:
        while (left := total - site.bus.last_sequence) > 0:
            drafts = site.commit(min(left, chance.randint(1, 9)))
            await asyncio.sleep(0)
            site.bus.publish(drafts)
            await asyncio.sleep(0)

    async def follow_with_cuts() -> list[int]:
        seen: list[int] = []
        while len(seen) < total:
            events = site.bus.subscribe(seen[-1] if seen else 0)
            seen += await take(events, min(chance.randint(1, 40), total - len(seen)))
            for _ in range(chance.randint(0, 20)):
                await asyncio.sleep(0)
        return seen

    followers = [asyncio.create_task(follow_with_cuts()) for _ in range(5)]
    await publish_all()
    for follower in followers:
        assert await follower == list(range(1, total + 1))
