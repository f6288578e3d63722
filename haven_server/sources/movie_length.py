"""Read from an MP4 or QuickTime file how long it plays: path -> seconds.

OpenCV tells only how many frames such a file stores. One that was trimmed without encoding stores more than it plays,
as its first shown frame need not be the one that decoding begins with; its length is then the only measure of
whether it was read to its end.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO


def movie_length_s(path: Path) -> float | None:
    """Read the presentation's length in seconds; None for other files, and where the length is not stated.

    Source: ISO/IEC 14496-12, 4.2 (boxes) and 8.2.2 (movie header).
    """
    with path.open("rb") as file:
        movie = _find_box(file, (0, path.stat().st_size), b"moov")
        header = _find_box(file, movie, b"mvhd") if movie else None
        if header is None:
            return None
        file.seek(header[0])
        content = file.read(32)
    try:
        if content[0] == 1:
            timescale, duration = struct.unpack_from(">IQ", content, 20)
        else:
            timescale, duration = struct.unpack_from(">II", content, 12)
    except (IndexError, struct.error):
        return None
    return duration / timescale if timescale and duration else None


def _find_box(file: BinaryIO, within: tuple[int, int], kind: bytes) -> tuple[int, int] | None:
    """Find the first box of a kind among its neighbours.

    Args:
        within: where in the file the neighbours begin and end.

    Returns:
        Where the box's content begins and ends, None when there is no such box.
    """
    start, end = within
    while start + 8 <= end:
        file.seek(start)
        header = file.read(16)
        if len(header) < 8:
            return None
        size, found, length = int.from_bytes(header[:4], "big"), header[4:8], 8
        if size == 1:
            size, length = int.from_bytes(header[8:16], "big"), 16
        stop = start + size if size else end
        if stop < start + length:
            return None
        if found == kind:
            return start + length, min(stop, end)
        start = stop
    return None
