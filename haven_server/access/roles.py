"""What callers may do: roles, each of which may do all that the one before it may."""

from __future__ import annotations

import enum


class Role(enum.IntEnum):
    """Viewers read; operators also put right who is who, and send frames; admins may do everything."""

    VIEWER = 1
    OPERATOR = 2
    ADMIN = 3

    @property
    def word(self) -> str:
        """The name as a person types it."""
        return self.name.lower()
