"""What a token is, and what is kept of it: its hash. Random bytes -> token -> SHA-256."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from haven_server.access.roles import Role
from haven_server.redaction import TOKEN_PREFIX

RANDOM_BYTES = 32
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")
"""What a token may be called; log lines are made of it."""


@dataclass(frozen=True, slots=True)
class Token:
    """One token as it is kept.

    Attributes:
        name: unique in its file; what logs and lists call it.
        digest: of the text, in hexadecimal.
        created_at: with time zone.
    """

    name: str
    role: Role
    digest: str
    created_at: datetime

    def as_json(self) -> dict[str, str]:
        """Write it as the file holds it."""
        return {
            "name": self.name,
            "role": self.role.word,
            "sha256": self.digest,
            "created_at": self.created_at.isoformat(timespec="seconds"),
        }

    @classmethod
    def from_json(cls, entry: dict[str, Any]) -> Token:
        """Read what ``as_json`` wrote.

        Raises:
            KeyError, TypeError, ValueError: it is something else.
        """
        created_at = datetime.fromisoformat(entry["created_at"])
        if not (NAME.fullmatch(entry["name"]) and re.fullmatch("[0-9a-f]{64}", entry["sha256"]) and created_at.tzinfo):
            raise ValueError("wanted a name, a SHA-256 in hexadecimal, and a time with its zone")
        return cls(entry["name"], Role[entry["role"].upper()], entry["sha256"], created_at)


def new_text() -> str:
    """Draw a token that nobody can guess; its beginning says what it is to whoever finds it."""
    return TOKEN_PREFIX + secrets.token_urlsafe(RANDOM_BYTES)


def digest_of(text: str) -> str:
    """Hash a token.

    One round without salt suffices: what is hashed has 256 random bits, unlike a password, and is not to be guessed.
    """
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
