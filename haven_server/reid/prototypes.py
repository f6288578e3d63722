"""What is worth remembering of a person: prototypes -> those to forget, lifetime."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from haven_server.settings import MemorySettings
from haven_server.types import NANOSECONDS, Assurance, Modality


def find_weakest(vectors: npt.NDArray[np.float32], qualities: npt.NDArray[np.float64], count: int) -> list[int]:
    """Choose prototypes, one after the other, that are missed least: worth is quality times distance to the nearest.

    So the better of two near copies stays, and a view that resembles no other (another outfit, another angle)
    outlives better views of what is well covered.

    Args:
        vectors: (N, D) unit norm, oldest first.
        qualities: (N,) in [0, 1].
        count: how many, less than N.
    Returns:
        Their rows, the first to go first; among equals the one of least quality, then the oldest.
    """
    similarities = vectors @ vectors.T
    np.fill_diagonal(similarities, -1.0)
    weakest: list[int] = []
    for _ in range(count):
        worth = qualities * np.clip(1.0 - similarities.max(axis=1), 0.0, None)
        worth[weakest] = np.inf
        weakest.append(int(np.lexsort((qualities, worth))[0]))
        # Who is gone covers nobody.
        similarities[:, weakest[-1]] = -1.0
    return weakest


def lifetime(modality: Modality, assurance: Assurance, memory: MemorySettings) -> int:
    """Return how long a prototype lives, ns: clothes shortly, faces and gait by how sure the identity is."""
    if modality is Modality.APPEARANCE:
        seconds = memory.embedding_ttl
    elif assurance is Assurance.CONFIRMED:
        seconds = memory.biometric_ttl
    else:
        seconds = memory.tentative_ttl
    return round(seconds * NANOSECONDS)
