"""Which published files are known, and what they must be: YAML -> Manifest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from pydantic import Field, ValidationError

from haven_server.errors import ConfigurationError, InvalidInputError, NotFoundError
from haven_server.settings import Section
from haven_server.settings_file.document import dotted, read_document
from haven_server.types import ModelRole

SHIPPED: Final = Path("triton_models/published.yaml")
"""The manifest of a checkout."""


class Published(Section):
    """`networks[]`: a network that its makers publish as an ONNX file.

    Attributes:
        sha256: of the file at the URL, archive or not.  size: its bytes.
        member: the network's path within the file, where that is a zip archive.
    """

    role: ModelRole
    name: str = Field(max_length=64, pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$")
    url: str = Field(pattern=r"^https?://")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    size: int = Field(gt=0)
    licence: str = Field(min_length=1, max_length=64)
    member: str | None = None
    note: str = ""


class Manifest(Section):
    """Everything that can be pulled by name."""

    networks: tuple[Published, ...] = Field(min_length=1)

    def find(self, names: Sequence[str]) -> list[Published]:
        """Pick networks by name.

        Raises:
            NotFoundError: a name is unknown; the message lists those that are.
            InvalidInputError: two of them fill one role.
        """
        by_name = {network.name: network for network in self.networks}
        if unknown := [name for name in names if name not in by_name]:
            raise NotFoundError(f"{unknown[0]!r} is not in the manifest (names: {', '.join(by_name)})")
        found = [by_name[name] for name in dict.fromkeys(names)]
        require_one_per_role((network.role, network.name) for network in found)
        return found


def require_one_per_role(wanted: Iterable[tuple[ModelRole, str]]) -> None:
    """Refuse networks of which one would be installed only to be replaced by the next.

    Raises:
        InvalidInputError: two fill one role; the message names them.
    """
    filled: dict[ModelRole, str] = {}
    for role, name in wanted:
        if filled.setdefault(role, name) != name:
            raise InvalidInputError(f"{filled[role]} and {name} both are a {role.value}: name one of them")


def read_manifest(path: Path) -> Manifest:
    """Read a manifest; JSON is YAML, too.

    Raises:
        ConfigurationError: it is missing or wrong; one message names everything that is, with its line.
    """
    if not path.is_file():
        raise ConfigurationError(f"{path}: no such file; run this in a checkout of HAVEN, or name one by --manifest")
    document = read_document(path)
    problems = [(problem.path, problem.text) for problem in document.problems]
    try:
        manifest = Manifest.model_validate(document.tree)
    except ValidationError as error:
        problems += [(detail["loc"], detail["msg"]) for detail in error.errors(include_url=False)]
    else:
        names = [network.name for network in manifest.networks]
        problems += [
            (("networks", place, "name"), "given twice, and names must tell networks apart")
            for place, name in enumerate(names)
            if name in names[:place]
        ]
    if problems:
        told = [f"{dotted(place)} ({document.origin(place) or 'whole file'}): {text}" for place, text in problems]
        raise ConfigurationError(f"{path}: " + "\n  ".join(told))
    return manifest
