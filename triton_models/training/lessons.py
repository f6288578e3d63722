"""What is learnt, batch by batch: rendered pictures -> tensors -> losses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from haven_server.models.network import Preparation
from haven_server.types import BGRImage
from triton_models.training import augment
from triton_models.training.finders import Finder
from triton_models.training.fitting import Plan
from triton_models.training.objectives import MarginLoss, Objects, contrast_loss, finding_loss, size_ranges
from triton_models.training.shards import Arrays

SHARPNESS: Final = 12.0
"""Scale of the cosines when views in a batch are compared."""


def tensor_of(pictures: BGRImage, tones: augment.Floats, preparation: Preparation) -> Tensor:
    """Give (N, H, W, 3) uint8 BGR as the network wants it: (N, 3, H, W), channels last in memory.

    Args:
        tones: (N, 256, 3) what becomes of each value of each channel; one table does this and the preparation at once.
    """
    order = [2, 1, 0] if preparation.rgb else [0, 1, 2]
    tables = (tones[..., order] - np.array(preparation.mean, np.float32)) / np.array(preparation.std, np.float32)
    prepared = np.empty(pictures.shape, np.float32)
    for picture, table, into in zip(pictures, tables, prepared, strict=True):
        cv2.LUT(np.ascontiguousarray(picture[..., order]), table[None], dst=into)
    return torch.from_numpy(prepared).permute(0, 3, 1, 2)


@dataclass(frozen=True, slots=True)
class Wear:
    """How hard the pictures of embedders are treated.

    Attributes:
        mirrored: a mirrored picture shows the same person.
        zoom, shift, stretch: as ``augment.drift`` takes them.
        erased: share of the pictures of which a part is hidden.
        blurred: share of the pictures that are blurred.
        light: as ``augment.relit`` takes it.
    """

    mirrored: bool
    zoom: float
    shift: float
    stretch: float
    erased: float
    blurred: float
    light: float


class EmbeddingLesson:
    """People told apart by one picture each.

    Args:
        arrays: `pictures` (R, H, W, 3) uint8 BGR and `people` (R,) int64 from 0.
        margin: what a person's own cosine has to lead by.
        together: views of one person in a batch, which are then compared with one another, too; 1: views of anybody.
    """

    def __init__(
        self,
        network: nn.Module,
        arrays: Arrays,
        preparation: Preparation,
        wear: Wear,
        margin: float,
        dimension: int,
        together: int = 1,
    ) -> None:
        self._pictures, self._people = arrays["pictures"], torch.from_numpy(arrays["people"])
        self._preparation, self._wear, self._together = preparation, wear, together
        self._views = [np.flatnonzero(arrays["people"] == person) for person in np.unique(arrays["people"])]
        self._judge = MarginLoss(int(self._people.max()) + 1, dimension, scale=24.0, margin=margin)
        self._learner = nn.ModuleDict({"network": network, "judge": self._judge})

    @property
    def learner(self) -> nn.Module:
        """Network and people's centres."""
        return self._learner

    @property
    def network(self) -> nn.Module:
        """The embedder."""
        return self._learner["network"]

    def batch(self, step: int, plan: Plan) -> tuple[Tensor, Tensor]:
        """Draw people, and as many views of each as are to be together."""
        chance = np.random.default_rng((plan.seed, step))
        people = chance.choice(len(self._views), plan.batch // self._together, replace=False)
        rows = np.concatenate([chance.choice(self._views[person], self._together, replace=False) for person in people])
        pictures = np.stack([self._worn(chance, self._pictures[row]) for row in rows])
        tones = augment.tones(chance, len(pictures), self._wear.light)
        return tensor_of(pictures, tones, self._preparation), self._people[torch.from_numpy(rows)]

    def losses(self, batch: Any, progress: float) -> Mapping[str, Tensor]:
        """Let the margin grow from a tenth of the way to six tenths."""
        pictures, people = batch
        vectors = self.network(pictures)
        parts = {"margin": self._judge(vectors, people, min(max(2 * progress - 0.2, 0.0), 1.0))}
        return parts | ({"contrast": contrast_loss(vectors, people, SHARPNESS)} if self._together > 1 else {})

    def _worn(self, chance: np.random.Generator, picture: BGRImage) -> BGRImage:
        wear = self._wear
        matrix = augment.drift(chance, picture.shape, wear.zoom, wear.shift, wear.stretch)
        if wear.mirrored and chance.random() < 0.5:
            matrix = augment.mirrored(matrix, picture.shape[1])
        picture = augment.moved(picture, matrix, cv2.BORDER_REPLICATE)
        if chance.random() < wear.blurred:
            picture = augment.blurred(chance, picture)
        if chance.random() < wear.erased:
            augment.erase(chance, picture, 0.4)
        return picture


class FindingLesson:
    """Objects and their points found in pictures.

    Args:
        arrays: `pictures` (R, H, W, 3) uint8 BGR; `boxes` (R, M, 4), `ignored` (R, M), `points` (R, M, P, 3) with
            a score over 0 where they are to be found.
        bounds: of the size classes, as ``size_ranges`` takes them.
        mirror: rows of the points after left and right were swapped.
    """

    def __init__(
        self, finder: Finder, arrays: Arrays, preparation: Preparation, bounds: Sequence[float], mirror: Sequence[int]
    ) -> None:
        self._finder, self._arrays, self._preparation = finder, arrays, preparation
        self._bounds, self._mirror = bounds, list(mirror)

    @property
    def learner(self) -> nn.Module:
        """The finder alone."""
        return self._finder

    @property
    def network(self) -> nn.Module:
        """The same."""
        return self._finder

    def batch(self, step: int, plan: Plan) -> tuple[Tensor, Objects]:
        """Draw pictures, half of them zoomed and shifted, half mirrored."""
        chance = np.random.default_rng((plan.seed, step))
        rows = chance.integers(0, len(self._arrays["pictures"]), plan.batch)
        pictures = self._arrays["pictures"][rows]
        boxes, points = (self._arrays[name][rows].astype(np.float32) for name in ("boxes", "points"))
        for row in range(plan.batch):
            moves, mirrors = chance.random(2) < 0.5
            matrix = augment.drift(chance, pictures[row].shape, 0.35 * moves, 0.12 * moves)
            if mirrors:
                matrix = augment.mirrored(matrix, pictures.shape[2])
                points[row] = points[row][:, self._mirror]
            if moves or mirrors:
                pictures[row] = augment.moved(pictures[row], matrix)
                boxes[row], points[row] = augment.carried(boxes[row], points[row], matrix, pictures.shape[1:3])
        tones = augment.tones(chance, len(pictures), 0.15)
        objects = Objects(
            torch.from_numpy(boxes),
            torch.from_numpy(self._arrays["ignored"][rows]),
            torch.from_numpy(points[..., :2]),
            torch.from_numpy(np.ascontiguousarray(points[..., 2])),
        )
        return tensor_of(pictures, tones, self._preparation), objects

    def losses(self, batch: Any, progress: float) -> Mapping[str, Tensor]:
        """Judge what was found."""
        pictures, objects = batch
        ranges = size_ranges(self._bounds, self._finder.shape.anchors, pictures.shape[2], pictures.shape[3])
        return finding_loss(self._finder(pictures), objects, ranges)
