"""`haven models import`: raw network files -> wrapped, proven networks in a model repository."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import onnx
from google.protobuf.message import DecodeError

from haven_server.engine.repository import NAME_KEY
from haven_server.errors import InvalidInputError, ModelError
from haven_server.models.batching import Batching
from haven_server.models.install import NETWORK_KEY, Proven, place, prove, read_wrapping
from haven_server.models.network import Network, NetworkKind
from haven_server.models.recognise import notes, recognise
from haven_server.telemetry import logger
from haven_server.types import ModelInfo, ModelRole

CHOICE_RULE: Final = "SCRFD before YuNet, then the smaller input, then the smaller file"
"""Which of several networks for one role a folder import takes: the fastest of those meant for it."""

_log = logger(__name__)


@dataclass(frozen=True, slots=True)
class ImportResult:
    """One network that was installed.

    Attributes:
        source: the raw file.  installed: the file in the repository.
        difference: the greatest one found between raw and wrapped network, relative to values over 1.
        passed_over: other files of the folder that would fill the same role, left out by ``CHOICE_RULE``.
    """

    source: Path
    installed: Path
    info: ModelInfo
    kind: NetworkKind
    batching: Batching
    difference: float
    passed_over: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class _Recognised:
    """A file and what it holds."""

    path: Path
    network: Network
    name: str

    def preference(self) -> tuple[bool, int, int, str]:
        """Sort key after ``CHOICE_RULE``; the file's name settles what is left."""
        network = self.network
        is_second_choice = network.kind is NetworkKind.YUNET
        return is_second_choice, network.height * network.width, self.path.stat().st_size, self.path.name


def import_models(
    path: Path, repository: Path, name: str | None = None, role: ModelRole | None = None
) -> list[ImportResult]:
    """Install a network, or those of a folder, each in the place of what filled its role.

    Args:
        path: an ONNX file, or a folder with some; files in a folder that are not recognised are logged and left out.
        repository: created where it does not exist.
        name: to record instead of the file's own; for a single file only.
        role: that has to be filled; None: whichever the networks are made for.
    Returns:
        What was installed, in the order of ``ModelRole``.
    Raises:
        InvalidInputError: nothing is there, or a name was given for a folder.
        ModelError: a single file that is unreadable or unknown, a folder with nothing known, nothing for the role, a
            network whose wrapped graph does not agree with the raw one, or a repository that cannot be written.
    """
    if path.is_dir():
        if name is not None:
            raise InvalidInputError(f"{path} is a folder: a name can be given to a single file only")
        found = _recognise_folder(path)
    elif path.is_file():
        found = [_recognise_file(path)]
    else:
        raise InvalidInputError(f"{path} does not exist; give an .onnx file or a folder with some")
    by_role: dict[ModelRole, list[_Recognised]] = defaultdict(list)
    for entry in sorted(found, key=_Recognised.preference):
        by_role[entry.network.kind.role].append(entry)
    if role is not None and role not in by_role:
        raise ModelError(f"{path} is no {role.value}, but a {' and a '.join(each.value for each in by_role)}")
    # All are proven before the first is placed, so that a folder with a bad network leaves the repository as it was.
    proven = {role: _prove(by_role[role][0], name) for role in ModelRole if role in by_role}
    return [_install(by_role[role], wrapped, repository) for role, wrapped in proven.items()]


def _prove(entry: _Recognised, name: str | None) -> Proven:
    """Wrap one file and name it where it fails."""
    try:
        return prove(_load(entry.path), entry.network, name or entry.name)
    except ModelError as error:
        raise ModelError(f"{entry.path}: {error}") from error


def _install(entries: Sequence[_Recognised], proven: Proven, repository: Path) -> ImportResult:
    """Put the first of several networks for one role in its place."""
    chosen, *others = entries
    return ImportResult(
        source=chosen.path,
        installed=place(proven, repository),
        info=proven.info,
        kind=chosen.network.kind,
        batching=proven.batching,
        difference=proven.difference,
        passed_over=tuple(other.path for other in others),
    )


def _recognise_folder(folder: Path) -> list[_Recognised]:
    found = []
    for path in sorted(folder.glob("*.onnx")):
        try:
            found.append(_recognise_file(path))
        except ModelError as error:
            _log.warning("network left out", file=str(path), reason=str(error))
    if not found:
        raise ModelError(f"{folder} holds no .onnx file that is recognised")
    return found


def _recognise_file(path: Path) -> _Recognised:
    model = _load(path)
    noted = notes(model)
    try:
        network = read_wrapping(model)[0] if NETWORK_KEY in noted else recognise(model)
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from error
    return _Recognised(path, network, noted.get(NAME_KEY) or default_name(path, network))


def default_name(path: Path, network: Network) -> str:
    """Name a network after its file, without the input size that exporters append: `yolov8n_320.onnx` is `yolov8n`."""
    return path.stem.removesuffix(f"_{network.height}")


def _load(path: Path) -> onnx.ModelProto:
    try:
        return onnx.load(path)
    except (DecodeError, OSError) as error:
        raise ModelError(f"{path} cannot be read as an ONNX model: {error}") from error
