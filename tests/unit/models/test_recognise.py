"""What a raw network is, told by its graph."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import onnx
import pytest
from onnx import TensorProto, helper

from haven_server.errors import ModelError
from haven_server.models.network import Network, NetworkKind
from haven_server.models.recognise import recognise

RawNetworks = Mapping[str, Callable[..., onnx.ModelProto]]


@pytest.mark.parametrize(
    ("family", "arguments", "kind"),
    [
        ("yolo", (84,), NetworkKind.YOLO_DETECT),
        ("yolo", (5,), NetworkKind.YOLO_DETECT),
        ("yolo", (56,), NetworkKind.YOLO_POSE),
        ("scrfd", (), NetworkKind.SCRFD),
        ("yunet", (), NetworkKind.YUNET),
        ("embedder", (112, 112), NetworkKind.ARCFACE),
        ("embedder", (256, 128), NetworkKind.OSNET),
    ],
)
def test_each_family_is_told_by_its_shapes(
    raw_networks: RawNetworks, family: str, arguments: tuple[int, ...], kind: NetworkKind
) -> None:
    assert recognise(raw_networks[family](*arguments)).kind is kind


def test_scrfd_is_known_without_a_batch_axis_too(raw_networks: RawNetworks) -> None:
    network = recognise(raw_networks["scrfd"](batch_axis=False))
    assert network.kind is NetworkKind.SCRFD
    assert [head.shape for head in network.heads[:3]] == [(128, 1), (32, 1), (8, 1)]


def test_the_class_person_is_found_where_the_exporter_names_it(raw_networks: RawNetworks) -> None:
    assert recognise(raw_networks["yolo"](7, names="{0: 'cat', 1: 'dog', 2: 'person'}")).person_class == 2


def test_a_detector_of_other_things_is_unknown(raw_networks: RawNetworks) -> None:
    with pytest.raises(ModelError, match="unknown network"):
        recognise(raw_networks["yolo"](84, names="{0: 'cat', 1: 'dog'}"))


def test_a_detector_of_52_classes_is_no_pose_network_when_its_exporter_says_so(raw_networks: RawNetworks) -> None:
    model = raw_networks["yolo"](56, task="detect", names="{0: 'person'}")
    assert recognise(model).kind is NetworkKind.YOLO_DETECT


def test_open_sizes_are_those_the_exporter_noted(raw_networks: RawNetworks) -> None:
    model = raw_networks["yolo"](84, imgsz="[64, 64]")
    for axis, name in ((2, "height"), (3, "width")):
        model.graph.input[0].type.tensor_type.shape.dim[axis].dim_param = name
    model.graph.output[0].type.tensor_type.shape.dim[2].dim_param = "cells"
    network = recognise(model)
    assert (network.height, network.width, network.candidates) == (64, 64, 84)


def test_an_unknown_graph_is_refused_with_its_inputs_and_outputs() -> None:
    value = helper.make_tensor_value_info
    node = helper.make_node("Identity", ["tokens"], ["logits"])
    given, answered = value("tokens", TensorProto.FLOAT, ["n", 77]), value("logits", TensorProto.FLOAT, ["n", 77])
    model = helper.make_model(helper.make_graph([node], "text", [given], [answered]))
    with pytest.raises(ModelError, match=re.escape("inputs tokens [?,77]; outputs logits [?,77]; known are YOLOv8/11")):
        recognise(model)


def test_a_network_survives_being_written_down(raw_networks: RawNetworks) -> None:
    network = recognise(raw_networks["scrfd"]())
    assert Network.from_json(network.to_json()) == network
