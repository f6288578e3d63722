"""Weights stored as float16: half the file, the same graph."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from triton_models.training.halves import parameter_count, store_halves

RANDOM = np.random.default_rng(5)
WEIGHTS = RANDOM.normal(0, 1, (32, 16)).astype(np.float32)
FEW = np.arange(16, dtype=np.float32) / 3


def small_model() -> onnx.ModelProto:
    return helper.make_model(
        helper.make_graph(
            [helper.make_node("MatMul", ["x", "w"], ["m"]), helper.make_node("Add", ["m", "b"], ["y"])],
            "small",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 32])],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 16])],
            [numpy_helper.from_array(WEIGHTS, "w"), numpy_helper.from_array(FEW, "b")],
        ),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
    )


def test_many_weights_are_stored_as_float16_and_few_stay() -> None:
    model = small_model()
    store_halves(model.graph)
    kinds = {weight.name: weight.data_type for weight in model.graph.initializer}
    assert kinds == {"w/half": TensorProto.FLOAT16, "b": TensorProto.FLOAT}


def test_the_graph_computes_with_the_rounded_weights_in_float32() -> None:
    model = small_model()
    store_halves(model.graph)
    x = RANDOM.normal(0, 1, (2, 32)).astype(np.float32)
    (answer,) = onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"x": x})
    assert answer.dtype == np.float32
    np.testing.assert_allclose(answer, x @ WEIGHTS.astype(np.float16).astype(np.float32) + FEW, atol=1e-4)


def test_every_weight_is_counted_however_it_is_stored() -> None:
    model = small_model()
    before = parameter_count(model.graph)
    store_halves(model.graph)
    assert before == parameter_count(model.graph) == 32 * 16 + 16
