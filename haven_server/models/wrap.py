"""Builds the graph that an engine runs: raw network -> uint8 pictures in, objects or unit vectors out."""

from __future__ import annotations

from typing import Final

import numpy as np
import onnx
from onnx import compose, helper

from haven_server.errors import ModelError
from haven_server.models.batching import Batching, free_batch, loop_over_batch
from haven_server.models.decode import decode
from haven_server.models.graph import MIN_OPSET, NETWORK_PREFIX, PREFIX, GraphBuilder
from haven_server.models.network import Network, Triple
from haven_server.models.suppression import select_objects
from haven_server.perception.contract import (
    CONTRACTS,
    EMBEDDINGS,
    IMAGES,
    KEYPOINTS,
    LANDMARKS,
    MAX_OBJECTS,
    TensorSpec,
)
from haven_server.types import ModelRole

PREPARED: Final = PREFIX + "prepared"
"""Name of the (N, 3, H, W) tensor that enters the raw network."""
POINTS: Final = {ModelRole.POSE_ESTIMATOR: KEYPOINTS, ModelRole.FACE_DETECTOR: LANDMARKS}
_MIN_IR_VERSION: Final = 4  # before it every weight had to be listed as an input as well


def head_name(index: int) -> str:
    """Name the (N, ...) tensor of one raw output inside a wrapped graph."""
    return f"{PREFIX}head_{index}"


def object_count(network: Network) -> int:
    """Count the objects a wrapped detector answers with: K of the contract, or all candidates where they are fewer."""
    return min(MAX_OBJECTS, network.candidates)


def wrap(raw: onnx.ModelProto, network: Network, batching: Batching) -> onnx.ModelProto:
    """Put a raw network between the nodes that prepare its input and read its output; its weights stay as stored.

    Returns:
        A model with the contract's inputs and outputs and no metadata yet.
    Raises:
        ModelError: the raw graph's operator set is too old.
    """
    _require_opset(raw)
    model = compose.add_prefix(raw, NETWORK_PREFIX)
    graph = model.graph
    for node in graph.node:
        node.ClearField("doc_string")  # exporters leave stack traces of their own machine here
    if batching is Batching.FREED:
        free_batch(graph)
    heads = [head_name(index) for index in range(len(network.heads))]
    builder = GraphBuilder()
    _prepare(builder, network)
    if batching is Batching.LOOPED:
        loop_over_batch(builder, network, graph, PREPARED, heads)
    else:
        builder.node("Identity", PREPARED, name=NETWORK_PREFIX + network.input_name)
        builder.splice(graph)
        for head, name in zip(network.heads, heads, strict=True):
            builder.node("Identity", NETWORK_PREFIX + head.name, name=name)
    _finish(builder, network, heads)
    return _assemble(builder, network, model)


def _prepare(builder: GraphBuilder, network: Network) -> None:
    """uint8 (N, H, W, 3) BGR -> float32 (N, 3, H, W) as the network wants it."""
    preparation = network.preparation
    pixels = builder.node("Transpose", IMAGES, perm=[0, 3, 1, 2])
    if preparation.rgb:
        pixels = builder.node("Gather", pixels, builder.integers([2, 1, 0]), axis=1)
    pixels = builder.node("Cast", pixels, to=onnx.TensorProto.FLOAT)
    if any(preparation.mean):
        pixels = builder.node("Sub", pixels, _per_channel(builder, preparation.mean))
    builder.node("Div", pixels, _per_channel(builder, preparation.std), name=PREPARED)


def _per_channel(builder: GraphBuilder, values: Triple) -> str:
    """Add a constant to combine with (N, 3, H, W): a scalar where the channels agree, which runs a third faster."""
    return builder.floats(values[0] if len(set(values)) == 1 else np.reshape(values, (1, 3, 1, 1)))


def _finish(builder: GraphBuilder, network: Network, heads: list[str]) -> None:
    """Raw outputs -> the contract's outputs."""
    if network.kind.is_detector:
        candidates = decode(builder, network, heads)
        points = POINTS.get(network.kind.role)
        select_objects(builder, candidates, object_count(network), network.kind.iou_threshold, points)
    else:
        builder.node("LpNormalization", heads[0], name=EMBEDDINGS, axis=1, p=2)


def _assemble(builder: GraphBuilder, network: Network, raw: onnx.ModelProto) -> onnx.ModelProto:
    """Close the graph and declare its tensors as the contract does.

    Sizes that depend on the network stay open in the declaration: Triton accepts a config.pbtxt with open sizes only
    for those, and one config.pbtxt has to serve every network of a role.
    """
    contract = CONTRACTS[network.kind.role]
    graph = helper.make_graph(
        builder.nodes,
        network.kind.role.value,
        [_declare(contract.image)],
        [_declare(spec) for spec in contract.outputs],
        builder.initializers,
    )
    model = helper.make_model(graph, opset_imports=raw.opset_import, functions=raw.functions, producer_name="haven")
    model.ir_version = max(raw.ir_version, _MIN_IR_VERSION)
    return model


def _declare(spec: TensorSpec) -> onnx.ValueInfoProto:
    """Turn a line of the contract into a graph's input or output."""
    return helper.make_tensor_value_info(spec.name, helper.np_dtype_to_tensor_dtype(spec.dtype), spec.shape)


def _require_opset(raw: onnx.ModelProto) -> None:
    version = max((entry.version for entry in raw.opset_import if entry.domain in ("", "ai.onnx")), default=0)
    if version < MIN_OPSET:
        raise ModelError(f"the graph uses ONNX operator set {version}; export it again with {MIN_OPSET} or later")
