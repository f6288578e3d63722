"""Exports OSNet networks with torchreid's `build_model`."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import types
from functools import partial
from pathlib import Path
from typing import Any

import torch

from triton_models.export.order import Order
from triton_models.export.untrained import build

HEIGHT, WIDTH = 256, 128
"""Of the crops that these networks are trained on, px."""
OPERATOR_SET = 17
CLASSIFIER = "classifier."
"""Begins the names of the weights that tell people of the training data apart; no export has them."""


def export(order: Order) -> None:
    """Export for any number of crops."""
    make = partial(_models().build_model, order.name, num_classes=1, pretrained=False, use_gpu=False)
    if order.untrained:
        network = build(make, HEIGHT, WIDTH)
    elif order.weights is not None:
        network = make().eval()
        _load(network, order.weights)
    else:
        raise SystemExit(f"{order.name}: --weights is missing; torchreid's own are those of ImageNet's classes")
    torch.onnx.export(
        network,
        (torch.zeros(2, 3, HEIGHT, WIDTH),),
        order.folder / f"{order.name}.onnx",
        input_names=["images"],
        output_names=["embeddings"],
        dynamic_axes={"images": {0: "batch"}, "embeddings": {0: "batch"}},
        opset_version=OPERATOR_SET,
        dynamo=False,
    )


def _models() -> Any:
    """Import the networks alone: the package around them wants torchvision and more, which only training needs."""
    found = importlib.util.find_spec("torchreid")
    if found is None or found.origin is None:
        raise SystemExit("torchreid is not installed")
    folder = Path(found.origin).parent
    for name, path in (("torchreid", folder), ("torchreid.reid", folder / "reid")):
        package = types.ModuleType(name)
        package.__path__ = [str(path)]
        sys.modules[name] = package
    return importlib.import_module("torchreid.reid.models")


def _load(network: Any, path: Path) -> None:
    """Fill a network with trained weights, all of them: torchreid's own loader passes over what does not fit."""
    held = torch.load(path, map_location="cpu", weights_only=True)
    held = held.get("state_dict", held)
    weights = {name.removeprefix("module."): value for name, value in held.items()}
    fitting = {name: value for name, value in weights.items() if not name.startswith(CLASSIFIER)}
    missing, unknown = network.load_state_dict(fitting, strict=False)
    missing = [name for name in missing if not name.startswith(CLASSIFIER)]
    if missing or unknown:
        raise SystemExit(f"{path} holds another network: it lacks {missing[:3]} and has {unknown[:3]}")
