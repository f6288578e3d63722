"""Recognise the face in a tracklet's views: Samples -> Feature."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np

from haven_server.perception import contract
from haven_server.perception.alignment import align_face
from haven_server.perception.face_quality import face_quality
from haven_server.perception.finder import ObjectFinder, Objects
from haven_server.perception.own_face import face_point, may_show_face, own_face, upper_body
from haven_server.perception.pooling import pool
from haven_server.ports import Engine
from haven_server.settings import FaceSettings
from haven_server.types import BGRImage, Feature, ModelRole, Sample

MIN_FACE_SCORE = 0.5
"""Least score of the face detector for what counts as a face."""


class FaceRecogniser:
    """Finds, aligns, judges and embeds faces: two calls of the engine per tracklet, however many views it has.

    Raises:
        ModelError: no face detector or no face embedder is installed.
    """

    def __init__(self, engine: Engine, settings: FaceSettings) -> None:
        self._engine = engine
        self._settings = settings
        # Half the input at most: a face that fills all of it is larger than any the detector was trained on.
        widest = engine.describe(ModelRole.FACE_DETECTOR).input_width // 2
        self._finder = ObjectFinder(engine, ModelRole.FACE_DETECTOR, MIN_FACE_SCORE, widest)
        self._embedder = engine.describe(ModelRole.FACE_EMBEDDER)

    async def recognise(self, samples: Sequence[Sample]) -> Feature | None:
        """Make one feature of the usable faces among the views.

        Args:
            samples: of one person.

        Returns:
            The faces' mean, weighted by quality; its quality is their mean quality. None when no face is usable.

        Raises:
            EngineError: a network failed.
        """
        samples = [sample for sample in samples if may_show_face(sample, self._settings.min_face_size)]
        if not samples:
            return None
        regions = [upper_body(sample) for sample in samples]
        found = await self._finder.find(regions)
        aligned, qualities = await asyncio.to_thread(self._usable_faces, samples, regions, found)
        if not aligned:
            return None
        outputs = await self._engine.infer(self._embedder.role, {contract.IMAGES: np.stack(aligned)})
        return pool(outputs[contract.EMBEDDINGS], qualities, sum(qualities) / len(qualities), self._embedder)

    def _usable_faces(
        self, samples: Sequence[Sample], regions: Sequence[BGRImage], found: Sequence[Objects]
    ) -> tuple[list[BGRImage], list[float]]:
        """Align each view's own face; keep those that are large and good enough, with their quality."""
        faces: list[BGRImage] = []
        qualities: list[float] = []
        for sample, region, objects in zip(samples, regions, found, strict=True):
            row = own_face(objects.boxes, face_point(sample), region.shape)
            if row is None:
                continue
            side_px = float((objects.boxes[row, 2:] - objects.boxes[row, :2]).min())
            if side_px < self._settings.min_face_size:
                continue
            aligned = align_face(region, objects.points[row])
            quality = face_quality(side_px, aligned, objects.points[row], float(objects.scores[row]))
            if quality >= self._settings.quality_threshold:
                faces.append(aligned)
                qualities.append(quality)
        return faces, qualities
