"""What may stand where in sources.yaml, told from Settings: JSON schema, known keys, allowed values in words."""

from __future__ import annotations

import difflib
import functools
from collections.abc import Iterator
from typing import Any

from haven_server.settings import Settings
from haven_server.settings_file.document import KeyPath, dotted


@functools.cache
def settings_schema() -> dict[str, Any]:
    """Return the JSON schema of Settings."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Settings.model_json_schema()}


def entry_at(path: KeyPath) -> dict[str, Any] | None:
    """Return the schema of one setting with references resolved, None where there is no such setting."""
    entry: dict[str, Any] = settings_schema()
    for step in path:
        below = _below(entry, step)
        if below is None:
            return None
        entry = below
    return entry


def _below(entry: dict[str, Any], step: str | int) -> dict[str, Any] | None:
    """Go one step down, through ``anyOf`` and ``$ref``."""
    for option in _options(entry):
        if isinstance(step, str):
            found = option.get("properties", {}).get(step)
        else:
            places = option.get("prefixItems")
            found = option.get("items") if places is None else dict(enumerate(places)).get(step)
        if isinstance(found, dict):
            return _resolved(found)
    return None


def _resolved(entry: dict[str, Any]) -> dict[str, Any]:
    """Replace ``$ref`` by what it names."""
    if "$ref" not in entry:
        return entry
    named: dict[str, Any] = settings_schema()["$defs"][entry["$ref"].rpartition("/")[2]]
    return named


def _options(entry: dict[str, Any]) -> list[dict[str, Any]]:
    """List the alternatives of an entry, itself where it has none."""
    return [_resolved(option) for option in entry.get("anyOf", [entry])]


def types_of(entry: dict[str, Any]) -> set[str]:
    """Name the JSON types an entry takes."""
    return {option.get("type", "object") for option in _options(entry)}


def leaves(entry: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Walk every key that holds a value, section by section; the keys of a list's items stand under ``[]``."""
    for key, below in entry.get("properties", {}).items():
        section = _resolved(below)
        items = _resolved(section.get("items", {}))
        if "properties" in section:
            yield from leaves(section, (*path, key))
        elif "properties" in items:
            yield from leaves(items, (*path, key, "[]"))
        else:
            yield (*path, key), section


def suggestion(path: KeyPath) -> str:
    """Say what an unknown key may have been meant to be, and what its section allows."""
    key = str(path[-1])
    section = entry_at(path[:-1]) or {}
    allowed = [name for option in _options(section) for name in option.get("properties", {})]
    near = [(*path[:-1], name) for name in difflib.get_close_matches(key, allowed, n=1)]
    elsewhere = [place for place, _ in leaves(settings_schema()) if place[-1] == key]
    hint = next((f"; did you mean {dotted(place)}?" for place in [*near, *elsewhere]), "")
    return f"unknown key{hint}" + (f" (allowed here: {', '.join(allowed)})" if allowed else "")


def allowed_value(entry: dict[str, Any]) -> str:
    """Say in words what a setting takes: ``a number from 0 to 1``."""
    return " or ".join(_words(option) for option in _options(entry))


def _words(entry: dict[str, Any]) -> str:
    if "enum" in entry or "const" in entry:
        return " | ".join(entry.get("enum", [entry.get("const")]))
    match entry.get("type", "object"):
        case "number":
            return f"a number{_bounds(entry)}"
        case "integer":
            return f"a whole number{_bounds(entry)}"
        case "string":
            return _FORMATS.get(entry.get("format", ""), "text") + _form(entry)
        case "array":
            return f"a list of {len(entry['prefixItems'])} numbers" if "prefixItems" in entry else "a list"
        case "object":
            return f"a section ({', '.join(entry.get('properties', {}))})"
        case kind:
            return "true or false" if kind == "boolean" else str(kind)


_FORMATS = {"path": "a path", "date-time": "a date and time with time zone, such as 2026-01-01T00:00:00Z"}
_LOWER_BOUNDS = {"minimum": ("from", "to"), "exclusiveMinimum": ("over", "and up to")}


def _bounds(entry: dict[str, Any]) -> str:
    """Say ``from 0 to 1`` or ``over 0 and up to 60``; every number of ours has a lower bound, or none at all."""
    for key, (over, up_to) in _LOWER_BOUNDS.items():
        if key in entry:
            upper = f" {up_to} {entry['maximum']:.12g}" if "maximum" in entry else ""
            return f" {over} {entry[key]:.12g}{upper}"
    return ""


def _form(entry: dict[str, Any]) -> str:
    pattern = f" matching {entry['pattern']}" if "pattern" in entry else ""
    return pattern + (f" of at most {entry['maxLength']} characters" if "maxLength" in entry else "")
