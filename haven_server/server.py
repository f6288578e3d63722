"""`haven serve`: the server's life as ordered steps. Settings -> a running gRPC server, latencies."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable

from haven_server.access.roles import Role
from haven_server.app import Application, build, make_guard, token_file
from haven_server.errors import HavenError, first_of
from haven_server.settings import Settings
from haven_server.telemetry import StageSummary, logger
from haven_server.unbuilt import refuse_rtsp

log = logger(__name__)


ORDERLY_STOP_S = 20.0
"""How long cameras, viewers and the database have to finish before they are cut."""


async def serve(
    settings: Settings, on_ready: Callable[[str], None], on_first_token: Callable[[str], None]
) -> tuple[StageSummary, ...]:
    """Serve until SIGINT or SIGTERM, then stop in order: viewers, cameras, database, networks. A second one cuts.

    Args:
        on_ready: called once, with the address that is bound, as a client takes it, when clients may connect.
        on_first_token: called with the text of the token that is made where there never was one; it is kept nowhere.
    Returns:
        How long each stage took.
    Raises:
        HavenError: the server cannot start, or decisions can no longer be written down.
    """
    refuse_rtsp(settings)
    stop = _stop_on_signal()
    guard = make_guard(settings)
    app = build(settings)
    rpc = app.rpc_server(guard)
    try:
        await app.start()
        async with asyncio.TaskGroup() as tasks:
            site = tasks.create_task(app.site.run(app.merge))
            address = await rpc.start()
            log.info("serving", address=address)
            _tell_of_files(settings)
            make_first_token(settings, on_first_token)
            on_ready(address)
            await _first_of(site, stop)
            log.info("stopping")
            await _stop_cameras(app, site)
    except* HavenError as errors:
        raise first_of(errors) from errors
    finally:
        app.overlay.close()
        app.bus.close()
        await rpc.stop()
        await app.close()
    return app.times.summary()


async def _stop_cameras(app: Application, site: asyncio.Task[None]) -> None:
    """Let every camera say its last word and have it written down; cut whoever takes too long."""
    app.overlay.release()
    app.writer.stop_by(ORDERLY_STOP_S / 2)
    try:
        async with asyncio.timeout(ORDERLY_STOP_S):
            await app.supervisor.close()
        app.merge.close()
    except TimeoutError:
        log.error("cameras did not end in time: cut", after_s=ORDERLY_STOP_S)
        site.cancel()


def _stop_on_signal() -> asyncio.Event:
    """Give the event that SIGINT and SIGTERM set; a second one cancels the server."""
    stop = asyncio.Event()
    server = asyncio.current_task()

    def asked() -> None:
        if stop.is_set() and server is not None:
            server.cancel()
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, asked)
    return stop


def make_first_token(settings: Settings, on_first_token: Callable[[str], None]) -> None:
    """Make a token for whoever starts the server for the first time: nobody could let themselves in otherwise."""
    tokens = token_file(settings)
    if not settings.security.authentication:
        log.warning("security.authentication is off: whoever reaches the server may do anything")
    elif not tokens.exists():
        _, text = tokens.create(Role.ADMIN)
        on_first_token(text)
    elif not tokens.read():
        log.warning("every token was revoked, so nobody is let in: make one by `haven token create`")


def _tell_of_files(settings: Settings) -> None:
    """Say which cameras wait for a client: files are read by `haven run`, not by the server."""
    files = [camera.id for camera in settings.cameras if camera.enabled and camera.type == "video"]
    if files:
        log.info("cameras of type video wait for `haven replay`", cameras=", ".join(files))


async def _first_of(site: asyncio.Task[None], stop: asyncio.Event) -> None:
    """Wait until the site fails or somebody asks to stop."""
    asked = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({site, asked}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        asked.cancel()
