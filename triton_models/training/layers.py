"""The few layers all our networks are made of: plain narrow convolutions, the fastest there are on a CPU."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class Unit(nn.Sequential):
    """Convolution, normalisation, rectifier; the export folds the normalisation into the convolution."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
        )


class Residual(nn.Module):
    """Two convolutions beside the identity, which alone is what it first is (Goyal et al., 2017, arXiv:1706.02677)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = Unit(width, width)
        last = nn.BatchNorm2d(width)
        nn.init.zeros_(last.weight)
        self.second = nn.Sequential(nn.Conv2d(width, width, 3, 1, 1, bias=False), last)

    def forward(self, x: Tensor) -> Tensor:
        """(N, width, H, W) -> the same."""
        return torch.relu(x + self.second(self.first(x)))


class Trunk(nn.Module):
    """A pyramid of features: each stage halves the picture's sides.

    Args:
        widths: channels after each stage, the stem first.
        depths: residual blocks of each stage.
    """

    def __init__(self, widths: Sequence[int], depths: Sequence[int]) -> None:
        super().__init__()
        stages, inputs = [], 3
        for width, depth in zip(widths, depths, strict=True):
            stages.append(nn.Sequential(Unit(inputs, width, stride=2), *(Residual(width) for _ in range(depth))))
            inputs = width
        self.stages = nn.ModuleList(stages)

    def forward(self, pictures: Tensor) -> list[Tensor]:
        """(N, 3, H, W) -> the features after every stage, the largest first."""
        features = []
        for stage in self.stages:
            pictures = stage(pictures)
            features.append(pictures)
        return features
