"""Read a scenario from its file, and say in one message all that is wrong with it: YAML -> Scenario."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from haven_server.errors import ConfigurationError, NotFoundError
from haven_server.settings_file.document import Document, Problem, dotted, read_document
from haven_server.sources.synthetic.scenarios.rehearsal import rehearse
from haven_server.sources.synthetic.scenarios.scenario import Scenario
from haven_server.sources.synthetic.scenarios.script import STEPS

SHIPPED = Path("config/scenarios")
"""Folder of the scenarios that a name alone stands for."""
SUFFIX = ".yaml"


def shipped(folder: Path = SHIPPED) -> tuple[Path, ...]:
    """List the scenarios of a folder by name."""
    return tuple(sorted(folder.glob(f"*{SUFFIX}")))


def find(name_or_path: str, folder: Path = SHIPPED) -> Path:
    """Find a scenario's file.

    Args:
        name_or_path: a file, or the name of one in the folder: ``demo`` is ``config/scenarios/demo.yaml``.
        folder: of the scenarios that have names.
    Raises:
        NotFoundError: neither is there; the message lists the names.
    """
    for path in (folder / f"{name_or_path}{SUFFIX}", Path(name_or_path)):
        if path.is_file():
            return path
    names = [path.stem for path in shipped(folder)]
    near = difflib.get_close_matches(name_or_path, names, n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    known = ", ".join(names) or f"none: {folder} is empty or missing; run this in a checkout of HAVEN, or name a file"
    raise NotFoundError(f"scenario {name_or_path!r}: no such file or name{hint} (names: {known})")


def load(path: Path, seed: int | None = None) -> Scenario:
    """Read a scenario and make sure that it can be played.

    Args:
        path: of the YAML file.
        seed: instead of the one in the file.
    Raises:
        ConfigurationError: one message that names the file and, for everything wrong, the line and the mend.
    """
    if not path.is_file():
        raise ConfigurationError(f"{path}: no such file; `haven render --list` shows what there is")
    document = read_document(path)
    if seed is not None:
        document.put(("seed",), seed, "--seed")
    problems = list(document.problems)
    try:
        scenario = Scenario.model_validate(document.tree)
    except ValidationError as error:
        problems += [_explain(detail) for detail in _causes(error.errors(include_url=False))]
    else:
        problems += rehearse(scenario)
    if problems:
        raise ConfigurationError(_message(path, document, problems))
    return scenario


def _causes(details: Sequence[ErrorDetails]) -> list[ErrorDetails]:
    """Leave out lists that are only too short because what stands in them is wrong."""
    places = [detail["loc"] for detail in details]
    return [
        detail
        for detail in details
        if detail["type"] != "too_short"
        or not any(len(place) > len(detail["loc"]) and place[: len(detail["loc"])] == detail["loc"] for place in places)
    ]


def _explain(detail: ErrorDetails) -> Problem:
    """Say what is wrong with one key."""
    path = detail["loc"]
    match detail["type"]:
        case "extra_forbidden" if len(path) == 5 and path[2] == "script":
            near = difflib.get_close_matches(str(path[-1]), STEPS, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            return Problem(path, f"unknown step{hint} (steps: {', '.join(STEPS)})")
        case "extra_forbidden":
            return Problem(path, "unknown key: take it out, or mend its spelling")
        case "missing":
            return Problem(path, "is missing")
        case "too_short":
            return Problem(path, f"needs at least {detail['ctx']['min_length']}")
        case "value_error":
            return Problem(path, str(detail["ctx"]["error"]))
        case _:
            return Problem(path, detail["msg"][:1].lower() + detail["msg"][1:])


def _message(path: Path, document: Document, problems: Sequence[Problem]) -> str:
    """Write one message of all problems."""
    lines = []
    for problem in problems:
        origin = document.origin(problem.path)
        lines.append(f"{dotted(problem.path)}" + (f" ({origin})" if origin else "") + f": {problem.text}")
    return f"{path}: {lines[0]}" if len(lines) == 1 else "\n  ".join([f"{path}: {len(lines)} faults", *lines])
