"""Settings given outside the file, and older names of keys: assignments -> document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import yaml

from haven_server.errors import ConfigurationError
from haven_server.settings_file.document import Document, KeyPath, dotted
from haven_server.settings_file.schema import entry_at, types_of

PREFIX = "HAVEN_"
"""How the environment names a setting: ``HAVEN_REID__THRESHOLDS__FACE_SIMILARITY``."""

ALIASES: dict[KeyPath, KeyPath] = {
    ("inference", "yolo", "device"): ("inference", "device"),
    ("reid", "quality", "max_blur_variance"): ("reid", "quality", "min_sharpness"),
}
"""Older names of keys, read as the new ones."""


class Assignment(NamedTuple):
    """One setting given outside the file; ``origin`` says where."""

    path: KeyPath
    text: str
    origin: str


def from_environment(variables: Mapping[str, str]) -> list[Assignment]:
    """List the settings among the variables, sections before what stands in them.

    A double underscore marks a setting, so that variables such as HAVEN_TEST_DATA are left alone.
    """
    return [
        Assignment(_path(name.removeprefix(PREFIX).lower().split("__")), text, name)
        for name, text in sorted(variables.items())
        if name.startswith(PREFIX) and "__" in name
    ]


def from_command_line(overrides: Sequence[str]) -> list[Assignment]:
    """List the settings that ``--set a.b=c`` gives, in their order.

    Raises:
        ConfigurationError: one is not of that form.
    """
    assignments = []
    for override in overrides:
        key, equals, text = override.partition("=")
        words = key.strip().split(".")
        if not equals or not all(words):
            raise ConfigurationError("--set: wanted KEY=VALUE, for instance --set reid.thresholds.face_similarity=0.55")
        assignments.append(Assignment(_path(words), text, f"--set {'.'.join(words)}"))
    return assignments


def rename_aliases(document: Document) -> None:
    """Move values from older names of keys to the names they have now."""
    for old, new in ALIASES.items():
        if not document.has(old):
            continue
        if document.has(new):
            document.complain(old, f"an older name of {dotted(new)}, which is given too; keep one")
        document.move(old, new)


def override(document: Document, layer: Sequence[Assignment]) -> None:
    """Lay the assignments of one origin over the document."""
    given: dict[KeyPath, KeyPath] = {}
    for path, text, origin in layer:
        target = ALIASES.get(path, path)
        if given.setdefault(target, path) != path:
            document.complain(target, f"given as {dotted(given[target])} and as {dotted(path)}; keep one")
        try:
            document.put(target, _value(text, target), origin)
        except LookupError:
            document.complain(target, "there is no such section or list item")


def _path(words: Sequence[str]) -> KeyPath:
    return tuple(int(word) if word.isdecimal() else word for word in words)


def _value(text: str, path: KeyPath) -> Any:
    """Read a value as YAML, or leave it as it stands where the setting is text; ``null`` unsets."""
    entry = entry_at(path)
    types = types_of(entry) if entry is not None else set()
    if "string" in types and not (text == "null" and "null" in types):
        return text
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError):
        return text
