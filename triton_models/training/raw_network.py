"""Writes a trained network as its maker would have exported it: weights -> raw ONNX file that `models import` knows."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Final

import onnx
import torch
from onnx import helper
from torch import nn

from haven_server.engine.repository import DOMAIN_KEY, THRESHOLDS_KEY
from triton_models.training.halves import store_halves

OPSET: Final = 17
DEMO: Final = "demo"


def write_raw(
    network: nn.Module,
    size: tuple[int, int],
    outputs: Sequence[str],
    path: Path,
    noted: Mapping[str, str],
    thresholds: Mapping[str, float],
) -> None:
    """Export a network for batches of any length, its weights stored as float16.

    Args:
        size: of the input, height and width.
        outputs: names of what ``network`` returns.
        noted: the maker's own metadata.
        thresholds: calibrated ones, by key of ``reid.thresholds``.
    """
    network = network.eval().to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    sample, buffer = torch.zeros(1, 3, *size), BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the newer exporter needs onnxscript and knows no more
        warnings.simplefilter(
            "ignore", torch.jit.TracerWarning
        )  # sizes that follow from the input's are constants here
        torch.onnx.export(
            network,
            (sample,),
            buffer,  # type: ignore[arg-type]
            dynamo=False,
            opset_version=OPSET,
            input_names=["images"],
            output_names=list(outputs),
            dynamic_axes={name: {0: "N"} for name in ("images", *outputs)},
        )
    model = onnx.load_from_string(buffer.getvalue())
    with torch.no_grad():
        answers = network(sample)
    for declared, answer in zip(model.graph.output, [answers] if torch.is_tensor(answers) else answers, strict=True):
        for axis, length in zip(declared.type.tensor_type.shape.dim[1:], answer.shape[1:], strict=True):
            axis.dim_value = length  # the exporter leaves open what follows from the input's size
    store_halves(model.graph)
    described = {**noted, DOMAIN_KEY: DEMO, THRESHOLDS_KEY: json.dumps(dict(thresholds), sort_keys=True)}
    helper.set_model_props(model, described)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, path)
