"""Tokens -> a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from haven_server.access.tokens import Token
from haven_server.terminal.tables import rows_table


def tokens_table(tokens: Sequence[Token]) -> Table:
    """Who may call; the tokens themselves are kept nowhere."""
    rows = [(token.name, token.role.word, f"{token.created_at:%Y-%m-%d %H:%M:%S %Z}") for token in tokens]
    return rows_table("Tokens", ("name", "role", "made at"), rows)
