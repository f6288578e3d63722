"""Variables: what ``.env`` and the environment hold, and ``${NAME}`` in the configuration."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dotenv.parser import parse_stream

from haven_server.errors import ConfigurationError
from haven_server.settings_file.document import Document, KeyPath, read_text

_REFERENCE = re.compile(r"\$\$\{|\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)\}|\$\{")


def read_variables(config: Path | None, environ: Mapping[str, str]) -> dict[str, str]:
    """Gather the variables a configuration may refer to; nothing is exported to the process.

    Args:
        config: ``.env`` is looked for beside this file, then beside its folder, and the first one found counts;
            without a file, in the working directory.
        environ: the process's environment, which wins over ``.env``.
    Raises:
        ConfigurationError: ``.env`` cannot be read, or a line of it is not NAME=value.
    """
    folders = [Path()] if config is None else [config.parent, config.absolute().parent.parent]
    path = next((folder / ".env" for folder in folders if (folder / ".env").is_file()), None)
    if path is None:
        return dict(environ)
    variables: dict[str, str] = {}
    for binding in parse_stream(io.StringIO(read_text(path))):
        if binding.error:
            raise ConfigurationError(f"{path}: line {binding.original.line}: wanted NAME=value")
        if binding.key is not None and binding.value is not None:
            variables[binding.key] = binding.value
    return variables | dict(environ)


def interpolate(document: Document, variables: Mapping[str, str]) -> None:
    """Replace ``${NAME}`` in every text of the document by the variable's value, ``$${`` by ``${``.

    A variable that is not set becomes a problem of the document; one that is empty is set.
    """

    def visit(value: Any, path: KeyPath) -> Any:
        if isinstance(value, dict):
            return {key: visit(item, (*path, str(key))) for key, item in value.items()}
        if isinstance(value, list):
            return [visit(item, (*path, index)) for index, item in enumerate(value)]
        return _REFERENCE.sub(lambda match: replace(match, path), value) if isinstance(value, str) else value

    def replace(match: re.Match[str], path: KeyPath) -> str:
        name = match["name"]
        if match[0] == "$${":
            return "${"
        if name is None:
            document.complain(path, "a ${ without NAME}; write $${ where ${ itself is meant")
        elif name not in variables:
            document.complain(path, f"variable {name} is not set; set it in the environment or in .env beside the file")
        else:
            return variables[name]
        return ""

    document.tree = {key: visit(value, (str(key),)) for key, value in document.tree.items()}
