"""``python -m bench [NAME…]`` runs the benchmarks of those names, or all, each in a process of its own.

Those whose folder has a ``requirements.txt`` run beside peers, in the environment that ``make peers`` makes.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
PEERS = FOLDER.parent / ".venv-bench" / "bin" / "python"
LIBRARIES = FOLDER.parent / "build" / "libraries"
"""What the match is compared with, if it is installed: `make bench-kernels`."""
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
"""For NumPy and those libraries: HAVEN's kernels use one, too."""


def main(names: list[str]) -> int:
    """Run ``bench/*/NAME_bench.py`` one after another.

    Returns:
        0; 1 when one failed; 2 when a name is unknown, or the peers are wanted and not there.
    """
    found = {path.stem.removesuffix("_bench"): path for path in sorted(FOLDER.glob("*/*_bench.py"))}
    if unknown := set(names) - set(found):
        print(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(found)}", file=sys.stderr)
        return 2
    wanted = [found[name] for name in names or found]
    if any(map(_has_peers, wanted)) and not PEERS.exists():
        print("the peers that HAVEN is measured beside are not installed: make peers", file=sys.stderr)
        return 2
    ends = [subprocess.run(_command(path), cwd=FOLDER.parent, env=_environment(path), check=False) for path in wanted]
    return 1 if any(end.returncode for end in ends) else 0


def _has_peers(path: Path) -> bool:
    return (path.parent / "requirements.txt").exists()


def _command(path: Path) -> list[str | Path]:
    """Run a benchmark as a module, by the Python that has what it needs."""
    return [PEERS if _has_peers(path) else sys.executable, "-m", f"bench.{path.parent.name}.{path.stem}"]


def _environment(path: Path) -> dict[str, str]:
    return {**os.environ} if _has_peers(path) else os.environ | ONE_THREAD | {"PYTHONPATH": str(LIBRARIES)}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
