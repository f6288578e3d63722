"""Holds every import to the layer table of ARCHITECTURE.md."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = {"haven_server": "haven_server", "haven_core": "haven_core", "haven_client": "clients/haven_client"}
"""Folder of each package whose imports are held to the table."""


@dataclass(frozen=True)
class Unit:
    """One entry of the table: a module or package with all that is in it.

    Attributes:
        layer: a unit may import from lower layers.
        rank: place in its row, where the row reads left to right; None where neighbours stay apart.
        only_for: names of the units that may import it, None where any higher one may.
    """

    name: str
    layer: int
    rank: int | None
    only_for: frozenset[str] | None


def read_table(text: str) -> dict[str, Unit]:
    """Read the rows ``| layer | units | among themselves | imported only by |``."""
    units: dict[str, Unit] = {}
    for row in re.findall(r"^\| \d \|.*\|$", text, re.MULTILINE):
        layer, names, order, importers = (cell.strip() for cell in row.strip("|").split("|"))
        only_for = frozenset(re.findall(r"`(.+?)`", importers)) or None
        for rank, name in enumerate(re.findall(r"`(.+?)`", names)):
            assert name not in units, f"{name} stands twice in the table"
            units[name] = Unit(name, int(layer), rank if order == "left to right" else None, only_for)
    return units


def unit_of(module: str, units: dict[str, Unit]) -> Unit | None:
    """Find the entry a module belongs to; the table leaves out ``haven_server.``."""
    words = module.removeprefix("haven_server.").split(".")
    names = (".".join(words[:length]) for length in range(len(words), 0, -1))
    return next((units[name] for name in names if name in units), None)


def imports_of(path: Path, module: str) -> Iterator[tuple[int, str]]:
    """List line and absolute name of everything a file imports, wherever in the file."""
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = ".".join(package.split(".")[: len(package.split(".")) - node.level + 1]) if node.level else ""
            base = ".".join(part for part in (above, node.module) if part)
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)


def may_import(importer: Unit, imported: Unit) -> bool:
    if importer == imported:
        return True
    if imported.only_for is not None:
        return importer.name in imported.only_for
    if importer.layer == imported.layer and importer.rank is not None and imported.rank is not None:
        return imported.rank < importer.rank
    return imported.layer < importer.layer


def violations(root: Path, units: dict[str, Unit]) -> list[str]:
    """List every import that the table does not allow, and every module that it does not know."""
    found = []
    for package, folder in PACKAGES.items():
        for path in sorted((root / folder).rglob("*.py")):
            words = (package, *path.relative_to(root / folder).with_suffix("").parts)
            module = ".".join(words).removesuffix(".__init__")
            importer = unit_of(module, units)
            if importer is None:
                if module != "haven_server":
                    found.append(f"{module}: stands in no layer")
                continue
            for line, name in imports_of(path, module):
                imported = unit_of(name, units) if name.partition(".")[0] in (*PACKAGES, "haven") else None
                if imported is not None and not may_import(importer, imported):
                    found.append(f"{module}:{line}: {importer.name} must not import {name}")
    return found


@pytest.fixture(scope="module")
def table() -> dict[str, Unit]:
    return read_table((ROOT / "ARCHITECTURE.md").read_text())


def test_every_import_goes_down(table: dict[str, Unit]) -> None:
    assert violations(ROOT, table) == []


def test_every_entry_of_the_table_is_there(table: dict[str, Unit]) -> None:
    folders = {**PACKAGES, "haven.v1": "proto/haven/v1"}
    for name in table:
        place = ROOT / folders.get(name, f"haven_server/{name}")
        assert place.is_dir() or place.with_suffix(".py").is_file(), f"{name} is gone"


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("tracking/bytetrack.py", "from haven_server.pipeline import camera"),
        ("tracking/bytetrack.py", "from haven_server.reid.policy import decide"),
        ("tracking/bytetrack.py", "from ..reid import policy"),
        ("tracking/bytetrack.py", "import haven_server.app"),
        ("tracking/bytetrack.py", "def late():\n    from haven_server import cli"),
        ("pipeline/camera.py", "from haven_server.models import import_models"),
        ("errors.py", "from haven_server.types import Frame"),
        ("settings.py", "from haven_server.telemetry import logger"),
        ("pipeline/camera.py", "import haven.v1.tracking_pb2"),
        ("app.py", "from haven_client import Client"),
    ],
)
def test_an_import_upwards_or_sideways_is_caught(
    tmp_path: Path, table: dict[str, Unit], module: str, line: str
) -> None:
    path = tmp_path / "haven_server" / module
    path.parent.mkdir(parents=True)
    path.write_text(line + "\n")
    (violation,) = violations(tmp_path, table)
    assert "must not import" in violation


def test_a_module_that_stands_in_no_layer_is_caught(tmp_path: Path, table: dict[str, Unit]) -> None:
    path = tmp_path / "haven_server" / "newcomer.py"
    path.parent.mkdir(parents=True)
    path.write_text("import os\n")
    assert violations(tmp_path, table) == ["haven_server.newcomer: stands in no layer"]


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("tracking/bytetrack.py", "from haven_server.types import Frame\nimport haven_core.boxes\nimport numpy"),
        ("tracking/bytetrack.py", "from haven_server.tracking.lifecycle import Life\nfrom . import association"),
        ("rpc/convert.py", "from haven.v1 import tracking_pb2"),
        ("operations/demo.py", "import haven_client"),
        ("types.py", "from haven_server.errors import HavenError"),
        ("app.py", "from haven_server import models"),
    ],
)
def test_an_import_downwards_is_allowed(tmp_path: Path, table: dict[str, Unit], module: str, line: str) -> None:
    path = tmp_path / "haven_server" / module
    path.parent.mkdir(parents=True)
    path.write_text(line + "\n")
    assert violations(tmp_path, table) == []
