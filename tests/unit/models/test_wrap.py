"""What a wrapped graph looks like from outside, and what it leaves alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import helper, numpy_helper

from haven_server.models.batching import Batching
from haven_server.models.graph import NETWORK_PREFIX
from haven_server.models.recognise import recognise
from haven_server.models.suppression import SCORE_THRESHOLD
from haven_server.models.wrap import wrap
from haven_server.perception.contract import CONTRACTS

RawNetworks = Mapping[str, Callable[..., onnx.ModelProto]]


def wrapped(raw: onnx.ModelProto) -> onnx.ModelProto:
    return wrap(raw, recognise(raw), Batching.FREED)


@pytest.mark.parametrize(
    ("family", "arguments"),
    [("yolo", (84,)), ("yolo", (56,)), ("scrfd", ()), ("embedder", (112, 112)), ("embedder", (256, 128))],
)
def test_its_tensors_are_declared_as_the_contract_has_them(
    raw_networks: RawNetworks, family: str, arguments: tuple[int, ...]
) -> None:
    raw = raw_networks[family](*arguments)
    model = wrapped(raw)
    onnx.checker.check_model(model, full_check=True)
    contract = CONTRACTS[recognise(raw).kind.role]
    declared = [*model.graph.input, *model.graph.output]
    for value, spec in zip(declared, (contract.image, *contract.outputs), strict=True):
        tensor = value.type.tensor_type
        axes = tuple(axis.dim_param or axis.dim_value for axis in tensor.shape.dim)
        assert (value.name, axes) == (spec.name, spec.shape)
        assert helper.tensor_dtype_to_np_dtype(tensor.elem_type) == spec.dtype


@pytest.mark.parametrize("family", ["yolo", "scrfd", "yunet", "embedder"])
def test_weights_stay_as_they_were_stored(raw_networks: RawNetworks, family: str) -> None:
    raw = raw_networks[family]()
    kept = {tensor.name: tensor for tensor in wrapped(raw).graph.initializer}
    for tensor in raw.graph.initializer:
        same = kept[NETWORK_PREFIX + tensor.name]
        assert (same.data_type, same.dims, same.raw_data) == (tensor.data_type, tensor.dims, tensor.raw_data)


def test_what_exporters_note_of_their_machine_is_dropped(raw_networks: RawNetworks) -> None:
    raw = raw_networks["yolo"]()
    raw.graph.node[0].doc_string = "/home/somebody/export.py(7): forward"
    assert b"somebody" not in wrapped(raw).SerializeToString()


def test_without_objects_all_rows_are_zero(raw_networks: RawNetworks) -> None:
    model = wrapped(raw_networks["yolo"](56))
    (threshold,) = [tensor for tensor in model.graph.initializer if tensor.name == SCORE_THRESHOLD]
    threshold.CopyFrom(numpy_helper.from_array(np.ones(1, np.float32), SCORE_THRESHOLD))
    session = onnxruntime.InferenceSession(model.SerializeToString())
    for answer in session.run(None, {"images": np.zeros((2, 64, 64, 3), np.uint8)}):
        assert len(answer) == 2
        assert not answer.any()
