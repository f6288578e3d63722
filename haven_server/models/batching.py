"""Lets a network that was exported for one picture take several: graph -> graph with a free batch axis."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import Final

import numpy as np
import onnx
from onnx import helper, numpy_helper

from haven_server.models.graph import NETWORK_PREFIX, PREFIX, GraphBuilder
from haven_server.models.network import Network

_BATCH_THIRD: Final = [2, 3, 0, 1]
_BATCH_FIRST: Final = [0, 2, 3, 1]
"""The permutations of (N, C, H, W) by which SCRFD's heads were exported, and should have been."""


class Batching(enum.Enum):
    """How a wrapped network takes several pictures at once."""

    NATIVE = "native"
    FREED = "freed"
    LOOPED = "looped"

    @property
    def sentence(self) -> str:
        """What this means, for a person."""
        return {
            Batching.NATIVE: "takes batches as exported",
            Batching.FREED: "was exported for one picture; its batch axis was freed",
            Batching.LOOPED: "takes one picture at a time; the graph loops over a batch",
        }[self]


def free_batch(graph: onnx.GraphProto) -> None:
    """Free the batch axis of a graph exported for batch 1, in place.

    Two things tie such graphs down: a Reshape to a constant [1, ...], and SCRFD's heads, which put the batch axis
    third and then flatten it away. Whether that was all is for the check at import to find out.
    """
    constants = _constants(graph)
    moved: set[str] = set()
    for node in graph.node:
        if node.op_type == "Transpose" and node.attribute and node.attribute[0].ints == _BATCH_THIRD:
            node.attribute[0].ints[:] = _BATCH_FIRST
            moved.update(node.output)
        elif node.op_type == "Sigmoid" and node.input[0] in moved:
            moved.update(node.output)
        elif node.op_type == "Reshape" and node.input[0] not in constants and node.input[1] in constants:
            shape = numpy_helper.to_array(constants[node.input[1]]).tolist()
            if node.input[0] in moved and shape[0] == -1:
                _reshape_to(graph, node, [0, *shape])
            elif len(shape) > 1 and shape[0] == 1:
                _reshape_to(graph, node, [0, *shape[1:]])


def loop_over_batch(
    builder: GraphBuilder, network: Network, graph: onnx.GraphProto, images: str, heads: Sequence[str]
) -> None:
    """Put a whole graph into a Scan over the batch.

    Args:
        graph: the raw network, its names prefixed; it becomes the loop's body.
        images: the (N, 3, H, W) tensor to loop over.
        heads: names to give the (N, ...) results, in the order of ``network.heads``.
    """
    body = GraphBuilder(PREFIX + "loop/")
    picture = helper.make_tensor_value_info(
        PREFIX + "loop/picture", onnx.TensorProto.FLOAT, [3, network.height, network.width]
    )
    body.reshape(picture.name, [1, 3, network.height, network.width], name=NETWORK_PREFIX + network.input_name)
    body.splice(graph)
    results = []
    for head in network.heads:
        name = body.reshape(NETWORK_PREFIX + head.name, head.shape)
        results.append(helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, head.shape))
    loop = helper.make_graph(body.nodes, PREFIX + "loop", [picture], results, body.initializers)
    builder.node_many("Scan", (images,), heads, body=loop, num_scan_inputs=1)


def _reshape_to(graph: onnx.GraphProto, node: onnx.NodeProto, shape: Sequence[int]) -> None:
    """Give a Reshape a constant of its own, in which 0 means "as it was"."""
    constant = numpy_helper.from_array(np.asarray(shape, np.int64), f"{node.output[0]}/{PREFIX}shape")
    graph.initializer.append(constant)
    node.input[1] = constant.name
    del node.attribute[:]  # its only attribute, allowzero, would read the 0 as an empty axis


def _constants(graph: onnx.GraphProto) -> dict[str, onnx.TensorProto]:
    """Collect a graph's constant tensors by name, weights and Constant nodes alike."""
    constants = {weight.name: weight for weight in graph.initializer}
    for node in graph.node:
        if node.op_type == "Constant" and node.attribute[0].name == "value":
            constants[node.output[0]] = node.attribute[0].t
    return constants
