"""`haven models export`: names -> raw ONNX files, made by their makers' own tools.

These bring torch and code under AGPL-3.0. They are installed in an environment of their own and run there as a process
(`triton_models/export`), so that nothing of it is ever imported by HAVEN.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from haven_server.errors import ExportError, InvalidInputError, writing
from haven_server.operations.networks.licences import require_consent
from haven_server.operations.networks.makers import Maker, makers_of

ENVIRONMENT: Final = Path(".venv-export")
SCRIPTS: Final = Path("triton_models/export")
"""What is run there, with the pinned requirements of each maker; of a checkout."""
SIZE_STEP: Final = 32
"""Cells of the coarsest grid on which YOLO networks predict, px."""
LOG_TAIL: Final = 3
"""Lines of what a tool said that an error quotes."""

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class ExportPlan:
    """What is to be exported, and how.

    Attributes:
        size: input height and width of detectors.
        weights: a file of one's own, for a single name; None: those of the makers.
        untrained: random weights instead: such a network finds nobody, and shows only that all that follows works.
        accepted: licences that were agreed to.
        environment: folder of the makers' tools; made where it does not exist.
        cache: keeps weights that the tools fetch.
    """

    names: tuple[str, ...]
    size: int
    weights: Path | None
    untrained: bool
    accepted: frozenset[str]
    environment: Path
    cache: Path

    def makers(self) -> dict[str, Maker]:
        """Find whose networks are wanted, and whether they can be had.

        Raises:
            NotFoundError: a name is unknown.
            InvalidInputError: an option is wrong, they do not fit together, or two names fill one role.
            LicenceError: somebody has to agree first.
        """
        makers = makers_of(self.names)
        if self.size % SIZE_STEP:
            raise InvalidInputError(f"--size {self.size}: the input of a YOLO network is a multiple of {SIZE_STEP} px")
        if self.environment.resolve() == Path(sys.prefix).resolve():
            raise InvalidInputError(f"{self.environment} is HAVEN's own environment: name another by --environment")
        if self.weights is not None:
            if self.untrained or len(makers) > 1:
                raise InvalidInputError("--weights is for a single name, and not with --untrained")
            if not self.weights.is_file():
                raise InvalidInputError(f"{self.weights}: no such file; --weights names one with trained weights")
        for name, maker in makers.items():
            self._check(name, maker)
        require_consent({name: maker.licence for name, maker in makers.items()}, self.accepted)
        return makers

    def _check(self, name: str, maker: Maker) -> None:
        """Refuse what a maker's tools cannot do."""
        own = self.weights is not None or self.untrained
        if not maker.fetches and not own:
            raise InvalidInputError(
                f"{name}: {maker.package} has no weights that tell people apart; fetch some from its model zoo "
                "(https://kaiyangzhou.github.io/deep-person-reid/MODEL_ZOO) and name the file by --weights"
            )
        if own and maker.packs:
            raise InvalidInputError(f"{name}: a pack of finished files, which takes no --weights and no --untrained")


def export(plan: ExportPlan, folder: Path, tell: Tell) -> None:
    """Export networks into a folder, as `NAME.onnx`, or under their makers' names where they come as a pack.

    Raises:
        NotFoundError, InvalidInputError, LicenceError: as ``ExportPlan.makers``; nothing was done then.
        ExportError: tools could not be installed, or failed.
        OutputError: a folder cannot be written.
    """
    makers = plan.makers()
    if not SCRIPTS.is_dir():
        raise InvalidInputError(f"{SCRIPTS}: no such folder; run this in a checkout of HAVEN")
    with writing(plan.cache):
        plan.cache.mkdir(parents=True, exist_ok=True)
    for package in dict.fromkeys(maker.package for maker in makers.values()):
        install(package, plan.environment, tell)
    for name, maker in makers.items():
        tell(f"exporting {name} with {maker.package}")
        _run(plan, name, maker, folder)


def install(package: str, environment: Path, tell: Tell) -> None:
    """Have a maker's tools in the environment, as they are pinned.

    Raises:
        ExportError: pip cannot install them.
        OutputError: the environment cannot be written.
    """
    requirements = SCRIPTS / f"{package}.txt"
    stamp = environment / f"haven-{package}.txt"
    wanted = requirements.read_bytes()
    if stamp.is_file() and stamp.read_bytes() == wanted:
        return
    tell(f"installing {package} in {environment}; the first time this takes minutes, and gigabytes")
    python = _python(environment)
    if not python.is_file():
        _call([sys.executable, "-m", "venv", str(environment)], f"{environment} cannot be made")
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _call([*pip, "--requirement", str(requirements)], f"{package} cannot be installed")
    with writing(stamp):
        stamp.write_bytes(wanted)


def _run(plan: ExportPlan, name: str, maker: Maker, folder: Path) -> None:
    """Call the script for one network, in a folder where its tools may leave what they fetch."""
    command = [str(_python(plan.environment).absolute()), "-m", "triton_models.export", maker.package, name]
    command += ["--folder", str(folder.resolve()), "--size", str(plan.size)]
    if plan.weights is not None:
        command += ["--weights", str(plan.weights.resolve())]
    if plan.untrained:
        command += ["--untrained"]
    # Of HAVEN, this process sees its scripts only because they lie in the checkout; it imports nothing else of it.
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    _call(command, f"{maker.package} did not export {name}", plan.cache, environment)


def _call(
    command: Sequence[str], failure: str, folder: Path | None = None, environment: Mapping[str, str] | None = None
) -> None:
    """Run a process to its end.

    Raises:
        ExportError: it failed; the message quotes what it said last.
    """
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
        )
    except OSError as error:
        raise ExportError(f"{failure}: {error}; remove that environment, and it is made anew") from error
    if done.returncode:
        lines = (done.stderr or done.stdout).splitlines()
        # A traceback's frames say less than what stands below them.
        lines = [line.strip() for line in lines if line.strip() and not line.startswith(("  ", "Traceback "))]
        said = " / ".join(lines[-LOG_TAIL:]) or f"exit {done.returncode}"
        raise ExportError(f"{failure}: {said}")


def _python(environment: Path) -> Path:
    return environment / "bin" / "python"
