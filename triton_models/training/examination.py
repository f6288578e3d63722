"""Examines installed networks on people and rooms they never saw: repository, pictures -> scores, thresholds.

Networks run through the server's own engine, so that what is measured is what is shipped: the wrapped file with its
weights stored as float16.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Self

import numpy as np

from haven_server.engine.embedded import EmbeddedEngine
from haven_server.perception import contract
from haven_server.perception.letterbox import PAD_GREY
from haven_server.settings import FaceSettings
from haven_server.types import BGRImage, ModelRole, Tensors
from triton_models.training import scoring, shards
from triton_models.training.crops import COLUMNS
from triton_models.training.material import folder
from triton_models.training.scenes import INPUT, ROWS
from triton_models.training.scoring import Floats, Numbers, Picture
from triton_models.training.seeds import CALIBRATION, HELD_OUT, Split

BATCH: Final = 16
SURE: Final = 0.3
"""Score of a pose from which on the server uses it (`inference.pose.conf_threshold`)."""
FACE_SURE: Final = 0.5
"""Score of a face likewise."""
POOLED: Final = 3
"""Views that make one feature; the server takes up to five."""
FALSE_ACCEPTS: Final = 1e-3
"""Rate at which TAR is stated."""
Scores = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Result:
    """What came of an examination.

    Attributes:
        scores: by name.
        thresholds: by key of ``reid.thresholds``, calibrated on people who are not examined; empty for networks that
            find things.
    """

    scores: Scores
    thresholds: Mapping[str, float]


def examine(role: ModelRole, repository: Path, data: Path) -> Result:
    """Examine the network that fills a role."""
    if role is ModelRole.FACE_EMBEDDER:
        return _faces(repository, data)
    if role is ModelRole.APPEARANCE_EMBEDDER:
        return _clothes(repository, data)
    if role is ModelRole.FACE_DETECTOR:
        return Result(_found_faces(repository, data), {})
    return Result(_found_people(role, repository, data), {})


def answers(role: ModelRole, repository: Path, pictures: BGRImage) -> Tensors:
    """Ask an installed network about many pictures (R, H, W, 3)."""

    async def ask() -> list[Tensors]:
        engine = EmbeddedEngine(repository, "cpu")
        try:
            starts = range(0, len(pictures), BATCH)
            return [await engine.infer(role, {contract.IMAGES: pictures[start : start + BATCH]}) for start in starts]
        finally:
            await engine.close()

    parts = asyncio.run(ask())
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _found(outputs: Tensors, points: str | None) -> list[Picture]:
    """Read what a detector found in each picture."""
    found = []
    for row, count in enumerate(outputs[contract.NUM_DETECTIONS][:, 0]):
        places = outputs[points][row, :count] if points else np.zeros((count, 0, 2), np.float32)
        found.append(Picture(outputs[contract.BOXES][row, :count], outputs[contract.SCORES][row, :count], places))
    return found


def _truth(arrays: shards.Arrays, offset: tuple[int, int]) -> list[Picture]:
    """Read what is true of each picture, moved to where its cut-out lies in the input: x, y px."""
    truths = []
    for boxes, ignored, points in zip(arrays["boxes"], arrays["ignored"], arrays["points"], strict=True):
        real = (boxes[:, 2:] > boxes[:, :2]).all(axis=1)
        places = points[real].copy()
        places[..., :2] += offset
        truths.append(
            Picture(boxes[real] + np.tile(np.array(offset, np.float32), 2), (~ignored[real]).astype(np.float32), places)
        )
    return truths


def _found_people(role: ModelRole, repository: Path, data: Path) -> Scores:
    arrays = shards.load(folder("scenes", HELD_OUT, data))
    whole = np.full((len(arrays["pictures"]), INPUT, INPUT, 3), PAD_GREY, np.uint8)
    whole[:, ROWS] = arrays["pictures"]
    truth = _truth(arrays, (0, ROWS.start))
    if role is ModelRole.PERSON_DETECTOR:
        found = _found(answers(role, repository, whole), None)
        return {
            "AP50": scoring.average_precision(found, truth),
            "AP75": scoring.average_precision(found, truth, 0.75),
        }
    found = _found(answers(role, repository, whole), contract.KEYPOINTS)
    shown, imagined = scoring.face_points_told(found, truth, SURE)
    return {
        "AP50": scoring.average_precision(found, truth),
        "PCK@0.1": scoring.correct_points(found, truth, SURE),
        "PCK@0.05": scoring.correct_points(found, truth, SURE, 0.05),
        "faces said to be seen, of those seen": shown,
        "faces said to be seen, of those not seen": imagined,
    }


def _found_faces(repository: Path, data: Path) -> Scores:
    arrays = shards.load(folder("regions", HELD_OUT, data))
    whole = np.full((len(arrays["pictures"]), INPUT, INPUT, 3), PAD_GREY, np.uint8)
    whole[:, :, COLUMNS] = arrays["pictures"]
    truth = _truth(arrays, (COLUMNS.start, 0))
    found = _found(answers(ModelRole.FACE_DETECTOR, repository, whole), contract.LANDMARKS)
    errors = scoring.point_errors(found, truth, FACE_SURE)
    empty = [row for row, picture in enumerate(truth) if not len(picture.boxes)]
    return {
        "AP50": scoring.average_precision(found, truth),
        "median landmark error / face": float(np.median(errors)),
        "95 % landmark error / face": float(np.quantile(errors, 0.95)),
        "regions without a face in which one was found": float(
            np.mean([bool((found[row].scores >= FACE_SURE).any()) for row in empty])
        ),
    }


@dataclass(frozen=True, slots=True, eq=False)
class _Views:
    """Vectors of pictures that the server would use.

    Attributes:
        vectors: (R, D) of unit norm.  people, cameras: (R,); cameras are all 0 where nobody kept them.
    """

    vectors: Floats
    people: Numbers
    cameras: Numbers

    @classmethod
    def of(cls, role: ModelRole, kind: str, split: Split, repository: Path, data: Path) -> Self:
        arrays = shards.load(folder(kind, split, data))
        usable = arrays.get("qualities", np.ones(len(arrays["people"]))) >= FaceSettings().quality_threshold
        vectors = answers(role, repository, arrays["pictures"][usable])[contract.EMBEDDINGS]
        cameras = arrays.get("stages", np.zeros_like(arrays["people"]))
        return cls(vectors, arrays["people"][usable], cameras[usable])

    def pooled(self) -> _Views:
        """Join the views of each person by each camera to features, as the server does."""
        return _Views(*pooled(self.vectors, self.people, self.cameras))

    def similarities(self) -> tuple[Floats, Floats]:
        """Compare everything with everything else: cosines of the same person, cosines of different ones."""
        return similarities(self.vectors, self.people)


def _faces(repository: Path, data: Path) -> Result:
    views = partial(_Views.of, ModelRole.FACE_EMBEDDER, repository=repository, data=data)
    thresholds = _face_thresholds(views("faces", CALIBRATION).pooled(), views("doubles", CALIBRATION).pooled())
    match = thresholds["face_similarity"]
    single = views("faces", HELD_OUT)
    features, doubles = single.pooled(), views("doubles", HELD_OUT).pooled()
    same, different = features.similarities()
    alike = _between(features, doubles)
    return Result(
        {
            "TAR at FAR 0.1 %, one view": scoring.accepted_at(*single.similarities(), FALSE_ACCEPTS)[0],
            "TAR at FAR 0.1 %": scoring.accepted_at(same, different, FALSE_ACCEPTS)[0],
            "TAR at face_similarity": float((same > match).mean()),
            "FAR at face_similarity": float((different > match).mean()),
            "FAR at face_similarity, look-alikes": float((alike > match).mean()),
            "pairs of different people": float(len(different)),
        },
        thresholds,
    )


def _face_thresholds(features: _Views, doubles: _Views) -> Mapping[str, float]:
    same, different = features.similarities()
    alike = _between(features, doubles)
    hardest = np.concatenate([different, np.repeat(alike, max(1, len(different) // (20 * len(alike))))])
    match = max(scoring.accepted_at(same, different, 1e-5)[1], scoring.accepted_at(same, hardest, 1e-4)[1])
    disagrees = min(float(np.quantile(same, 0.001)), float(np.quantile(different, 0.99)))
    return {"face_similarity": _rounded(match), "face_disagrees": _rounded(disagrees)}


def _between(people: _Views, doubles: _Views) -> Floats:
    """Compare everybody with the look-alike who bears the same number."""
    return (people.vectors @ doubles.vectors.T)[people.people[:, None] == doubles.people[None]]


def _clothes(repository: Path, data: Path) -> Result:
    views = partial(_Views.of, ModelRole.APPEARANCE_EMBEDDER, "crops", repository=repository, data=data)
    thresholds = _clothes_thresholds(views(CALIBRATION).pooled())
    single = views(HELD_OUT)
    features = single.pooled()
    same, different = features.similarities()
    return Result(
        {
            "rank-1, one view": scoring.first_rank(single.vectors, single.people, single.cameras),
            "rank-1": scoring.first_rank(features.vectors, features.people, features.cameras),
            "TAR at FAR 0.1 %": scoring.accepted_at(same, different, FALSE_ACCEPTS)[0],
            "TAR at appearance_alone": float((same > thresholds["appearance_alone"]).mean()),
            "pairs of different people": float(len(different)),
        },
        thresholds,
    )


def _clothes_thresholds(features: _Views) -> Mapping[str, float]:
    same, different = features.similarities()
    similar = scoring.accepted_at(same, different, 1e-2)[1]
    return {
        "appearance_alone": _rounded(scoring.accepted_at(same, different, 1e-4)[1]),
        "appearance_similarity": _rounded(similar),
        "appearance_contradicts": _rounded(min(float(np.quantile(same, 0.005)), similar - 0.02)),
    }


def pooled(vectors: Floats, people: Numbers, cameras: Numbers) -> tuple[Floats, Numbers, Numbers]:
    """Average ``POOLED`` views of one person by one camera at a time, as the server makes features of views.

    Returns:
        (M, D) of unit norm, (M,) people and (M,) cameras; views that are left over are left out.
    """
    features, owners = [], []
    for owner in np.unique(np.column_stack([people, cameras]), axis=0):
        own = vectors[(people == owner[0]) & (cameras == owner[1])]
        for start in range(0, len(own) - POOLED + 1, POOLED):
            mean = own[start : start + POOLED].mean(axis=0)
            features.append(mean / np.linalg.norm(mean))
            owners.append(owner)
    marks = np.array(owners, np.int64)
    return np.array(features, np.float32), marks[:, 0], marks[:, 1]


def similarities(vectors: Floats, people: Numbers) -> tuple[Floats, Floats]:
    """Compare everything with everything else: cosines of the same person, cosines of different ones."""
    cosines = vectors @ vectors.T
    upper = np.triu(np.ones(cosines.shape, np.bool_), 1)
    same = people[:, None] == people[None]
    return cosines[same & upper], cosines[~same & upper]


def _rounded(value: float) -> float:
    return round(float(np.clip(value, 0, 1)), 3)
