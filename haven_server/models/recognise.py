"""Tells what a raw network is by the shapes of its inputs and outputs: ONNX graph -> Network."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import onnx

from haven_server.errors import ModelError
from haven_server.models.network import (
    FACE_POINTS,
    POSE_POINTS,
    SCRFD_ANCHORS,
    STRIDES,
    Head,
    Network,
    NetworkKind,
    Preparation,
    grid_cells,
)
from haven_server.perception.contract import APPEARANCE_INPUT, FACE_INPUT

Shape = tuple[int | None, ...]

DEFAULT_SIZE: Final = 640
"""Input height and width given to a detector whose graph leaves them open."""
COCO_CLASSES: Final = 80
"""Classes of a YOLO network that names none; `person` is the first."""
MIN_DIMENSION: Final = 16
"""An embedding shorter than this is taken for something else."""

IMAGENET_RGB = Preparation(rgb=True, mean=(123.675, 116.28, 103.53), std=(58.395, 57.12, 57.375))
UNIT_RGB = Preparation(rgb=True, std=(255.0, 255.0, 255.0))
SCRFD_RGB = Preparation(rgb=True, mean=(127.5, 127.5, 127.5), std=(128.0, 128.0, 128.0))
ARCFACE_RGB = Preparation(rgb=True, mean=(127.5, 127.5, 127.5), std=(127.5, 127.5, 127.5))
_RAW_BGR = Preparation(rgb=False)
_RAW_RGB = Preparation(rgb=True)


@dataclass(frozen=True, slots=True)
class _Signature:
    """A graph from outside: its one picture input, its outputs, what its exporter noted."""

    input_name: str
    input_shape: Shape
    outputs: Mapping[str, Shape]
    notes: Mapping[str, str]
    first_operators: tuple[str, ...]

    @property
    def fixed_batch(self) -> bool:
        return self.input_shape[0] is not None

    def size(self) -> tuple[int, int]:
        """Input height and width; where the graph leaves them open, what its exporter noted or the default."""
        noted = _literal(self.notes.get("imgsz", ""))
        pair = noted if isinstance(noted, list | tuple) and len(noted) == 2 else (noted, noted)
        height, width = (value if isinstance(value, int) else DEFAULT_SIZE for value in pair)
        return self.input_shape[2] or height, self.input_shape[3] or width

    def network(self, kind: NetworkKind, heads: list[Head], preparation: Preparation, person_class: int = 0) -> Network:
        """Put the verdict together."""
        height, width = self.size()
        return Network(kind, self.input_name, height, width, tuple(heads), self.fixed_batch, preparation, person_class)


def recognise(model: onnx.ModelProto) -> Network:
    """Tell which family a raw network belongs to.

    Raises:
        ModelError: to none that is known; the message shows the graph's inputs and outputs.
    """
    signature = _read_signature(model.graph, notes(model))
    if signature is not None:
        for rule in _RULES:
            network = rule(signature)
            if network is not None:
                return network
    raise ModelError(
        f"unknown network: {_describe(model.graph)}; known are YOLOv8/11 detect and pose, SCRFD with 5 points, YuNet, "
        f"ArcFace (3x{FACE_INPUT[0]}x{FACE_INPUT[1]}) and OSNet (3x{APPEARANCE_INPUT[0]}x{APPEARANCE_INPUT[1]})"
    )


def notes(model: onnx.ModelProto) -> dict[str, str]:
    """Read a model file's metadata."""
    return {entry.key: entry.value for entry in model.metadata_props}


def graph_inputs(graph: onnx.GraphProto) -> list[onnx.ValueInfoProto]:
    """List the inputs that a caller must give; old exporters list the weights among them."""
    weights = {weight.name for weight in graph.initializer}
    return [value for value in graph.input if value.name not in weights]


def _read_signature(graph: onnx.GraphProto, noted: Mapping[str, str]) -> _Signature | None:
    """Look at a graph from outside; None unless it takes one (N, 3, H, W) float32 picture."""
    inputs = graph_inputs(graph)
    if len(inputs) != 1 or inputs[0].type.tensor_type.elem_type != onnx.TensorProto.FLOAT:
        return None
    shape = _shape(inputs[0])
    if len(shape) != 4 or shape[1] != 3 or shape[0] not in (None, 1):
        return None
    outputs = {value.name: _shape(value) for value in graph.output}
    operators = tuple(node.op_type for node in graph.node[:8])
    return _Signature(inputs[0].name, shape, outputs, noted, operators)


def _yolo(signature: _Signature) -> Network | None:
    """YOLOv8 and 11: one (N, 4 + classes [+ 17 * 3], cells) output, boxes as centre and size in pixels."""
    if len(signature.outputs) != 1:
        return None
    ((name, shape),) = signature.outputs.items()
    cells = sum(grid_cells(*signature.size()))
    if len(shape) != 3 or shape[1] is None or shape[2] not in (None, cells):
        return None
    heads = [Head(name, (shape[1], cells))]
    if shape[1] == 5 + 3 * POSE_POINTS and signature.notes.get("task", "pose") == "pose":
        return signature.network(NetworkKind.YOLO_POSE, heads, UNIT_RGB)
    person = _person_class(signature.notes, classes=shape[1] - 4)
    return None if person is None else signature.network(NetworkKind.YOLO_DETECT, heads, UNIT_RGB, person)


def _person_class(noted: Mapping[str, str], classes: int) -> int | None:
    """Find the row of the class `person`; None where nothing says that there is one."""
    names = _literal(noted.get("names", ""))
    if isinstance(names, dict):
        return next((row for row, name in names.items() if name == "person"), None)
    return 0 if classes in (1, COCO_CLASSES) else None


def _scrfd(signature: _Signature) -> Network | None:
    """SCRFD with points: scores, box distances and points on three grids, with or without a batch axis."""
    heads = []
    for values in (1, 4, 2 * FACE_POINTS):
        matching = [name for name, shape in signature.outputs.items() if shape[-1:] == (values,)]
        if len(matching) != len(STRIDES):
            return None
        for name, cells in zip(matching, grid_cells(*signature.size()), strict=True):
            shape = (cells * SCRFD_ANCHORS, values)
            declared = signature.outputs[name]
            if len(declared) not in (2, 3) or declared[-2] not in (None, shape[0]):
                return None
            heads.append(Head(name, shape))
    return signature.network(NetworkKind.SCRFD, heads, SCRFD_RGB) if len(signature.outputs) == len(heads) else None


def _yunet(signature: _Signature) -> Network | None:
    """YuNet (OpenCV zoo): class, object, box and points outputs, named after their strides."""
    heads = []
    for part, values in (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 2 * FACE_POINTS)):
        for stride, cells in zip(STRIDES, grid_cells(*signature.size()), strict=True):
            name = f"{part}_{stride}"
            if signature.outputs.get(name, ())[-1:] != (values,):
                return None
            heads.append(Head(name, (cells, values)))
    return signature.network(NetworkKind.YUNET, heads, _RAW_BGR) if len(signature.outputs) == len(heads) else None


def _embedder(signature: _Signature) -> Network | None:
    """ArcFace and OSNet: one (N, D) output; the input's size tells faces from whole people."""
    if len(signature.outputs) != 1:
        return None
    ((name, shape),) = signature.outputs.items()
    if len(shape) != 2 or shape[1] is None or shape[1] < MIN_DIMENSION:
        return None
    heads = [Head(name, (shape[1],))]
    if signature.input_shape[2:] == FACE_INPUT:
        # Networks that came from MXNet normalise in the graph itself, by a Sub and a Mul right after the input.
        own = {"Sub", "Mul"} <= set(signature.first_operators)
        return signature.network(NetworkKind.ARCFACE, heads, _RAW_RGB if own else ARCFACE_RGB)
    if signature.input_shape[2:] == APPEARANCE_INPUT:
        return signature.network(NetworkKind.OSNET, heads, IMAGENET_RGB)
    return None


_RULES: Final[tuple[Callable[[_Signature], Network | None], ...]] = (_yolo, _scrfd, _yunet, _embedder)


def _shape(value: onnx.ValueInfoProto) -> Shape:
    """Read a declared shape; an open axis is None."""
    return tuple(axis.dim_value if axis.dim_value > 0 else None for axis in value.type.tensor_type.shape.dim)


def _literal(text: str) -> object:
    """Read a Python literal as exporters note them; None for anything else."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return None


def _describe(graph: onnx.GraphProto) -> str:
    """Spell a graph's inputs and outputs, for an error message."""

    def spell(values: list[onnx.ValueInfoProto]) -> str:
        return ", ".join(f"{value.name} {_spell_shape(_shape(value))}" for value in values) or "none"

    return f"inputs {spell(graph_inputs(graph))}; outputs {spell(list(graph.output))}"


def _spell_shape(shape: Shape) -> str:
    return "[" + ",".join("?" if axis is None else str(axis) for axis in shape) + "]"
