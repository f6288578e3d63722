"""Make one feature of several views of a person: vectors -> Feature."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from haven_server.errors import EngineError
from haven_server.types import Feature, ModelInfo


def pool(vectors: npt.NDArray[np.float32], weights: Sequence[float], quality: float, model: ModelInfo) -> Feature:
    """Average embeddings by weight and bring the mean back to unit norm.

    Args:
        vectors: (N, D) float32 of unit norm, N at least 1.
        weights: N of them, not negative; where all are 0, every view counts alike.
        quality: of the feature, [0, 1].
        model: the network that made the vectors.

    Raises:
        EngineError: the network gave vectors without a direction (zeros, NaN, or exact opposites).
    """
    shares = np.asarray(weights, np.float64)
    if not shares.any():
        shares = np.ones(len(vectors))
    mean = shares @ vectors.astype(np.float64)
    norm = float(np.linalg.norm(mean)) / float(shares.sum())
    if not norm > 1e-6:
        raise EngineError(f"{model.role.value}: network {model.name!r} gave embeddings without a direction")
    return Feature((mean / np.linalg.norm(mean)).astype(np.float32), quality, model.model_hash)
