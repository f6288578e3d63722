"""What is worth remembering of a person: prototypes -> the one to forget, lifetime."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from haven_server.settings import MemorySettings
from haven_server.types import NANOSECONDS, Assurance, Modality


def find_weakest(vectors: npt.NDArray[np.float32], qualities: Sequence[float]) -> int:
    """Choose the prototype that is missed least: worth is quality times distance to the nearest other.

    So the better of two near copies stays, and a view that resembles no other (another outfit, another angle)
    outlives better views of what is well covered.

    Args:
        vectors: (N, D) unit norm, oldest first, N at least 2.
        qualities: N values in [0, 1].
    Returns:
        Its row; among equals the one of least quality, then the oldest.
    """
    similarities = vectors @ vectors.T
    np.fill_diagonal(similarities, -1.0)
    distances = np.clip(1.0 - similarities.max(axis=1), 0.0, None)
    return min(range(len(vectors)), key=lambda row: (qualities[row] * float(distances[row]), qualities[row], row))


def lifetime(modality: Modality, assurance: Assurance, memory: MemorySettings) -> int:
    """Return how long a prototype lives, ns: clothes shortly, faces and gait by how sure the identity is."""
    if modality is Modality.APPEARANCE:
        seconds = memory.embedding_ttl
    elif assurance is Assurance.CONFIRMED:
        seconds = memory.biometric_ttl
    else:
        seconds = memory.tentative_ttl
    return round(seconds * NANOSECONDS)
