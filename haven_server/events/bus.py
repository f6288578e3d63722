"""The event bus: committed events to any number of subscribers, each at its own pace. Event -> Event.

A subscriber is no more than the number of the last event it took. It takes the next from a ring of recent events, or,
when it lags behind the ring or resumes from long ago, from the store. So a slow one costs no memory, and none loses an
event or gets one twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence

from haven_server.errors import InvalidInputError, SequenceGoneError
from haven_server.types import Event

_PAGE = 256
"""Events read from the store at once."""


class EventBus:
    """Belongs to one event loop: call everything from there."""

    def __init__(
        self,
        last_sequence: int,
        read_older: Callable[[int, int], Sequence[Event]],
        oldest_sequence: Callable[[], int],
        ring_size: int = 1024,
    ) -> None:
        """Start with an empty ring.

        Args:
            last_sequence: of the newest event committed so far, 0 when there is none.
            read_older: reads committed events with a greater number, ascending, at most so many. May block, and is
                called from other threads.
            oldest_sequence: tells the oldest event's number that ``read_older`` still has; likewise.
            ring_size: recent events kept in memory.
        """
        self._last = last_sequence
        self._read_older = read_older
        self._oldest_sequence = oldest_sequence
        self._ring_size = ring_size
        self._ring: dict[int, Event] = {}
        self._news = asyncio.Event()
        self._closed = False

    @property
    def last_sequence(self) -> int:
        """Number of the newest event published, 0 when there never was one."""
        return self._last

    def publish(self, events: Sequence[Event]) -> None:
        """Hand committed events to all subscribers.

        Raises:
            ValueError: their numbers do not follow the last ones.
        """
        for event in events:
            if event.sequence != self._last + 1:
                raise ValueError(f"event {event.sequence} published after event {self._last}")
            self._last = event.sequence
            self._ring[event.sequence] = event
            self._ring.pop(event.sequence - self._ring_size, None)
        self._wake()

    def subscribe(self, after: int | None) -> AsyncIterator[Event]:
        """Follow events without gap or repeat, until the bus closes.

        Args:
            after: number of the last event already known, 0 for all; None: only what is published from now on.
        Raises:
            InvalidInputError: no such event exists yet.
            SequenceGoneError: by the iterator, when events after that one are no longer kept.
        """
        if after is not None and not 0 <= after <= self._last:
            raise InvalidInputError(f"event {after} does not exist: resume after 0 to {self._last}")
        return self._follow(self._last if after is None else after)

    def close(self) -> None:
        """End every subscription once it has had what was published. Safe to call twice."""
        self._closed = True
        self._wake()

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    async def _follow(self, after: int) -> AsyncIterator[Event]:
        while True:
            if (event := self._ring.get(after + 1)) is not None:
                after = event.sequence
                yield event
            elif after < self._last:
                for event in await self._page(after):
                    after = event.sequence
                    yield event
            elif self._closed:
                return
            else:
                await self._news.wait()

    async def _page(self, after: int) -> Sequence[Event]:
        """Read what follows from the store, as far as it is published.

        Raises:
            SequenceGoneError: it is no longer kept.
        """
        events = await asyncio.to_thread(self._read_older, after, _PAGE)
        if not events or events[0].sequence != after + 1:
            raise SequenceGoneError(after + 1, await asyncio.to_thread(self._oldest_sequence))
        return events[: self._last - after]
