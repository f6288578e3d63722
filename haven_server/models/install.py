"""Makes one network ready and puts it in its place: raw graph -> proven model file with its description."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import onnx
from onnx import helper

from haven_server.engine.repository import (
    DOMAIN_KEY,
    THRESHOLDS_KEY,
    hash_model,
    info_metadata,
    info_of,
    model_path,
    read_model,
)
from haven_server.errors import ModelError
from haven_server.models.batching import Batching
from haven_server.models.check import check_wrapped
from haven_server.models.network import Network
from haven_server.models.recognise import notes
from haven_server.models.triton import config_path, config_text
from haven_server.models.wrap import wrap
from haven_server.types import ModelInfo, ModelRole

NETWORK_KEY: Final = "haven.network"
"""Metadata entry that holds the recognised raw network, as ``Network.to_json`` writes it."""
BATCHING_KEY: Final = "haven.batching"
"""Metadata entry that says how the file takes several pictures."""
PRODUCTION: Final = "production"
"""Domain of a network that does not name its own."""


@dataclass(frozen=True, slots=True)
class Proven:
    """A wrapped model that agrees with its raw network.

    Attributes:
        difference: the greatest one found, relative.
    """

    model: onnx.ModelProto
    info: ModelInfo
    batching: Batching
    difference: float


def prove(source: onnx.ModelProto, network: Network, name: str) -> Proven:
    """Wrap a raw network in the first way of batching that proves right; prove a wrapped one as it is.

    Args:
        name: to record for it; its file's metadata gives domain and thresholds, those it lacks its family.
    Raises:
        ModelError: no way proves right; the message says what came of each.
    """
    if NETWORK_KEY in notes(source):
        return _prove_wrapped(source, network, name)
    failures = []
    for batching in (Batching.FREED, Batching.LOOPED) if network.fixed_batch else Batching:
        try:
            model = wrap(source, network, batching)
            difference = check_wrapped(model, network, source)
        except ModelError as error:
            failures.append(f"{batching.value}: {error}")
            continue
        info = _describe(model, network, name, notes(source))
        _annotate(model, info, network, batching)
        return Proven(model, info, batching, difference)
    raise ModelError(
        f"the wrapped {network.kind.value} network does not agree with the raw one ({'; '.join(failures)})"
    )


def place(proven: Proven, repository: Path) -> Path:
    """Write a model file, whole or not at all, and its role's config.pbtxt where there is none.

    Returns:
        The model file.
    Raises:
        ModelError: the folder cannot be written.
    """
    role = proven.info.role
    path, config = model_path(repository, role), config_path(repository, role)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, proven.model.SerializeToString(deterministic=True))
        if not config.exists():
            replace_file(config, config_text(role).encode())
    except OSError as error:
        raise ModelError(f"{path} cannot be written ({error}); choose another --repository") from error
    return path


def write_thresholds(repository: Path, role: ModelRole, thresholds: Mapping[str, float]) -> Path:
    """Have an installed network carry calibrated thresholds; others that it carries stay, and so does its hash.

    Args:
        thresholds: by key of ``reid.thresholds``.
    Returns:
        The model file.
    Raises:
        ModelError: the network is missing or damaged, or its file cannot be written.
    """
    info, model = read_model(repository, role)
    carried = json.dumps({**info.thresholds, **thresholds}, sort_keys=True)
    helper.set_model_props(model, {**notes(model), THRESHOLDS_KEY: carried})
    path = model_path(repository, role)
    try:
        replace_file(path, model.SerializeToString(deterministic=True))
    except OSError as error:
        raise ModelError(f"{path} cannot be written ({error}); choose another repository") from error
    return path


def read_wrapping(model: onnx.ModelProto) -> tuple[Network, Batching]:
    """Read from a wrapped model which raw network is in it, and how it takes several pictures.

    Raises:
        ModelError: it was not wrapped here.
    """
    noted = notes(model)
    try:
        return Network.from_json(noted[NETWORK_KEY]), Batching(noted[BATCHING_KEY])
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(
            f"the file does not tell which network it wraps ({error}); import the raw one again"
        ) from error


def _prove_wrapped(source: onnx.ModelProto, network: Network, name: str) -> Proven:
    """Check a file that was wrapped before against its own description."""
    info = replace(info_of(source), name=name)
    _, batching = read_wrapping(source)
    difference = check_wrapped(source, network)
    model = onnx.ModelProto()
    model.CopyFrom(source)
    _annotate(model, info, network, batching)
    return Proven(model, info, batching, difference)


def _describe(model: onnx.ModelProto, network: Network, name: str, noted: dict[str, str]) -> ModelInfo:
    """Put together what a wrapped model is to say of itself."""
    try:
        own = json.loads(noted.get(THRESHOLDS_KEY, "{}"))
    except ValueError as error:
        raise ModelError(f"the file's {THRESHOLDS_KEY} are no JSON: {error}") from error
    return ModelInfo(
        role=network.kind.role,
        name=name,
        model_hash=hash_model(model),
        domain=noted.get(DOMAIN_KEY, PRODUCTION),
        input_height=network.height,
        input_width=network.width,
        dimension=network.dimension,
        thresholds={**network.kind.thresholds, **own},
    )


def _annotate(model: onnx.ModelProto, info: ModelInfo, network: Network, batching: Batching) -> None:
    """Write everything known into the model's metadata."""
    own = {NETWORK_KEY: network.to_json(), BATCHING_KEY: batching.value}
    helper.set_model_props(model, {**info_metadata(info), **own})


def replace_file(path: Path, content: bytes) -> None:
    """Write a file beside its place and move it there, so that a reader sees the old one or the new one."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
