"""Start `haven serve` as a process of its own and stop it in order: configuration -> HOST:PORT."""

from __future__ import annotations

import asyncio
import re
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Self

from haven_server.errors import ServerFailedError, writing

READY = re.compile(r"HAVEN serves gRPC on (\S+);")
"""What a server says once clients may connect."""
START_S, STOP_S = 120.0, 60.0
"""How long a server may take to load its networks, and to end in order; most of a stop is its own patience."""
LOG_TAIL = 8
"""Lines of the log that an error quotes."""


class ServerProcess:
    """A server in a process of its own, in a session of its own, so that Ctrl-C here does not reach it unasked.

    Attributes:
        address: HOST:PORT.
    """

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        """Take over a process that was just started; ``start`` makes one."""
        self.address = ""
        self._process = process
        self._log = log

    @classmethod
    async def start(cls, arguments: Sequence[str], log: Path) -> Self:
        """Start a server and wait until clients may connect.

        Args:
            arguments: after ``haven serve``.
            log: file of all that it says.
        Raises:
            OutputError: the log cannot be written.
            ServerFailedError: the server did not start; the message quotes what it said last.
        """
        command = (sys.executable, "-m", "haven_server", "serve", *arguments)
        with writing(log):
            log.parent.mkdir(parents=True, exist_ok=True)
            file = log.open("wb")
        with file:
            server = cls(await _run(command, file), log)
        try:
            async with asyncio.timeout(START_S):
                server.address = await server._ready()
        except TimeoutError:
            raise ServerFailedError(f"the server was not ready after {START_S:.0f} s; {server._said()}") from None
        finally:
            if not server.address:
                await server.kill()
        return server

    async def stop(self) -> None:
        """Ask the server to stop, as Ctrl-C does, and wait for its end.

        Raises:
            ServerFailedError: it ended in failure, or not at all and was killed.
        """
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGINT)
        try:
            async with asyncio.timeout(STOP_S):
                code = await self._process.wait()
        except TimeoutError:
            await self.kill()
            raise ServerFailedError(f"the server did not stop within {STOP_S:.0f} s and was killed") from None
        if code != 0:
            raise ServerFailedError(f"the server ended with exit code {code}; {self._said()}")

    async def kill(self) -> None:
        """End the server at once, if it still runs."""
        if self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def _ready(self) -> str:
        """Wait for the address; the log is a file, so that a server which nobody reads is never held up."""
        while (found := READY.search(self._text())) is None:
            if self._process.returncode is not None:
                raise ServerFailedError(f"the server did not start; {self._said()}")
            await asyncio.sleep(0.05)
        return found[1]

    def _text(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    def _said(self) -> str:
        lines = [line for line in self._text().splitlines() if line.strip()][-LOG_TAIL:]
        return f"{self._log} ends with:\n" + "\n".join(f"  {line}" for line in lines)


async def _run(command: Sequence[str], output: IO[bytes]) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *command, stdout=output, stderr=asyncio.subprocess.STDOUT, start_new_session=True
    )
