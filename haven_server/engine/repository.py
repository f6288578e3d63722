"""Reads a model repository: which network fills a role, what it is called, and that it is whole.

Layout: `<repository>/<role>/1/model.onnx`, beside it the `config.pbtxt` that Triton reads. What HAVEN knows of a
network stands in the file's own metadata, so that a file and its description cannot part.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Final

import onnx
from google.protobuf.message import DecodeError

from haven_server.errors import ModelError
from haven_server.types import ModelInfo, ModelRole

ROLE_KEY: Final = "haven.role"
NAME_KEY: Final = "haven.name"
HASH_KEY: Final = "haven.hash"
DOMAIN_KEY: Final = "haven.domain"
HEIGHT_KEY: Final = "haven.input_height"
WIDTH_KEY: Final = "haven.input_width"
DIMENSION_KEY: Final = "haven.dimension"
THRESHOLDS_KEY: Final = "haven.thresholds"

_MEND: Final = "install one with `haven models import PATH --repository {repository}`"


def model_path(repository: Path, role: ModelRole) -> Path:
    """Name the file that holds a role's network, whether it is there or not."""
    return repository / role.value / "1" / "model.onnx"


def load_model(repository: Path, role: ModelRole) -> onnx.ModelProto:
    """Read a role's model file.

    Raises:
        ModelError: it is missing or unreadable; the message names it and the command that mends it.
    """
    path = model_path(repository, role)
    mend = _MEND.format(repository=repository)
    try:
        return onnx.load(path)
    except FileNotFoundError:
        raise ModelError(f"no {role.value} is installed: {path} is missing; {mend}") from None
    except (DecodeError, OSError) as error:
        raise ModelError(f"{path} cannot be read as an ONNX model ({error}); {mend}") from error


def read_info(repository: Path, role: ModelRole) -> ModelInfo:
    """Read what the network that fills a role says of itself.

    Raises:
        ModelError: it is missing, unreadable, not one that was imported, or changed since it was.
    """
    model = load_model(repository, role)
    path = model_path(repository, role)
    try:
        info = info_of(model)
    except (KeyError, ValueError) as error:
        mend = _MEND.format(repository=repository)
        raise ModelError(f"{path} was not written by `haven models import` ({error}); {mend}") from error
    if info.role is not role:
        raise ModelError(f"{path} holds a {info.role.value}; {_MEND.format(repository=repository)}")
    if info.model_hash != hash_model(model):
        raise ModelError(f"{path} was changed since it was imported; {_MEND.format(repository=repository)}")
    return info


def info_of(model: onnx.ModelProto) -> ModelInfo:
    """Read a wrapped model's metadata.

    Raises:
        KeyError, ValueError: an entry is missing or malformed.
    """
    facts = {entry.key: entry.value for entry in model.metadata_props}
    dimension = facts.get(DIMENSION_KEY)
    return ModelInfo(
        role=ModelRole(facts[ROLE_KEY]),
        name=facts[NAME_KEY],
        model_hash=facts[HASH_KEY],
        domain=facts[DOMAIN_KEY],
        input_height=int(facts[HEIGHT_KEY]),
        input_width=int(facts[WIDTH_KEY]),
        dimension=None if dimension is None else int(dimension),
        thresholds=json.loads(facts.get(THRESHOLDS_KEY, "{}")),
    )


def info_metadata(info: ModelInfo) -> dict[str, str]:
    """Spell a model's description as the metadata that ``info_of`` reads."""
    facts = {
        ROLE_KEY: info.role.value,
        NAME_KEY: info.name,
        HASH_KEY: info.model_hash,
        DOMAIN_KEY: info.domain,
        HEIGHT_KEY: str(info.input_height),
        WIDTH_KEY: str(info.input_width),
        THRESHOLDS_KEY: json.dumps(dict(info.thresholds), sort_keys=True),
    }
    return facts if info.dimension is None else {**facts, DIMENSION_KEY: str(info.dimension)}


def hash_model(model: onnx.ModelProto) -> str:
    """Fingerprint what determines a model's answers: its graph, weights and operator sets.

    Name, domain, thresholds and all other metadata are left out: renaming a network does not part it from the
    embeddings it made. Everything that changes a vector is in: weights, normalisation, decoding.

    Returns:
        Hex sha256.
    """
    bare = onnx.ModelProto()
    bare.graph.CopyFrom(model.graph)
    bare.opset_import.extend(model.opset_import)
    bare.functions.extend(model.functions)
    return hashlib.sha256(bare.SerializeToString(deterministic=True)).hexdigest()
