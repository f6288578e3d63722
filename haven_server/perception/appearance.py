"""Describe the clothes and build of a tracklet's person: Samples -> Feature."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np

from haven_server.perception import contract
from haven_server.perception.pooling import pool
from haven_server.perception.scaling import scale_onto
from haven_server.ports import Engine
from haven_server.types import BGRImage, Feature, ModelRole, Sample


class AppearanceDescriber:
    """Embeds whole-body crops: one call of the engine per tracklet.

    Raises:
        ModelError: no appearance embedder is installed.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._embedder = engine.describe(ModelRole.APPEARANCE_EMBEDDER)

    async def describe(self, samples: Sequence[Sample], quality: float) -> Feature:
        """Make one feature of all views.

        Args:
            samples: of one person, at least one.
            quality: of the tracklet, [0, 1]; becomes the feature's.

        Returns:
            The views' mean, weighted by their quality.

        Raises:
            EngineError: the network failed.
        """
        batch = await asyncio.to_thread(_draw, samples)
        outputs = await self._engine.infer(self._embedder.role, {contract.IMAGES: batch})
        weights = [sample.quality for sample in samples]
        return pool(outputs[contract.EMBEDDINGS], weights, quality, self._embedder)


def _draw(samples: Sequence[Sample]) -> BGRImage:
    """Stretch every crop over an input, as the embedders were trained: (N, 256, 128, 3) uint8."""
    batch = np.empty((len(samples), *contract.APPEARANCE_INPUT, 3), np.uint8)
    for sample, canvas in zip(samples, batch, strict=True):
        scale_onto(sample.crop, canvas)
    return batch
