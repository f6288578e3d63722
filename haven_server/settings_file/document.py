"""Reads a YAML file into a plain tree, and remembers on which line each key stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from haven_server.errors import ConfigurationError

KeyPath: TypeAlias = tuple[str | int, ...]
"""Where a setting stands: ``("cameras", 0, "id")`` is ``cameras.0.id``."""


def dotted(path: KeyPath) -> str:
    """Write a path as people do: ``cameras.0.id``."""
    return ".".join(map(str, path))


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with one setting; the text never holds a value that may be secret."""

    path: KeyPath
    text: str


@dataclass(slots=True)
class Document:
    """A configuration on its way to becoming Settings.

    Attributes:
        tree: mappings, lists and scalars.
        origins: where a value came from, by path: ``line 12``, or the name of an override.
        problems: what was found wrong so far.
    """

    tree: dict[str, Any] = field(default_factory=dict)
    origins: dict[KeyPath, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def origin(self, path: KeyPath) -> str | None:
        """Say where a value, or else the nearest section around it, came from."""
        return next((self.origins[path[:n]] for n in range(len(path), 0, -1) if path[:n] in self.origins), None)

    def has(self, path: KeyPath) -> bool:
        """Tell whether a key of a section is given."""
        section = self._section(path[:-1])
        return section is not None and path[-1] in section

    def put(self, path: KeyPath, value: Any, origin: str) -> None:
        """Set one value, making the sections around it where they are missing.

        Raises:
            LookupError: the path leads through a scalar, or past the end of a list.
        """
        self.origins[path] = origin
        for length in range(1, len(path)):
            self.origins.setdefault(path[:length], origin)
        self.tree = _placed(self.tree, path, value)

    def move(self, old: KeyPath, new: KeyPath) -> None:
        """Give a value another key, and its line with it."""
        section = self._section(old[:-1])
        if section is not None:
            self.put(new, section.pop(old[-1]), self.origins[old])

    def _section(self, path: KeyPath) -> dict[str | int, Any] | None:
        """Return the section at a path of names, None where none is."""
        node: Any = self.tree
        for step in path:
            node = node.get(step) if isinstance(node, dict) else None
        return node if isinstance(node, dict) else None

    def complain(self, path: KeyPath, text: str) -> None:
        """Note one more problem."""
        self.problems.append(Problem(path, text))


def read_text(path: Path) -> str:
    """Read a UTF-8 file.

    Raises:
        ConfigurationError: it is not there, may not be read, or is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path}: byte {error.start} is not UTF-8; save the file as UTF-8") from None


def read_document(path: Path) -> Document:
    """Read a YAML file; keys given twice become problems of the document.

    Raises:
        ConfigurationError: it cannot be read, or is not YAML with a mapping at its top.
    """
    if not path.exists():
        raise ConfigurationError(f"{path}: no such file; copy config/sources.example.yaml there and edit it")
    text = read_text(path)
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        tree = yaml.safe_load(text)
        keys = [] if root is None else list(_keys(root, ()))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigurationError(f"{path}: {_fault(error)}") from None
    if tree is None:
        return Document()
    if not isinstance(tree, dict):
        raise ConfigurationError(f"{path}: wanted sections such as `general:` at the top")
    document = Document(tree)
    for key_path, line in keys:
        if key_path in document.origins:
            document.complain(key_path, f"given twice, first on {document.origins[key_path]}; keep one")
        document.origins[key_path] = f"line {line}"
    return document


def _placed(node: Any, path: KeyPath, value: Any) -> Any:
    """Return the node with a value set below it."""
    if not path:
        return value
    step, rest = path[0], path[1:]
    if node is None:
        node = [] if isinstance(step, int) else {}
    if isinstance(node, list) and isinstance(step, int) and step <= len(node):
        below = node[step] if step < len(node) else None
        return [*node[:step], _placed(below, rest, value), *node[step + 1 :]]
    if isinstance(node, dict) and isinstance(step, str):
        return {**node, step: _placed(node.get(step), rest, value)}
    raise LookupError(dotted(path))


def _keys(node: yaml.Node, path: KeyPath) -> Iterator[tuple[KeyPath, int]]:
    """Walk a composed document: each key and list item with its 1-based line, a key given twice twice."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield (*path, str(key.value)), key.start_mark.line + 1
            yield from _keys(value, (*path, str(key.value)))
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield (*path, index), item.start_mark.line + 1
            yield from _keys(item, (*path, index))


def _fault(error: Exception) -> str:
    """Say what is wrong with the YAML without quoting from the file, which may hold passwords."""
    line = ""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        line = f" in line {error.problem_mark.line + 1}, column {error.problem_mark.column + 1}"
    if isinstance(error, yaml.scanner.ScannerError | yaml.parser.ParserError):
        return f"not YAML{line}: {error.problem}"
    return f"not YAML{line}: a key must be text, a date must exist, and a value that begins with * & or ! needs quotes"
