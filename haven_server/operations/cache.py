"""Where things that were fetched are kept."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def user_cache(environment: Mapping[str, str], name: str) -> Path:
    """Name HAVEN's folder for one kind of thing in the user's cache."""
    return Path(environment.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "haven" / name
