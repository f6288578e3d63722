"""Holds the project's frame together: dependencies, packages, pins, targets."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
GIVEN = {"triton_python_backend_utils"}
"""Modules that no package brings: Triton gives them to the backends it runs."""
OWN = {"haven", "haven_client", "haven_core", "haven_server"}


@pytest.fixture(scope="module")
def project() -> Any:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def imported_packages(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*.py"):
        if path.stem.endswith(("_pb2", "_pb2_grpc")):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                yield from (alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module.partition(".")[0]


def test_the_server_imports_only_what_it_declares(project: Any) -> None:
    # pydantic pins pydantic_core exactly, so that the one cannot come without the other.
    names = [Requirement(line).name for line in project["dependencies"]] + ["pydantic-core"]
    declared = {canonicalize_name(name) for name in names}
    distributions = packages_distributions()
    for folder in ("haven_server", "haven_core", "clients/haven_client"):
        for name in sorted(set(imported_packages(ROOT / folder)) - set(sys.stdlib_module_names) - OWN - GIVEN):
            providers = {canonicalize_name(provider) for provider in distributions.get(name, [name])}
            assert providers & declared, f"{folder} imports {name}, which pyproject.toml does not declare"


def test_every_folder_of_modules_is_a_package_and_so_in_the_wheel() -> None:
    for folder in ("haven_server", "haven_core", "clients/haven_client", "proto/haven"):
        for path in (ROOT / folder).rglob("*.py"):
            assert (path.parent / "__init__.py").is_file(), f"{path.parent} lacks __init__.py"


def test_every_dependency_is_pinned_within_its_bounds(project: Any) -> None:
    lines = (ROOT / ".ci" / "constraints.txt").read_text().splitlines()
    pins = dict(line.split("==") for line in lines if not line.startswith("#"))
    pins = {canonicalize_name(name): version for name, version in pins.items()}
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    for requirement in map(Requirement, wanted):
        if requirement.name == project["name"]:
            continue
        version = pins.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement.name} is not pinned: make lock"
        assert requirement.specifier.contains(version), f"{requirement} is pinned at {version}: make lock"


def test_make_help_has_one_line_for_each_target() -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    shown = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert [line.split()[1] for line in shown.splitlines()] == targets
