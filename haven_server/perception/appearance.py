"""Describe clothes and build: Samples -> Feature for a tracklet's person, boxes -> Vectors for the tracker."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from haven_server.errors import EngineError
from haven_server.perception import contract
from haven_server.perception.pooling import pool
from haven_server.perception.scaling import scale_onto
from haven_server.ports import Engine
from haven_server.types import BGRImage, BoxesXYXY, Feature, ModelRole, Sample, Vectors, visible_part


class AppearanceDescriber:
    """Embeds whole-body crops: one call of the engine per tracklet or frame.

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
        vectors = await self._embed([sample.crop for sample in samples])
        return pool(vectors, [sample.quality for sample in samples], quality, self._embedder)

    async def look(self, image: BGRImage, boxes: BoxesXYXY) -> Vectors:
        """Say what is in some boxes of one picture.

        Args:
            boxes: (N, 4) float32 xyxy, source px, each with an area inside the picture, N at least 1.

        Returns:
            (N, D) vectors.

        Raises:
            EngineError: the network failed, or gave vectors without a direction.
        """
        vectors = await self._embed([visible_part(image, box) for box in boxes])
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        if not (norms > 1e-6).all():
            model = self._embedder
            raise EngineError(f"{model.role.value}: network {model.name!r} gave embeddings without a direction")
        return np.ascontiguousarray(vectors / norms, np.float32)

    async def _embed(self, crops: Sequence[BGRImage]) -> npt.NDArray[np.float32]:
        batch = await asyncio.to_thread(_draw, crops)
        outputs = await self._engine.infer(self._embedder.role, {contract.IMAGES: batch})
        embeddings: npt.NDArray[np.float32] = outputs[contract.EMBEDDINGS]
        return embeddings


def _draw(crops: Sequence[BGRImage]) -> BGRImage:
    """Stretch every crop over an input, as the embedders were trained: (N, 256, 128, 3) uint8."""
    batch = np.empty((len(crops), *contract.APPEARANCE_INPUT, 3), np.uint8)
    for crop, canvas in zip(crops, batch, strict=True):
        scale_onto(crop, canvas)
    return batch
