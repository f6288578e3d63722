"""The wrapped graph agrees with the raw network, and a graph that does not is caught."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from haven_server.errors import ModelError
from haven_server.models.batching import Batching
from haven_server.models.check import TOLERANCE, check_wrapped
from haven_server.models.recognise import recognise
from haven_server.models.wrap import wrap

RawNetworks = Mapping[str, Callable[..., onnx.ModelProto]]

EVERY_FAMILY = pytest.mark.parametrize(
    ("family", "arguments"),
    [
        ("yolo", (84,)),
        ("yolo", (56,)),
        ("scrfd", ()),
        ("yunet", ()),
        ("embedder", (112, 112)),
        ("embedder", (256, 128)),
    ],
)


@EVERY_FAMILY
@pytest.mark.parametrize("batching", [Batching.FREED, Batching.LOOPED])
def test_every_family_agrees_with_its_raw_network(
    raw_networks: RawNetworks, family: str, arguments: tuple[int, ...], batching: Batching
) -> None:
    raw = raw_networks[family](*arguments)
    network = recognise(raw)
    assert check_wrapped(wrap(raw, network, batching), network, raw) <= TOLERANCE


def test_heads_without_a_batch_axis_are_given_one(raw_networks: RawNetworks) -> None:
    raw = raw_networks["scrfd"](batch_axis=False)
    network = recognise(raw)
    assert check_wrapped(wrap(raw, network, Batching.FREED), network, raw) <= TOLERANCE


def test_a_batch_that_is_not_free_is_noticed(raw_networks: RawNetworks) -> None:
    raw = raw_networks["yolo"](batch=1)
    network = recognise(raw)
    with pytest.raises(ModelError, match=r"differ by .* in a batch of 2"):
        check_wrapped(wrap(raw, network, Batching.NATIVE), network, raw)


def test_other_weights_are_noticed(raw_networks: RawNetworks) -> None:
    raw = raw_networks["embedder"]()
    network = recognise(raw)
    wrapped = wrap(raw, network, Batching.NATIVE)
    weight = raw.graph.initializer[1]
    weight.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(weight) * np.float32(1.1), weight.name))
    with pytest.raises(ModelError, match="raw outputs differ"):
        check_wrapped(wrapped, network, raw)


@pytest.mark.parametrize(
    ("operator", "place", "value", "complaint"),
    [
        ("Div", 1, 200.0, "prepared pixels differ"),
        ("NonMaxSuppression", 3, 0.3, "object(s'|) .* differ"),
        ("NonMaxSuppression", 4, 0.5, "does not keep objects from a score of 0.05"),
    ],
)
def test_a_wrapping_that_prepares_or_chooses_otherwise_is_noticed(
    raw_networks: RawNetworks, operator: str, place: int, value: float, complaint: str
) -> None:
    raw = raw_networks["yolo"]()
    network = recognise(raw)
    wrapped = wrap(raw, network, Batching.NATIVE)
    name = next(node.input[place] for node in wrapped.graph.node if node.op_type == operator)
    constant = next(constant for constant in wrapped.graph.initializer if constant.name == name)
    old = numpy_helper.to_array(constant)
    constant.CopyFrom(numpy_helper.from_array(np.full_like(old, value), name))
    with pytest.raises(ModelError, match=complaint):
        check_wrapped(wrapped, network, raw)
