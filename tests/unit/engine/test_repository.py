"""Reading a model repository: what is missing, damaged or changed is named with its mend."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import onnx
import pytest
from onnx import helper, parser

from haven_server.engine.repository import hash_model, info_metadata, info_of, model_path, read_info
from haven_server.errors import ModelError
from haven_server.types import ModelInfo, ModelRole

ROLE = ModelRole.FACE_DETECTOR


def network(version: int = 13) -> onnx.ModelProto:
    return parser.parse_model(
        f'<ir_version: 8, opset_import: ["" : {version}]> g (float[N] a) => (float[N] b) {{ b = Abs(a) }}'
    )


def described(model: onnx.ModelProto) -> ModelInfo:
    return ModelInfo(ROLE, "scrfd", hash_model(model), "production", 640, 480, None, {"face_similarity": 0.5})


def install(repository: Path, model: onnx.ModelProto, info: ModelInfo | None) -> Path:
    if info is not None:
        helper.set_model_props(model, info_metadata(info))
    path = model_path(repository, ROLE)
    path.parent.mkdir(parents=True)
    onnx.save(model, path)
    return path


def test_what_was_written_is_read(tmp_path: Path) -> None:
    model = network()
    install(tmp_path, model, described(model))
    assert read_info(tmp_path, ROLE) == described(network())


def test_an_embedders_dimension_is_kept() -> None:
    model = network()
    info = replace(described(model), dimension=512)
    helper.set_model_props(model, info_metadata(info))
    assert info_of(model) == info


def test_the_hash_knows_operators_and_not_metadata() -> None:
    plain, noted = network(), network()
    helper.set_model_props(noted, {"haven.name": "other"})
    assert hash_model(plain) == hash_model(noted) != hash_model(network(version=14))


def test_a_missing_file_is_named_with_the_command(tmp_path: Path) -> None:
    with pytest.raises(
        ModelError, match=r"no face_detector is installed: .*model\.onnx is missing; .*haven models import"
    ):
        read_info(tmp_path, ROLE)


def test_a_truncated_file_is_named(tmp_path: Path) -> None:
    model = network()
    path = install(tmp_path, model, described(model))
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(ModelError, match=r"model\.onnx"):
        read_info(tmp_path, ROLE)


def test_a_raw_network_put_there_by_hand_is_refused(tmp_path: Path) -> None:
    install(tmp_path, network(), None)
    with pytest.raises(ModelError, match="was not written by `haven models import`"):
        read_info(tmp_path, ROLE)


def test_a_network_of_another_role_is_refused(tmp_path: Path) -> None:
    model = network()
    install(tmp_path, model, replace(described(model), role=ModelRole.FACE_EMBEDDER))
    with pytest.raises(ModelError, match="holds a face_embedder"):
        read_info(tmp_path, ROLE)


def test_a_network_changed_since_its_import_is_refused(tmp_path: Path) -> None:
    install(tmp_path, network(version=14), described(network()))
    with pytest.raises(ModelError, match="was changed since it was imported"):
        read_info(tmp_path, ROLE)
