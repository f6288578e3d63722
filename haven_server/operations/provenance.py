"""Say where a figure comes from: machine, commit, and a digest of all that it depends on."""

from __future__ import annotations

import ast
import hashlib
import os
import platform
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def machine() -> dict[str, Any]:
    """Say what the figures were taken on."""
    return {
        "cpu": _cpu_name(),
        "cores": len(os.sched_getaffinity(0)),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def commit(folder: Path) -> str:
    """Name a checkout's commit; ``-dirty``: the working tree differs from it; ``unknown``: the folder is none."""
    command = ["git", "describe", "--always", "--dirty", "--exclude=*"]
    try:
        return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def digest_of(paths: Iterable[Path], *more: str) -> str:
    """Name what is in some files, and some words: the same ones have the same name.

    Of Python files counts what they do: explained in other words or laid out otherwise they have the same name.
    """
    digest = hashlib.sha256("\0".join(more).encode())
    for path in paths:
        content = _bare(path) if path.suffix == ".py" else path.read_bytes()
        digest.update(hashlib.sha256(content).digest())
    return digest.hexdigest()


class _Unexplained(ast.NodeTransformer):
    """Takes docstrings out of code; comments are no part of it."""

    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        return None if isinstance(node.value, ast.Constant) else node


def _bare(path: Path) -> bytes:
    """Give what a Python file does."""
    return ast.dump(_Unexplained().visit(ast.parse(path.read_bytes()))).encode()


def _cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:  # not Linux
        return platform.processor()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown")
