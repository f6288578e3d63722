"""Where a person reads, and how amounts are put to them: terminal, file -> Console."""

from __future__ import annotations

from rich.console import Console

FILE_WIDTH = 160
"""Columns where output goes into a file or another program: wide enough that tables seldom wrap."""


def make_console(*, stderr: bool = False) -> Console:
    """Make a console as wide as the terminal, or ``FILE_WIDTH`` wide where there is none."""
    console = Console(stderr=stderr)
    return console if console.is_terminal else Console(stderr=stderr, width=FILE_WIDTH)


def people(count: int) -> str:
    """Say how many people."""
    return f"{count} person" if count == 1 else f"{count} people"


def share(value: float | None) -> str:
    """Say a share of 1 in per cent."""
    return "-" if value is None else f"{100 * value:.1f} %"
