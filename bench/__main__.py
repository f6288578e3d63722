"""``python -m bench [NAME…]`` runs the benchmarks of those names, or all, each in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent


def main(names: list[str]) -> int:
    """Run ``bench/*/NAME_bench.py`` one after another.

    Returns:
        0; 1 when one failed; 2 when a name is unknown.
    """
    found = {path.stem.removesuffix("_bench"): path for path in sorted(FOLDER.glob("*/*_bench.py"))}
    if unknown := set(names) - set(found):
        print(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(found)}", file=sys.stderr)
        return 2
    modules = [f"bench.{found[name].parent.name}.{found[name].stem}" for name in names or found]
    ends = [subprocess.run([sys.executable, "-m", module], cwd=FOLDER.parent, check=False) for module in modules]
    return 1 if any(end.returncode for end in ends) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
