"""Print every event as it happens, from the first one kept on: python watch_events.py HOST:PORT.

The server knows you by the token in HAVEN_TOKEN.
"""

from __future__ import annotations

import asyncio
import os
import sys

from haven_client import Client, ClientError


async def main(server: str) -> None:
    """Follow the server's events until Ctrl-C; a server that restarts is followed on."""
    async with Client(server) as client:
        async for event in client.watch_events(after=0):
            who = "" if event.global_id is None else f"person {event.global_id}"
            print(event.sequence, event.kind, event.camera_id or "", who, sep="\t", flush=True)


if __name__ == "__main__":
    try:
        asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:50051"))
    except KeyboardInterrupt:
        pass
    except BrokenPipeError:
        # Whoever read has read enough, as `head` does: what is left must not go to them at the exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except ClientError as error:
        sys.exit(str(error))
