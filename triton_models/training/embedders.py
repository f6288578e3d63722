"""Networks that turn a picture into a vector: pictures -> (N, 512), alike for one person, apart for two."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor, nn

from triton_models.training.layers import Trunk, Unit

DIMENSION: Final = 512
"""Length of both embeddings."""


class FaceEmbedder(nn.Module):
    """For aligned faces, (N, 3, 112, 112): every feature has its place, so that each cell keeps weights of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.trunk = Trunk((24, 40, 72, 128), (0, 1, 1, 1))
        self.weigh = nn.Sequential(nn.Conv2d(128, 256, 7, groups=128, bias=False), nn.BatchNorm2d(256))
        self.project = nn.Linear(256, DIMENSION)

    def forward(self, pictures: Tensor) -> Tensor:
        """RGB, (x - 127.5) / 127.5 -> vectors of any length."""
        return self.project(self.weigh(self.trunk(pictures)[-1]).flatten(1))


class AppearanceEmbedder(nn.Module):
    """For whole people, (N, 3, 256, 128): means over horizontal bands beside the mean of all.

    It looks at half the size, which tells clothes apart as well and costs a quarter: more can be learnt in the time.
    The means are centred before the projection: rectified features all point one way, and so would the vectors.

    Source: Sun et al., Beyond Part Models, ECCV 2018, for the bands.
    """

    BANDS: Final = 4

    def __init__(self) -> None:
        super().__init__()
        self.trunk = Trunk((24, 32, 64, 112), (0, 1, 1, 1))
        self.widen = Unit(112, 128)
        self.centre = nn.BatchNorm1d(128 * (self.BANDS + 1))
        self.project = nn.Linear(128 * (self.BANDS + 1), DIMENSION, bias=False)

    def forward(self, pictures: Tensor) -> Tensor:
        """RGB, ImageNet mean and deviation -> vectors of any length."""
        features = self.widen(self.trunk(nn.functional.avg_pool2d(pictures, 2))[-1])
        bands = features.unflatten(2, (self.BANDS, -1)).mean((3, 4))
        return self.project(self.centre(torch.cat([bands.flatten(1), bands.mean(2)], 1)))
