"""Random weights that give answers as varied as trained ones do."""

from __future__ import annotations

from typing import Any

import torch

SEED = 7
PICTURES = 4
"""Of noise, by which a network is set."""


def build(make: Any, height: int, width: int) -> Any:
    """Make a network with the same random weights each time.

    As they are born, deep networks pass next to nothing on, and every answer is the same. So each normalising layer
    takes mean and variance from pictures of noise, as it would from the first of training.

    Args:
        make: builds the network; called without arguments.
        height, width: of its pictures, px.
    """
    torch.manual_seed(SEED)
    network = make()
    for layer in network.modules():
        if isinstance(layer, torch.nn.modules.batchnorm._BatchNorm):
            # No momentum: an average over all that came, which is one batch.
            layer.momentum = None
            layer.reset_running_stats()
    network.train()
    with torch.no_grad():
        network(torch.rand(PICTURES, 3, height, width))
    return network.eval()
