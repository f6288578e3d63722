"""`haven serve`: the server's life as ordered steps. Settings -> a running gRPC server."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable

from haven_server.app import build
from haven_server.errors import HavenError, first_of
from haven_server.settings import Settings
from haven_server.telemetry import logger
from haven_server.unbuilt import refuse_rtsp

log = logger(__name__)


async def serve(settings: Settings, on_ready: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM, then stop in order: clients, cameras, database, networks.

    Args:
        on_ready: called once, with the HOST:PORT that is bound, when clients may connect.
    Raises:
        HavenError: the server cannot start, or decisions can no longer be written down.
    """
    refuse_rtsp(settings)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    app = build(settings)
    rpc = app.rpc_server()
    try:
        async with asyncio.TaskGroup() as tasks:
            site = tasks.create_task(app.site.run(app.merge))
            address = await rpc.start()
            log.info("serving", address=address)
            on_ready(address)
            await _first_of(site, stop)
            log.info("stopping")
            await app.supervisor.close()
            app.merge.close()
    except* HavenError as errors:
        raise first_of(errors) from errors
    finally:
        app.overlay.close()
        app.bus.close()
        await rpc.stop()
        await app.close()


async def _first_of(site: asyncio.Task[None], stop: asyncio.Event) -> None:
    """Wait until the site fails or somebody asks to stop."""
    asked = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({site, asked}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        asked.cancel()
