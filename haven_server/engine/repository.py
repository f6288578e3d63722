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


def model_path(repository: Path, role: ModelRole) -> Path:
    """Name the file that holds a role's network, whether it is there or not."""
    return repository / role.value / "1" / "model.onnx"


def read_info(repository: Path, role: ModelRole) -> ModelInfo:
    """Read what the network that fills a role says of itself.

    Raises:
        ModelError: it is missing, unreadable, not one that was imported, or changed since it was; the message names
            the file and the command that mends it.
    """
    return read_model(repository, role)[0]


def read_model(repository: Path, role: ModelRole) -> tuple[ModelInfo, onnx.ModelProto]:
    """Read the network that fills a role, with what it says of itself.

    Raises:
        ModelError: as ``read_info``.
    """
    path = model_path(repository, role)
    try:
        model = onnx.load(path)
        return _verified(model, role), model
    except FileNotFoundError:
        problem = f"no {role.value} is installed: {path} is missing"
    except (DecodeError, OSError) as error:
        problem = f"{path} cannot be read as an ONNX model ({error})"
    except ModelError as error:
        problem = f"{path} {error}"
    raise ModelError(f"{problem}; install one with `haven models import PATH --repository {repository}`")


def info_of(model: onnx.ModelProto) -> ModelInfo:
    """Read a wrapped model's metadata.

    Raises:
        ModelError: an entry is missing or malformed, or the graph is not the one that was described.
    """
    facts = {entry.key: entry.value for entry in model.metadata_props}
    dimension = facts.get(DIMENSION_KEY)
    try:
        info = ModelInfo(
            role=ModelRole(facts[ROLE_KEY]),
            name=facts[NAME_KEY],
            model_hash=facts[HASH_KEY],
            domain=facts[DOMAIN_KEY],
            input_height=int(facts[HEIGHT_KEY]),
            input_width=int(facts[WIDTH_KEY]),
            dimension=None if dimension is None else int(dimension),
            thresholds=json.loads(facts.get(THRESHOLDS_KEY, "{}")),
        )
    except (KeyError, ValueError) as error:
        raise ModelError(f"was not written by `haven models import` ({error})") from error
    if info.model_hash != hash_model(model):
        raise ModelError("was changed since it was imported")
    return info


def _verified(model: onnx.ModelProto, role: ModelRole) -> ModelInfo:
    """Read a model's metadata and hold it to the role it was found in."""
    info = info_of(model)
    if info.role is not role:
        raise ModelError(f"holds a {info.role.value}")
    return info


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
