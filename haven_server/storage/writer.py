"""The store's only writer: queues decisions, commits what waits together, then tells of it. Changes -> Event."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from haven_server.errors import StorageError, StoreUnavailableError
from haven_server.ports import Clock, Store
from haven_server.telemetry import logger
from haven_server.types import Changes, Event, EventDraft, EventKind

log = logger(__name__)

_FIRST_RETRY_S = 0.05
_LONGEST_RETRY_S = 2.0
_ALERT_SHARE = 0.9
_RELIEF_SHARE = 0.5
_MEGABYTE = 1_000_000


class StoreWriter:
    """Commits in the order of ``put``, as many decisions to a transaction as wait, and publishes after the commit.

    A database that is locked, full or failing loses nothing: what waits stays in memory and is tried again, and ``put``
    blocks once the queue is full. A fault that cannot pass, or outlasts all patience, is raised to whoever calls next.
    """

    def __init__(
        self,
        store: Store,
        publish: Callable[[tuple[Event, ...]], None],
        clock: Clock,
        queue_limit: int = 1000,
        max_db_size_mb: float = 1000.0,
        close_patience_s: float = 10.0,
        patience_s: float | None = None,
    ) -> None:
        """Start nothing yet: the first ``put`` does.

        Args:
            publish: called in the event loop with each commit's events, in order; must not block.
            queue_limit: decisions that may wait before ``put`` blocks.
            max_db_size_mb: size in MB (10^6 bytes) of which 90 % raises an alert.
            close_patience_s: seconds that ``close`` goes on trying a database that cannot be written.
            patience_s: seconds that one commit may go on failing before that is a fault for good; None: for ever.
        """
        self._store = store
        self._publish = publish
        self._clock = clock
        self._queue_limit = queue_limit
        self._size_limit = max_db_size_mb * _MEGABYTE
        self._close_patience_s = close_patience_s
        self._patience_s = math.inf if patience_s is None else patience_s
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="store-writer")
        self._changed = asyncio.Condition()
        self._waiting: list[Changes] = []
        self._accepted = 0
        self._committed = 0
        self._behind = False
        self._nearly_full = False
        self._closed = False
        self._give_up_at = math.inf
        self._failure: Exception | None = None
        self._task: asyncio.Task[None] | None = None

    async def put(self, changes: Changes) -> None:
        """Queue one decision; returns when there is room, not when it is committed.

        Raises:
            StorageError: nothing can be written any more.
        """
        async with self._changed:
            if self._is_full() and not self._behind:
                self._behind = True
                self._alert("the database cannot keep up: decisions wait", waiting=len(self._waiting))
            await self._changed.wait_for(lambda: not self._is_full() or self._failure)
            self._check()
            self._enqueue(changes)

    async def flush(self) -> None:
        """Wait until all that was put before is committed and published.

        Raises:
            StorageError: it cannot be written any more.
        """
        target = self._accepted
        async with self._changed:
            await self._changed.wait_for(lambda: self._committed >= target or self._failure)
            if self._committed < target:
                self._check()

    def stop_by(self, seconds: float) -> None:
        """From now on try a database that cannot be written for so long at most, whatever was said before.

        Once the time is over, the first commit that fails is a fault for good: ``put``, ``flush`` and ``close`` raise
        StorageError. A later call can shorten the time and not lengthen it.
        """
        self._give_up_at = min(self._give_up_at, self._clock.monotonic() + seconds)

    async def close(self) -> None:
        """Commit what waits and stop. Safe to call twice.

        Raises:
            StorageError: some decisions could not be written; the message says how many.
        """
        if self._closed:
            return
        self._closed = True
        self.stop_by(self._close_patience_s)
        async with self._changed:
            self._changed.notify_all()
        if self._task is not None:
            await asyncio.wait([self._task])  # unlike ``await``, cancels nothing when this is cancelled
        self._executor.shutdown()
        if self._failure is not None:
            lost = self._accepted - self._committed
            raise StorageError(f"decisions not written: {lost}: {self._failure}") from self._failure

    def _is_full(self) -> bool:
        return self._accepted - self._committed >= self._queue_limit

    def _check(self) -> None:
        """Raise what stopped the writer, if anything did."""
        if self._failure is not None:
            raise StorageError(f"nothing can be written any more: {self._failure}") from self._failure
        if self._closed:
            raise StorageError("the store's writer is closed: nothing can be written any more")

    def _enqueue(self, changes: Changes) -> None:
        self._waiting.append(changes)
        self._accepted += 1
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="store-writer")
        self._changed.notify_all()

    async def _run(self) -> None:
        """Commit until closed and empty, or until a fault that cannot pass."""
        try:
            while batch := await self._next_batch():
                events = await self._commit(batch)
                if events:
                    self._publish(events)
                await self._watch_size()
                async with self._changed:
                    self._committed += len(batch)
                    if self._accepted - self._committed < _RELIEF_SHARE * self._queue_limit:
                        self._behind = False
                    self._changed.notify_all()
        except Exception as error:
            log.error("the store's writer stopped", error=str(error), exc_info=not isinstance(error, StorageError))
            async with self._changed:
                self._failure = error
                self._changed.notify_all()

    async def _next_batch(self) -> tuple[Changes, ...]:
        """Take all that waits; empty when closed and nothing does."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._waiting or self._closed)
            batch = tuple(self._waiting)
            self._waiting.clear()
            return batch

    async def _commit(self, batch: tuple[Changes, ...]) -> tuple[Event, ...]:
        """Commit one transaction, again and again while the fault may pass; return its events."""
        loop = asyncio.get_running_loop()
        delay_s = _FIRST_RETRY_S
        patience_ends = self._clock.monotonic() + self._patience_s
        while True:
            try:
                return await loop.run_in_executor(self._executor, self._store.commit, batch)
            except StoreUnavailableError as error:
                if self._clock.monotonic() >= min(patience_ends, self._give_up_at):
                    raise
                log.warning("commit failed, trying again", retry_in_s=delay_s, waiting=len(batch), error=str(error))
            await self._clock.sleep(delay_s)
            delay_s = min(2 * delay_s, _LONGEST_RETRY_S)

    async def _watch_size(self) -> None:
        """Raise an alert when the database nears its limit, once until it was below."""
        try:
            size = await asyncio.get_running_loop().run_in_executor(self._executor, self._store.size_bytes)
        except StoreUnavailableError as error:  # the commit stands: it must not be tried again for this
            log.warning("the database's size is not known", error=str(error))
            return
        nearly_full = size >= _ALERT_SHARE * self._size_limit
        async with self._changed:
            if nearly_full and not self._nearly_full:
                self._alert("the database nears its limit", size_bytes=size, limit_bytes=round(self._size_limit))
        self._nearly_full = nearly_full

    def _alert(self, reason: str, **facts: int) -> None:
        """Tell the log at once, and subscribers with the next commit; an alert needs no room in the queue."""
        log.error(reason, **facts)
        draft = EventDraft(EventKind.STORAGE_ALERT, self._clock.now(), detail={"reason": reason, **facts})
        self._enqueue(Changes(events=(draft,)))
