"""EventService: Event -> WatchEventsResponse."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import grpc
from haven.v1 import event_service_pb2, event_service_pb2_grpc

from haven_server.errors import ShuttingDownError
from haven_server.rpc import convert
from haven_server.rpc.facade import EventFeed


class EventServicer(event_service_pb2_grpc.EventServiceServicer):
    """Tells clients what happened, from wherever they left off."""

    def __init__(self, events: EventFeed) -> None:
        self._events = events

    async def WatchEvents(  # noqa: N802
        self, request: event_service_pb2.WatchEventsRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> AsyncIterator[event_service_pb2.WatchEventsResponse]:
        """Say where the stream starts, then send every event that passes the filters."""
        kinds = convert.read_kinds(request.kinds)
        cameras = frozenset(request.camera_ids)
        start = request.after_sequence if request.HasField("after_sequence") else self._events.last_sequence
        events = self._events.subscribe(start)
        yield event_service_pb2.WatchEventsResponse(sequence=start)
        async for event in events:
            if (not kinds or event.kind in kinds) and (not cameras or event.camera_id in cameras):
                yield event_service_pb2.WatchEventsResponse(sequence=event.sequence, event=convert.event(event))
        raise ShuttingDownError
