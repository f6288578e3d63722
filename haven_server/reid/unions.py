"""Which identities were found to be one person: merges -> whom a number stands for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from haven_server.types import IdentityRow


class Unions:
    """A forest of identities: each points at the one it was merged into, so that every merge can be undone by itself.

    Args:
        merged: rows of status merged.
    """

    def __init__(self, merged: Iterable[IdentityRow]) -> None:
        self._into = {row.global_id: row.merged_into for row in merged if row.merged_into is not None}
        self._from: dict[int, set[int]] = {}
        for source, target in self._into.items():
            self._from.setdefault(target, set()).add(source)

    @property
    def absorbed(self) -> Iterator[int]:
        """Identities that were merged into another."""
        return iter(self._into)

    def root(self, global_id: int) -> int:
        """Return who an identity is taken for: itself, where it was not merged."""
        while (target := self._into.get(global_id)) is not None:
            global_id = target
        return global_id

    def members(self, global_id: int) -> tuple[int, ...]:
        """Return an identity and all that were merged into it, ascending."""
        found = [global_id]
        for one in found:
            found += self._from.get(one, ())
        return tuple(sorted(found))

    def is_joined(self, global_id: int) -> bool:
        """Tell whether an identity was merged into another, or another into it."""
        return global_id in self._into or bool(self._from.get(global_id))

    def join(self, target: int, source: int) -> None:
        """Let one identity be another from now on; both are their own until then."""
        self._into[source] = target
        self._from.setdefault(target, set()).add(source)

    def part(self, source: int) -> None:
        """Let an identity be its own again, with those that were merged into it."""
        self._from[self._into.pop(source)].discard(source)
