"""Keeps credentials out of whatever a person may read: text -> text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote, unquote

MASK = "***"
"""What stands where a secret stood."""
TOKEN_PREFIX = "haven_"
"""How every token begins, so that one is known for what it is wherever it turns up."""

# One slash as well: a URL that was taken for a path has lost the other. Two letters at least: C:/ is no scheme.
_USERINFO = re.compile(r"(?P<scheme>[a-zA-Z0-9+.-]{2}:/{1,2})[^/?#\s]*@")
_TOKEN = re.compile(TOKEN_PREFIX + r"[A-Za-z0-9_-]{43}")
_SHORT = 4
"""Letters from which a secret is masked inside words too; a shorter one would mask half of every line."""


class Redactor:
    """Masks user and password in URLs, tokens, and every secret it was told."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = {form for secret in secrets if secret for form in (secret, quote(secret, safe=""))}
        # Longest first: a URL goes as a whole before the password inside it.
        alternatives = "|".join(_pattern(secret) for secret in sorted(known, key=len, reverse=True))
        self._known = re.compile(alternatives) if known else None

    def __call__(self, text: str) -> str:
        """Return the text with ``***`` where a secret stood."""
        if self._known is not None:
            text = self._known.sub(MASK, text)
        return _TOKEN.sub(MASK, _USERINFO.sub(rf"\g<scheme>{MASK}@", text))


def credentials_in(source: str) -> frozenset[str]:
    """List what may be secret in a camera's source: all of it, user, and password, also as they are once decoded.

    Args:
        source: a URL, or a path; one without ``://`` and ``@`` holds no secret.
    """
    if "://" not in source and "@" not in source:
        return frozenset()
    parts = {source}
    address = re.sub(r"^[a-zA-Z0-9+.-]{2,}:/{1,2}", "", source.strip())
    # The user ends at the host's @; where that is cannot be told if a password holds an unescaped slash.
    for authority in (re.split(r"[/?#]", address)[0], address):
        userinfo, at, _ = authority.rpartition("@")
        if at:
            user, _, password = userinfo.partition(":")
            parts |= {userinfo, user, password}
    return frozenset(form for part in parts for form in (part, unquote(part)) if form)


def _pattern(secret: str) -> str:
    """Write the expression that finds a secret: anywhere, or a short one as a word of its own."""
    escaped = re.escape(secret)
    return escaped if len(secret) >= _SHORT else rf"(?<!\w){escaped}(?!\w)"
