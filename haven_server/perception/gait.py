"""Describe how somebody walks: PoseWindows -> Feature."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np

from haven_core.gait import describe
from haven_core.whitening import whiten
from haven_server.perception.pooling import mean_direction
from haven_server.types import SEEN_SCORE, Feature, GaitModel, PoseWindow, Vector

LEAST_POSES = 5
"""Poses of a window in which a point is to be seen that anything may rest on."""


class GaitDescriber:
    """Makes one feature of the windows in which a person moved; no network runs."""

    def __init__(self, model: GaitModel) -> None:
        self._model = model

    async def describe(self, walks: Sequence[PoseWindow]) -> Feature | None:
        """Make one feature of all windows.

        Args:
            walks: of one person.

        Returns:
            The windows' mean, weighted by their quality; its quality is their mean quality. None where no window
            tells anything.
        """
        return await asyncio.to_thread(self._pool, walks)

    def _pool(self, walks: Sequence[PoseWindow]) -> Feature | None:
        told = [(vector, walk.quality) for walk in walks if (vector := gait_vector(walk, self._model)) is not None]
        if not told:
            return None
        vectors, qualities = zip(*told, strict=True)
        direction = mean_direction(np.stack(vectors), qualities)
        if direction is None:
            return None
        return Feature(direction, sum(qualities) / len(qualities), self._model.model_hash)


def gait_vector(walk: PoseWindow, model: GaitModel) -> Vector | None:
    """Describe one window, centred and whitened; None where it tells nothing."""
    values, known = describe(walk.poses, walk.times, SEEN_SCORE, LEAST_POSES)
    return whiten(values, known, model.mean, model.matrix)
