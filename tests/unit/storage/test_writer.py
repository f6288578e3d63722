"""The store's writer: order, back-pressure, retries, alerts, and an end that loses nothing silently."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import pytest

from haven_server.clock import ManualClock
from haven_server.errors import StorageError
from haven_server.storage.store import SQLStore
from haven_server.storage.writer import StoreWriter
from haven_server.types import Changes, Event, EventDraft, EventKind, Observation, Posture

LONGEST_RETRY_S = 2.0


def note(number: int) -> Changes:
    """A decision that is one event."""
    return Changes(events=(EventDraft(EventKind.TRACK_ENDED, number, track_id=number),))


def impossible() -> Changes:
    """A decision that no database takes: a sighting of nobody."""
    return Changes(observations=(Observation(99, "cam1", 1, 0, np.zeros(4, np.float32), Posture.UNKNOWN),))


@contextmanager
def held_by_another_program(database: Path) -> Iterator[None]:
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


class Desk:
    """A writer at its desk: a real database, a clock turned by hand, and all that was published."""

    def __init__(self, folder: Path) -> None:
        self.database = folder / "haven.db"
        self.store = SQLStore.open(self.database, busy_timeout_s=0)
        self.clock = ManualClock()
        self.published: list[Event] = []
        self.writers: list[StoreWriter] = []

    def writer(self, queue_limit: int = 1000, max_db_size_mb: float = 1000.0) -> StoreWriter:
        writer = StoreWriter(self.store, self.published.extend, self.clock, queue_limit, max_db_size_mb)
        self.writers.append(writer)
        return writer

    def fold_log(self) -> None:
        """Have SQLite empty its write-ahead log, which makes the database smaller."""
        with closing(sqlite3.connect(self.database)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def tracks(self) -> list[int | None]:
        return [event.track_id for event in self.published if event.kind is EventKind.TRACK_ENDED]

    def alerts(self) -> list[str]:
        return [event.detail["reason"] for event in self.published if event.kind is EventKind.STORAGE_ALERT]

    async def until_retrying(self) -> None:
        """Wait until a commit failed and the writer sleeps before the next."""
        while not self.clock._sleepers:
            await asyncio.sleep(0)

    async def let_time_pass(self, work: asyncio.Task[None]) -> None:
        """Turn the clock whenever the writer sleeps, until some work is done."""
        while not work.done():
            self.clock.advance(LONGEST_RETRY_S)
            await asyncio.sleep(0)
        await work


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    opened = Desk(tmp_path)
    yield opened
    for writer in opened.writers:
        await writer.close()
    opened.store.close()


async def test_events_are_published_in_order_and_only_once_committed(desk: Desk) -> None:
    committed_when_published: list[bool] = []

    def publish(events: tuple[Event, ...]) -> None:
        committed_when_published.append(desk.store.last_sequence() >= events[-1].sequence)
        desk.published.extend(events)

    writer = StoreWriter(desk.store, publish, desk.clock)
    for number in range(100):
        await writer.put(note(number))
    await writer.flush()
    assert desk.tracks() == list(range(100))
    assert [event.sequence for event in desk.published] == list(range(1, 101))
    assert all(committed_when_published)
    await writer.close()


async def test_what_waits_is_committed_together(desk: Desk) -> None:
    batches: list[int] = []
    writer = StoreWriter(desk.store, lambda events: batches.append(len(events)), desk.clock)
    for number in range(50):
        await writer.put(note(number))
    await writer.close()
    assert sum(batches) == 50
    assert len(batches) <= 2


async def test_flushing_nothing_returns_at_once(desk: Desk) -> None:
    await desk.writer().flush()
    await desk.writer().close()


async def test_a_locked_database_is_tried_until_it_is_free(desk: Desk) -> None:
    writer = desk.writer()
    with held_by_another_program(desk.database):
        await writer.put(note(1))
        await writer.put(note(2))
        await desk.until_retrying()
        assert desk.published == []
    await desk.let_time_pass(asyncio.create_task(writer.flush()))
    assert desk.tracks() == [1, 2]


async def test_a_full_queue_makes_putters_wait_and_raises_one_alert(desk: Desk) -> None:
    writer = desk.writer(queue_limit=3)

    async def put_all() -> None:
        for number in range(10):
            await writer.put(note(number))

    with held_by_another_program(desk.database):
        putting = asyncio.create_task(put_all())
        await desk.until_retrying()
        for _ in range(5):
            await asyncio.sleep(0)
        assert not putting.done()
        assert writer._accepted == 4  # three decisions and the alert
    await desk.let_time_pass(putting)
    await desk.let_time_pass(asyncio.create_task(writer.flush()))
    assert desk.tracks() == list(range(10))
    assert len(desk.alerts()) >= 1
    assert "cannot keep up" in desk.alerts()[0]
    assert [event.sequence for event in desk.published] == list(range(1, len(desk.published) + 1))


async def test_nearing_the_size_limit_is_one_alert_and_another_only_after_it_was_below(desk: Desk) -> None:
    desk.fold_log()
    writer = desk.writer(max_db_size_mb=(desk.store.size_bytes() + 60_000) / 0.9 / 1e6)

    async def write(count: int) -> None:
        for number in range(count):
            await writer.put(note(number))
            await writer.flush()

    await write(20)
    assert desk.alerts() == ["the database nears its limit"]
    (alert,) = [event for event in desk.published if event.kind is EventKind.STORAGE_ALERT]
    assert alert.detail["size_bytes"] > 0.9 * alert.detail["limit_bytes"]
    desk.fold_log()
    await write(20)
    assert len(desk.alerts()) == 2


async def test_far_from_the_size_limit_there_is_no_alert(desk: Desk) -> None:
    writer = desk.writer()
    await writer.put(note(1))
    await writer.close()
    assert desk.alerts() == []


async def test_a_fault_that_cannot_pass_reaches_whoever_calls_next(desk: Desk) -> None:
    writer = StoreWriter(desk.store, desk.published.extend, desk.clock)
    await writer.put(impossible())
    with pytest.raises(StorageError, match=r"nothing can be written any more: .*FOREIGN KEY"):
        await writer.flush()
    with pytest.raises(StorageError, match="nothing can be written any more"):
        await writer.put(note(1))
    with pytest.raises(StorageError, match="decisions not written: 1"):
        await writer.close()


async def test_a_putter_who_waits_learns_of_the_fault_too(desk: Desk) -> None:
    writer = StoreWriter(desk.store, desk.published.extend, desk.clock, queue_limit=1)
    await writer.put(impossible())
    with pytest.raises(StorageError, match="nothing can be written any more"):
        await writer.put(note(1))
    with pytest.raises(StorageError):
        await writer.close()


async def test_closing_writes_what_waits(desk: Desk) -> None:
    writer = desk.writer()
    with held_by_another_program(desk.database):
        await writer.put(note(1))
        await desk.until_retrying()
        closing_down = asyncio.create_task(writer.close())
        await asyncio.sleep(0)
    await desk.let_time_pass(closing_down)
    assert desk.tracks() == [1]


async def test_closing_gives_up_on_a_database_that_stays_locked_and_says_what_is_lost(desk: Desk) -> None:
    writer = StoreWriter(desk.store, desk.published.extend, desk.clock)
    with held_by_another_program(desk.database):
        await writer.put(note(1))
        await writer.put(note(2))
        with pytest.raises(StorageError, match=r"decisions not written: 2: .*locked"):
            await desk.let_time_pass(asyncio.create_task(writer.close()))
    assert desk.published == []


def fill(store: SQLStore) -> None:
    """Let the database grow no further: SQLite then says that the disk is full."""
    with store._database.writing() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")


def much() -> Changes:
    """A decision that is more than the free room of a page."""
    return Changes(events=tuple(EventDraft(EventKind.TRACK_ENDED, number) for number in range(1000)))


async def test_a_disk_that_stays_full_is_a_fault_once_patience_ends(desk: Desk) -> None:
    fill(desk.store)
    writer = StoreWriter(desk.store, desk.published.extend, desk.clock, patience_s=60)
    await writer.put(much())
    await desk.until_retrying()
    desk.clock.advance(59)
    await desk.until_retrying()
    desk.clock.advance(1)
    with pytest.raises(StorageError, match=rf"{desk.database}: the disk is full: free some room"):
        await writer.flush()
    with pytest.raises(StorageError, match=f"decisions not written: 1: {desk.database}"):
        await writer.close()


async def test_patience_begins_anew_with_each_commit(desk: Desk) -> None:
    writer = StoreWriter(desk.store, desk.published.extend, desk.clock, patience_s=10)
    for number in range(3):
        with held_by_another_program(desk.database):
            await writer.put(note(number))
            await desk.until_retrying()
            for _ in range(3):
                desk.clock.advance(LONGEST_RETRY_S)
                await desk.until_retrying()
        await desk.let_time_pass(asyncio.create_task(writer.flush()))
    assert desk.tracks() == [0, 1, 2]
    await writer.close()


async def test_without_a_limit_a_failing_database_is_tried_for_ever(desk: Desk) -> None:
    writer = desk.writer()
    with held_by_another_program(desk.database):
        await writer.put(note(1))
        for _ in range(100):
            await desk.until_retrying()
            desk.clock.advance(3600)
    await desk.let_time_pass(asyncio.create_task(writer.flush()))
    assert desk.tracks() == [1]


async def test_a_writer_told_to_stop_gives_up_in_time_and_tells_whoever_waits(desk: Desk) -> None:
    writer = StoreWriter(desk.store, desk.published.extend, desk.clock, queue_limit=2)
    with held_by_another_program(desk.database):
        await writer.put(note(1))
        await writer.put(note(2))
        await desk.until_retrying()
        waiting = [asyncio.create_task(writer.put(note(3))), asyncio.create_task(writer.flush())]
        writer.stop_by(5)
        writer.stop_by(50)
        desk.clock.advance(5)
        for work in waiting:
            with pytest.raises(StorageError, match="nothing can be written any more"):
                await work
        with pytest.raises(StorageError, match="decisions not written"):
            await writer.close()


async def test_a_writer_told_to_stop_still_writes_what_it_is_given(desk: Desk) -> None:
    writer = desk.writer()
    writer.stop_by(0)
    await writer.put(note(1))
    await writer.flush()
    assert desk.tracks() == [1]


async def test_a_closed_writer_takes_nothing_more(desk: Desk) -> None:
    writer = desk.writer()
    await writer.put(note(1))
    await writer.close()
    with pytest.raises(StorageError, match="closed"):
        await writer.put(note(2))
