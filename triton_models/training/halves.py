"""Stores a network's weights as float16, which it widens before use: ONNX graph -> half the file."""

from __future__ import annotations

from typing import Final

import numpy as np
import onnx
from onnx import helper, numpy_helper

LEAST_HALVED: Final = 64
"""Weights of fewer values stay as they are: halving them saves nothing."""


def store_halves(graph: onnx.GraphProto) -> None:
    """Store float32 weights as float16 and widen them in the graph, in place; what is computed stays float32."""
    kept, casts = [], []
    for weight in graph.initializer:
        values = numpy_helper.to_array(weight)
        if values.dtype != np.float32 or values.size < LEAST_HALVED:
            kept.append(weight)
            continue
        half = f"{weight.name}/half"
        kept.append(numpy_helper.from_array(values.astype(np.float16), half))
        casts.append(helper.make_node("Cast", [half], [weight.name], to=onnx.TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.initializer[:], graph.node[:]
    graph.initializer.extend(kept)
    graph.node.extend(nodes)


def parameter_count(graph: onnx.GraphProto) -> int:
    """Count a network's weights, biases and folded normalisations."""
    floats = (onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16)
    return sum(int(np.prod(weight.dims)) for weight in graph.initializer if weight.data_type in floats)
