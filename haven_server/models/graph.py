"""Grows an ONNX graph node by node, with operators that mean the same in every operator set from 11 up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper, numpy_helper

PREFIX = "haven/"
"""Begins the name of every tensor and node that is ours, so that none can meet one of the raw network."""
NETWORK_PREFIX = "network/"
"""Begins the name of everything that came with the raw network."""
MIN_OPSET = 11
"""The first operator set in which all operators used here exist."""


class GraphBuilder:
    """Collects nodes and constants; each call answers the name of the tensor it makes.

    Args:
        prefix: begins the names that are made up here; two builders of one model need two.
    """

    def __init__(self, prefix: str = PREFIX) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []
        self._prefix = prefix

    def splice(self, graph: onnx.GraphProto) -> None:
        """Add a whole graph's nodes and constants as they are; its inputs must already have been made."""
        self.nodes.extend(graph.node)
        self.initializers.extend(graph.initializer)

    def constant(self, value: npt.ArrayLike, dtype: npt.DTypeLike, name: str | None = None) -> str:
        """Add a constant tensor; ``name`` only where somebody must find it again."""
        name = name or f"{self._prefix}constant_{len(self.initializers)}"
        self.initializers.append(numpy_helper.from_array(np.asarray(value, dtype), name))
        return name

    def floats(self, value: npt.ArrayLike) -> str:
        """Add a float32 constant."""
        return self.constant(value, np.float32)

    def integers(self, value: npt.ArrayLike) -> str:
        """Add an int64 constant, as shapes and indices are."""
        return self.constant(value, np.int64)

    def node(self, operator: str, *inputs: str, name: str | None = None, **attributes: Any) -> str:
        """Add a node with one output, called ``name`` where given."""
        return self.node_many(operator, inputs, (name,), **attributes)[0]

    def node_many(
        self, operator: str, inputs: Sequence[str], names: Sequence[str | None], **attributes: Any
    ) -> tuple[str, ...]:
        """Add a node with several outputs."""
        label = f"{self._prefix}{operator}_{len(self.nodes)}"
        outputs = tuple(name or f"{label}_{index}" for index, name in enumerate(names))
        self.nodes.append(helper.make_node(operator, inputs, outputs, name=label, **attributes))
        return outputs

    def slice(self, tensor: str, axis: int, start: int, stop: int) -> str:
        """Take a range of one axis."""
        return self.node("Slice", tensor, *(self.integers([value]) for value in (start, stop, axis)))

    def reshape(self, tensor: str, shape: Sequence[int], name: str | None = None) -> str:
        """Give a tensor another shape; 0 keeps the axis in its place, -1 takes what is left."""
        return self.node("Reshape", tensor, self.integers(shape), name=name)

    def concat(self, tensors: Sequence[str], axis: int, name: str | None = None) -> str:
        """Join tensors along one axis."""
        return self.node("Concat", *tensors, axis=axis, name=name)
