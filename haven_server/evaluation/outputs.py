"""Write what a run leaves beside its database: path, text -> file."""

from __future__ import annotations

import os
from pathlib import Path

from haven_server.errors import writing


def check_writable(path: Path) -> None:
    """Make sure that a file can be written, and change nothing in one that is there; its folder is made.

    Raises:
        OutputError: the disk refuses; the message names the file.
    """
    existed = os.path.lexists(path)
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.open("ab").close()
        if not existed:
            path.unlink()


def write_text(path: Path, text: str) -> None:
    """Write a file whole; its folder is made.

    Raises:
        OutputError: the disk refuses; the message names the file.
    """
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
