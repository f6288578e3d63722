"""Loads the configuration: sources.yaml, then the environment, then ``--set``; each later one wins.

Relative paths in it are relative to the working directory, like paths on the command line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from haven_server.errors import ConfigurationError
from haven_server.redaction import Redactor
from haven_server.settings import Settings
from haven_server.settings_file.document import Document, KeyPath, Problem, dotted, read_document
from haven_server.settings_file.overrides import from_command_line, from_environment, override, rename_aliases
from haven_server.settings_file.schema import allowed_value, entry_at, suggestion, types_of
from haven_server.settings_file.variables import interpolate, read_variables


def load_settings(path: Path | None, overrides: Sequence[str], environ: Mapping[str, str]) -> Settings:
    """Read, override and check the configuration.

    Args:
        path: the YAML file; None: defaults, environment and overrides alone.
        overrides: ``a.b=c`` each, as ``--set`` takes them; list items by index: ``cameras.0.enabled=false``.
        environ: the process's environment; ``.env`` beside the file stands in for what it lacks.
    Raises:
        ConfigurationError: one message that names the file and, for every wrong setting, where it stands and
            what is allowed there. No text value is ever quoted: it may be a password.
    """
    variables = read_variables(path, environ)
    document = Document() if path is None else read_document(path)
    interpolate(document, variables)
    rename_aliases(document)
    override(document, from_environment(variables))
    override(document, from_command_line(overrides))
    settings, faults = _validate(_without_empty_sections(document.tree, ()))
    # What was said of a key once is not said again: an unset variable also leaves its key empty.
    said = {problem.path for problem in document.problems}
    problems = document.problems + [fault for fault in faults if fault.path not in said]
    if settings is None or problems:
        raise ConfigurationError(_message(path, document, problems))
    return settings


def _validate(tree: Any) -> tuple[Settings | None, list[Problem]]:
    """Make Settings of the tree, or say all that is wrong with it."""
    try:
        return Settings.model_validate(tree), []
    except ValidationError as error:
        return None, [_explain(detail) for detail in error.errors(include_url=False)]


def _without_empty_sections(tree: Any, path: KeyPath) -> Any:
    """Leave out sections and lists that hold nothing, as a section does whose keys are all commented out."""
    if isinstance(tree, list):
        return [_without_empty_sections(item, (*path, index)) for index, item in enumerate(tree)]
    if not isinstance(tree, dict):
        return tree
    kept = {}
    for key, value in tree.items():
        entry = entry_at((*path, key))
        if value is None and entry is not None and types_of(entry) <= {"object", "array"}:
            continue
        kept[key] = _without_empty_sections(value, (*path, key))
    return kept


def _explain(detail: ErrorDetails) -> Problem:
    """Say what is wrong with one setting, and what is allowed."""
    path = detail["loc"]
    if detail["type"] == "extra_forbidden":
        return Problem(path, suggestion(path))
    if detail["type"] == "value_error":
        return Problem(path, str(detail["ctx"]["error"]))
    entry = entry_at(path)
    if entry is None:
        return Problem(path, detail["msg"])
    allowed = f"wanted {allowed_value(entry)}"
    if detail["type"] == "missing":
        return Problem(path, f"is missing: {allowed}")
    return Problem(path, f"{allowed}, got {_kind(detail['input'], is_text='string' in types_of(entry))}")


def _kind(value: object, *, is_text: bool) -> str:
    """Name a value; a number is quoted, unless the setting is text: then it may be a password."""
    if value is None:
        return "null"
    if isinstance(value, bool | int | float):
        return "a number or truth value: put it in quotes" if is_text else str(value).lower()
    names: dict[type, str] = {str: "text", list: "a list", dict: "a section"}
    return names.get(type(value), type(value).__name__)


def _message(path: Path | None, document: Document, problems: Sequence[Problem]) -> str:
    """Write one message of all problems."""
    lines = []
    for problem in problems:
        origin = document.origin(problem.path)
        place = dotted(problem.path) + (f" ({origin})" if origin else "")
        lines.append(f"{place}: {problem.text}" if place else problem.text)
    head = "settings" if path is None else str(path)
    if len(lines) == 1:
        return Redactor()(f"{head}: {lines[0]}")
    return Redactor()("\n  ".join([f"{head}: {len(lines)} settings are wrong", *lines]))
