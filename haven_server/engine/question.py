"""The one known question a network is tried with: ModelInfo -> Tensors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from haven_server.engine.inputs import InputSpec
from haven_server.types import Tensors


def question(inputs: Sequence[InputSpec]) -> Tensors:
    """Make one picture of noise for each input, always the same."""
    noise = np.random.default_rng(0)
    return {
        spec.name: noise.integers(0, 256, tuple(axis or 1 for axis in spec.shape), dtype=np.uint8) for spec in inputs
    }
