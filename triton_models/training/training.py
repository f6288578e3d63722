"""Makes networks: role -> trained weights -> raw ONNX file."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from haven_server.types import ModelRole
from triton_models.training import shards
from triton_models.training.fitting import fit
from triton_models.training.material import folder
from triton_models.training.raw_network import write_raw
from triton_models.training.recipes import RECIPES, work_folder
from triton_models.training.seeds import TRAINING

RAW = "raw.onnx"
WEIGHTS = "weights.pt"


def train(role: ModelRole, data: Path, threads: int, compiled: bool = False) -> Path:
    """Train one network, going on where it was broken off, and write it as its maker would.

    Args:
        compiled: as ``fit`` takes it.
    Returns:
        The raw ONNX file, without thresholds.
    """
    torch.set_num_threads(threads)
    recipe = RECIPES[role]
    torch.manual_seed(recipe.plan.seed)
    network = recipe.network()
    if recipe.start is not None:
        _begin_as(network, work_folder(recipe.start, data) / WEIGHTS)
    arrays = shards.load(folder(recipe.material, TRAINING, data))
    work = work_folder(role, data)
    trained = fit(recipe.lesson(network, arrays), recipe.plan, work, compiled)
    torch.save(trained.state_dict(), work / WEIGHTS)
    write_raw(recipe.raw(trained), recipe.size, recipe.outputs, work / RAW, recipe.noted, {})
    return work / RAW


def _begin_as(network: nn.Module, path: Path) -> None:
    """Take over another network's weights by name; where it has more outputs, as many of the first as there are here.

    A person detector's outputs are the first of a pose estimator's.
    """
    own, other = network.state_dict(), torch.load(path, weights_only=True)
    shared = {name: other[name] for name in own if name in other}
    network.load_state_dict(
        {name: values[: len(own[name])] if values.ndim else values for name, values in shared.items()}, strict=False
    )
