"""What each network learns from and is examined on: kind of pictures -> parts on disk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from triton_models.training import shards
from triton_models.training.crops import crops_of, regions_of
from triton_models.training.faces import faces_of
from triton_models.training.scenes import scenes_of
from triton_models.training.seeds import CALIBRATION, HELD_OUT, TRAINING, Split
from triton_models.training.shards import Arrays, Maker
from triton_models.training.stages import draw_missing
from triton_models.training.troupe import KINDS, LOW_KINDS

UPRIGHT_SCENES: Final = 80
"""Parts of scenes in which people mostly walk and stand; in those of the training that follow, they sit and lie."""


@dataclass(frozen=True, slots=True)
class Material:
    """One kind of pictures.

    Attributes:
        make: renders a part, given its number, `split` and `data`, the folder of everything.
        parts: how many there are of each split.
    """

    make: Callable[..., Arrays]
    parts: Mapping[Split, int]


def _faces(part: int, split: Split, data: Path) -> Arrays:
    return faces_of(part, split, people=50, views=12, data=data)


def _doubles(part: int, split: Split, data: Path) -> Arrays:
    return faces_of(part, split, people=50, views=12, data=data, alike=True)


def _crops(part: int, split: Split, data: Path) -> Arrays:
    return crops_of(part, split, people=50, views=8, data=data, cameras=0 if split == TRAINING else 2)


def _regions(part: int, split: Split, data: Path) -> Arrays:
    return regions_of(part, split, people=50, views=4, data=data)


def _scenes(part: int, split: Split, data: Path) -> Arrays:
    low = split == TRAINING and part >= UPRIGHT_SCENES
    return scenes_of(part, split, count=200, data=data, kinds=LOW_KINDS if low else KINDS)


MATERIALS: Final[Mapping[str, Material]] = {
    "faces": Material(_faces, {TRAINING: 44, CALIBRATION: 6, HELD_OUT: 6}),
    "doubles": Material(_doubles, {CALIBRATION: 3, HELD_OUT: 3}),
    "crops": Material(_crops, {TRAINING: 69, CALIBRATION: 4, HELD_OUT: 4}),
    "scenes": Material(_scenes, {TRAINING: UPRIGHT_SCENES + 40, HELD_OUT: 3}),
    "regions": Material(_regions, {TRAINING: 24, HELD_OUT: 3}),
}
"""44 parts of 50 people are 2 200 faces; 69 are 3 450 people in their clothes."""


def render(kind: str, split: Split, data: Path, workers: int) -> None:
    """Render what is missing of one kind; stages first, which all kinds share."""
    draw_missing(split, data, workers)
    material = MATERIALS[kind]
    make: Maker = partial(material.make, split=split, data=data)
    shards.render(make, material.parts[split], folder(kind, split, data), workers)


def folder(kind: str, split: Split, data: Path) -> Path:
    """Name the folder of one kind."""
    return data / kind / split.name
