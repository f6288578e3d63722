"""Stream one video file and print who is in it: python stream_file.py FILE [CAMERA [HOST:PORT]].

The server knows you by the token in HAVEN_TOKEN, of the role operator.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from haven_client import ClientError, FrameTracks, TrackEnded, Update
from haven_client.replay import replay


def show(update: Update) -> None:
    """Print one answer of the server."""
    match update:
        case FrameTracks(tracks=tracks) if tracks:
            people = ", ".join(f"track {track.track_id}: {track.global_id or 'not yet known'}" for track in tracks)
            print(f"{update.camera_id} frame {update.frame_index}: {people}")
        case TrackEnded():
            print(f"{update.camera_id} track {update.track_id} ended; it was {update.global_id or 'nobody known'}")


async def main(file: Path, camera_id: str = "cam1", server: str = "127.0.0.1:50051") -> None:
    """Send the file as fast as the server takes it."""
    summary = await replay(server, {camera_id: file}, on_update=show)
    print(f"{len(summary.people)} people in {summary.seconds:.1f} s")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    try:
        asyncio.run(main(Path(sys.argv[1]), *sys.argv[2:4]))
    except ClientError as error:
        sys.exit(str(error))
