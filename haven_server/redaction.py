"""Keeps credentials out of whatever a person may read: text -> text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote

MASK = "***"
"""What stands where a secret stood."""

_USERINFO = re.compile(r"(?P<scheme>[a-zA-Z][a-zA-Z0-9+.-]*://)[^/?#\s]*@")


class Redactor:
    """Masks user and password in URLs, and every secret it was told."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = {form for secret in secrets if secret for form in (secret, quote(secret, safe=""))}
        # Longest first: a URL goes as a whole before the password inside it.
        alternatives = "|".join(re.escape(secret) for secret in sorted(known, key=len, reverse=True))
        self._known = re.compile(alternatives) if known else None

    def __call__(self, text: str) -> str:
        """Return the text with ``***`` where a secret stood."""
        if self._known is not None:
            text = self._known.sub(MASK, text)
        return _USERINFO.sub(rf"\g<scheme>{MASK}@", text)
