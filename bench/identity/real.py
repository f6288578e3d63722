"""Real faces and clothes: HAVEN_TEST_DATA -> vectors by person, as the server makes them of one picture."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from haven_server.engine.embedded import EmbeddedEngine
from haven_server.evaluation.labelled import LabelledPicture, tracklet_of
from haven_server.models import import_models
from haven_server.perception.features import FeatureExtractor
from haven_server.settings import AppearanceSettings, ReIDSettings
from haven_server.types import Modality

NETWORKS = ("yolov8n_320", "yolov8n-pose_320", "scrfd_500m_kps_640", "w600k_mbf", "osnet_x0_25_msmt17")


@dataclass(frozen=True, slots=True, eq=False)
class Views:
    """One signal of several people.

    Attributes:
        vectors: (N, D) float32 of unit norm.  people: (N,) numbers from 0 on.
    """

    vectors: npt.NDArray[np.float32]
    people: npt.NDArray[np.int64]

    @classmethod
    def of(cls, seen: Sequence[tuple[npt.NDArray[np.float32], str]]) -> Views:
        """Number people by name."""
        names = sorted({name for _, name in seen})
        return cls(np.stack([vector for vector, _ in seen]), np.array([names.index(name) for _, name in seen]))

    @property
    def count(self) -> int:
        """How many people there are."""
        return len(np.unique(self.people))

    def of_person(self, person: int) -> npt.NDArray[np.float32]:
        """Return one person's vectors."""
        own: npt.NDArray[np.float32] = self.vectors[self.people == person]
        return own


def install(data: Path, repository: Path) -> Path:
    """Import the real networks."""
    for name in NETWORKS:
        import_models(data / "models" / f"{name}.onnx", repository)
    return repository


def look(data: Path) -> tuple[Views, Views]:
    """Make vectors of all faces, and of all crops of people, each picture a track of its own."""
    faces = [LabelledPicture(path, path.stem.rstrip("0123456789")) for path in sorted((data / "faces").glob("*.png"))]
    # The folders number people each for itself.
    crops = [
        LabelledPicture(path, f"{path.parent.name} {path.name[:4]}")
        for path in sorted((data / "crops").glob("*/*.jpg"))
    ]
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(_extract([*faces, *crops], install(data, Path(folder))))
    return tuple(  # type: ignore[return-value]
        Views.of([(vectors[signal], picture.person) for picture, vectors in found[part] if signal in vectors])
        for part, signal in ((slice(len(faces)), Modality.FACE), (slice(len(faces), None), Modality.APPEARANCE))
    )


async def _extract(
    pictures: Sequence[LabelledPicture], repository: Path
) -> list[tuple[LabelledPicture, dict[Modality, npt.NDArray[np.float32]]]]:
    engine = EmbeddedEngine(repository, "cpu", 1)
    try:
        extractor = FeatureExtractor(engine, ReIDSettings(appearance=AppearanceSettings(enabled=True)))
        found = []
        for number, picture in enumerate(pictures):
            features = (await extractor.extract(tracklet_of(picture, number))).features
            found.append((picture, {signal: feature.vector for signal, feature in features.items()}))
        return found
    finally:
        await engine.close()
