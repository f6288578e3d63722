"""Make one vector of several views of a person: vectors -> Vector, Feature."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from haven_server.errors import EngineError
from haven_server.types import Feature, ModelInfo, Vector


def pool(vectors: npt.NDArray[np.float32], weights: Sequence[float], quality: float, model: ModelInfo) -> Feature:
    """Make a feature of embeddings.

    Args:
        vectors, weights: see `mean_direction`.
        quality: of the feature, [0, 1].
        model: the network that made the vectors.

    Raises:
        EngineError: the network gave vectors without a direction (zeros, NaN, or exact opposites).
    """
    direction = mean_direction(vectors, weights)
    if direction is None:
        raise EngineError(f"{model.role.value}: network {model.name!r} gave embeddings without a direction")
    return Feature(direction, quality, model.model_hash)


def mean_direction(vectors: npt.NDArray[np.float32], weights: Sequence[float]) -> Vector | None:
    """Average unit vectors by weight and bring the mean back to unit norm.

    Args:
        vectors: (N, D) float32 of unit norm, N at least 1.
        weights: N of them, not negative; where all are 0, every vector counts alike.
    Returns:
        (D,) float32 of unit norm; None where the mean has no direction.
    """
    shares = np.asarray(weights, np.float64)
    if not shares.any():
        shares = np.ones(len(vectors))
    mean = shares @ vectors.astype(np.float64)
    norm = float(np.linalg.norm(mean))
    return (mean / norm).astype(np.float32) if norm > 1e-6 * float(shares.sum()) else None
