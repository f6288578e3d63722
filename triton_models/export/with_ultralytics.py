"""Exports YOLO networks with ultralytics, which is AGPL-3.0 as are its weights."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from triton_models.export.order import Order

# Read while it is imported: it would install packages by itself, and write into the user's home.
os.environ["YOLO_AUTOINSTALL"] = "false"
os.environ.setdefault("YOLO_CONFIG_DIR", os.curdir)

import torch
from ultralytics import YOLO
from ultralytics.nn.tasks import DetectionModel, PoseModel
from ultralytics.utils import ROOT, YAML

from triton_models.export.untrained import build

DATA = {"detect": (DetectionModel, "coco.yaml"), "pose": (PoseModel, "coco-pose.yaml")}
"""By task: its network, and the data it is trained on, which says what its classes are called."""


def export(order: Order) -> None:
    """Export for one picture of the ordered size; weights are fetched into the working directory unless given."""
    with tempfile.TemporaryDirectory() as scratch:
        weights = Path(f"{order.name}.pt")
        if order.weights is not None:
            # The export is written beside the weights.
            weights = Path(scratch) / weights
            shutil.copy(order.weights, weights)
        model = _untrained(order.name, order.size) if order.untrained else YOLO(weights)
        made = model.export(format="onnx", imgsz=order.size, simplify=False, device="cpu")
        shutil.move(made, order.folder / f"{order.name}.onnx")


def _untrained(name: str, size: int) -> YOLO:
    """Build a network from its yaml, with the classes that its trained weights have."""
    model = YOLO(f"{name}.yaml")
    kind, data = DATA[model.task]
    names = YAML.load(ROOT / "cfg" / "datasets" / data)["names"]
    network = build(lambda: kind(f"{name}.yaml", nc=len(names), verbose=False), size, size)
    # At birth the biases of all classes are so low that nothing would be found; without, something is.
    for branch in network.model[-1].cv3:
        torch.nn.init.zeros_(branch[-1].bias)
    network.args, network.task, network.names = model.model.args, model.task, names
    model.model = network
    return model
