"""Small raw networks with random weights, in the shapes in which the makers of each family export theirs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

SIZE = 64
STRIDES = (8, 16, 32)
RawNetwork = Callable[..., onnx.ModelProto]


class Raw:
    """Grows a raw network from `input`; the caller says what comes out."""

    def __init__(self, height: int, width: int, *, batch: int | str, opset: int = 13) -> None:
        self.batch, self.opset = batch, opset
        self.shape = [batch, 3, height, width]
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []
        self.outputs: list[onnx.ValueInfoProto] = []
        self._random = np.random.default_rng(seed=7)

    def constant(self, value: npt.ArrayLike, dtype: npt.DTypeLike = np.int64) -> str:
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.asarray(value, dtype), name))
        return name

    def node(self, operator: str, *inputs: str, name: str | None = None, **attributes: Any) -> str:
        name = name or f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [name], **attributes))
        return name

    def convolve(self, stride: int, channels: int, gain: float = 1.0, tensor: str = "input") -> str:
        """One value per cell and channel, spread widely enough that no two scores are alike."""
        weights = self._random.normal(0, gain / stride, (channels, 3, stride, stride))
        bias = self.constant(self._random.normal(0, 0.5, channels), np.float32)
        return self.node("Conv", tensor, self.constant(weights, np.float32), bias, strides=[stride, stride])

    def output(self, name: str, shape: list[int | str]) -> None:
        self.outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))

    def model(self, **noted: str) -> onnx.ModelProto:
        picture = helper.make_tensor_value_info("input", TensorProto.FLOAT, self.shape)
        graph = helper.make_graph(self.nodes, "raw", [picture], self.outputs, self.weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)])
        model.ir_version = 8
        helper.set_model_props(model, noted)
        onnx.checker.check_model(model)
        return model


def yolo(channels: int = 84, *, batch: int | str = "batch", tied: bool = False, **noted: str) -> onnx.ModelProto:
    """YOLOv8: (b, 4 + classes + points, cells); ``tied`` passes all through a shape that holds one picture only."""
    raw = Raw(SIZE, SIZE, batch=batch)
    first = 0 if batch == "batch" else 1
    picture = "input"
    if tied:
        flat = raw.node("Reshape", "input", raw.constant([3, SIZE, SIZE]))
        picture = raw.node("Reshape", flat, raw.constant([1, 3, SIZE, SIZE]))
    levels = []
    for stride in STRIDES:
        level = raw.convolve(stride, channels, gain=0.8, tensor=picture)
        levels.append(raw.node("Reshape", level, raw.constant([first, channels, -1])))
    cells = raw.node("Sigmoid", raw.node("Concat", *levels, axis=2))
    # Centres, sizes and keypoints are pixels; scores, row 4 and the classes after it, stay in 0..1.
    scale = np.ones((1, channels, 1))
    scale[:, :4] = SIZE
    raw.node("Mul", cells, raw.constant(scale, np.float32), name="output0")
    raw.output("output0", [batch, channels, sum((SIZE // stride) ** 2 for stride in STRIDES)])
    return raw.model(**noted)


def scrfd(*, batch_axis: bool = True) -> onnx.ModelProto:
    """SCRFD with points, fixed to one picture; without a batch axis as InsightFace's own files are."""
    raw = Raw(SIZE, SIZE, batch=1, opset=11)
    for values in (1, 4, 10):
        for stride in STRIDES:
            level, name = raw.convolve(stride, 2 * values, gain=0.5), f"out_{values}_{stride}"
            level = raw.node("Transpose", level, perm=[0, 2, 3, 1] if batch_axis else [2, 3, 0, 1])
            shape: list[int | str] = [1] if batch_axis else []
            level = raw.node("Reshape", level, raw.constant([*shape, -1, values]))
            raw.node("Sigmoid" if values == 1 else "Relu", level, name=name)
            raw.output(name, [*shape, 2 * (SIZE // stride) ** 2, values])
    return raw.model()


def yunet() -> onnx.ModelProto:
    """YuNet as in OpenCV's zoo, fixed to one picture."""
    raw = Raw(SIZE, SIZE, batch=1, opset=11)
    for part, values in (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10)):
        for stride in STRIDES:
            level = raw.node("Transpose", raw.convolve(stride, values, gain=0.01), perm=[0, 2, 3, 1])
            level = raw.node("Reshape", level, raw.constant([1, -1, values]))
            raw.node("Sigmoid" if part in ("cls", "obj") else "Identity", level, name=f"{part}_{stride}")
            raw.output(f"{part}_{stride}", [1, (SIZE // stride) ** 2, values])
    return raw.model()


def embedder(height: int = 112, width: int = 112, *, batch: int | str = "batch", opset: int = 12) -> onnx.ModelProto:
    """ArcFace or OSNet: one (b, 32) vector, not normalised."""
    raw = Raw(height, width, batch=batch, opset=opset)
    pooled = raw.node("GlobalAveragePool", raw.node("Relu", raw.convolve(16, 32)))
    raw.node("Reshape", pooled, raw.constant([0 if batch == "batch" else 1, 32]), name="vector")
    raw.output("vector", [batch, 32])
    return raw.model()


@pytest.fixture(scope="session")
def raw_networks() -> dict[str, RawNetwork]:
    """Builders of raw networks by family."""
    return {"yolo": yolo, "scrfd": scrfd, "yunet": yunet, "embedder": embedder}


@pytest.fixture
def raw_folder(tmp_path: Path) -> Path:
    """A folder with one raw network for every role, and two for the face detector."""
    folder = tmp_path / "raw"
    folder.mkdir()
    models = {
        "people_64": yolo(),
        "people-pose_64": yolo(56),
        "scrfd_tiny": scrfd(),
        "yunet_tiny": yunet(),
        "arcface_tiny": embedder(),
        "osnet_x1_0": embedder(256, 128, batch=1),
    }
    for name, model in models.items():
        onnx.save(model, folder / f"{name}.onnx")
    return folder
