"""`python -m triton_models.training`: render, train, install and examine the networks of the demo world."""

from __future__ import annotations

import argparse
from pathlib import Path

from haven_server.types import ModelRole

ROOT = Path(__file__).resolve().parents[1]
ROLES = [role.value for role in ModelRole]


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m triton_models.training", description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT / "training-data", help="pictures, checkpoints and logs")
    parser.add_argument("--repository", type=Path, default=ROOT / "demo", help="where networks are installed")
    steps = parser.add_subparsers(dest="step", required=True)
    for step, text in (
        ("all", "do everything that is not done yet, network after network"),
        ("render", "draw the pictures that are missing"),
        ("train", "train, going on where it was broken off, and write the raw network"),
        ("install", "examine a raw network, and import it with its thresholds"),
        ("examine", "examine what is installed"),
    ):
        command = steps.add_parser(step, help=text)
        command.add_argument("roles", nargs="*", choices=[*ROLES, []], help="of the networks; none: all five")
        command.add_argument("--workers", type=int, default=2, help="processes that render, threads that train")
        command.add_argument("--compile", action="store_true", help="train a third faster; needs a C++ compiler")
    arguments = parser.parse_args()
    from triton_models.training import steps as work  # torch is imported only once the command line is right

    roles = [ModelRole(role) for role in arguments.roles]
    places = work.Places(arguments.data, arguments.repository)
    work.run(arguments.step, roles, places, arguments.workers, arguments.compile)


if __name__ == "__main__":
    main()
