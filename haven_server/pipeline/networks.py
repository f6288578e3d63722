"""Have it written down when a network goes or comes back: NetworkStatus -> Event."""

from __future__ import annotations

from haven_server.errors import StorageError
from haven_server.storage.writer import StoreWriter
from haven_server.telemetry import logger
from haven_server.types import Changes, EventDraft, EventKind, NetworkState, NetworkStatus

log = logger(__name__)


class NetworkReporter:
    """Tells the log, the database and its subscribers; what is wrong may name a file, and only the log is told."""

    def __init__(self, writer: StoreWriter) -> None:
        self._writer = writer

    async def report(self, status: NetworkStatus) -> None:
        """Tell of one change."""
        if status.state is NetworkState.AWAY:
            log.error("a network is away; the others go on without it", network=status.role.value, why=status.problem)
        else:
            log.info("a network is back", network=status.role.value)
        detail = {"network": status.role.value, "state": status.state.value}
        try:
            await self._writer.put(Changes(events=(EventDraft(EventKind.NETWORK_STATE, status.since, detail=detail),)))
        except StorageError as error:
            # Whoever decides who somebody is learns of that, too, and stops the server.
            log.error("the change is not written down", error=str(error))
