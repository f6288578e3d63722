"""How each network is made: role -> pictures, lesson, plan, file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from torch import nn

from haven_server.models.network import STRIDES
from haven_server.models.recognise import ARCFACE_RGB, IMAGENET_RGB, SCRFD_RGB, UNIT_RGB
from haven_server.types import ModelRole
from triton_models.training.augment import MIRRORED_BODY, MIRRORED_FACE
from triton_models.training.embedders import DIMENSION, AppearanceEmbedder, FaceEmbedder
from triton_models.training.finders import FACE, PERSON, POSE, Finder, Scrfd, Yolo
from triton_models.training.fitting import Lesson, Plan
from triton_models.training.lessons import EmbeddingLesson, FindingLesson, Wear
from triton_models.training.shards import Arrays

PERSON_SIZES: Final = (56.0, 112.0)
FACE_SIZES: Final = (20.0, 32.0, 48.0, 72.0, 110.0)
FACE_WEAR: Final = Wear(mirrored=False, zoom=0.04, shift=0.02, stretch=0.04, erased=0.1, blurred=0.15, light=0.12)
CLOTHES_WEAR: Final = Wear(mirrored=True, zoom=0.08, shift=0.05, stretch=0.1, erased=0.3, blurred=0.15, light=0.12)


@dataclass(frozen=True, slots=True)
class Recipe:
    """One network.

    Attributes:
        material: kind of its pictures.
        network: makes the network.
        lesson: takes network and pictures.
        raw: what of the learner answers as the maker's network does.
        outputs: names of those answers.
        noted: the maker's own metadata.
        start: role whose trained weights it begins with.
    """

    material: str
    plan: Plan
    size: tuple[int, int]
    network: Callable[[], nn.Module]
    lesson: Callable[[nn.Module, Arrays], Lesson]
    raw: Callable[[nn.Module], nn.Module]
    outputs: tuple[str, ...]
    noted: Mapping[str, str] = field(default_factory=dict)
    start: ModelRole | None = None


def _people(network: nn.Module, arrays: Arrays) -> Lesson:
    return FindingLesson(network, arrays, UNIT_RGB, PERSON_SIZES, MIRRORED_BODY)


def _faces(network: nn.Module, arrays: Arrays) -> Lesson:
    return FindingLesson(network, arrays, SCRFD_RGB, FACE_SIZES, MIRRORED_FACE)


def _face_vectors(network: nn.Module, arrays: Arrays) -> Lesson:
    return EmbeddingLesson(network, arrays, ARCFACE_RGB, FACE_WEAR, margin=0.3, dimension=DIMENSION)


def _clothes_vectors(network: nn.Module, arrays: Arrays) -> Lesson:
    return EmbeddingLesson(network, arrays, IMAGENET_RGB, CLOTHES_WEAR, margin=0.3, dimension=DIMENSION, together=4)


def _embedder(learner: nn.Module) -> nn.Module:
    return learner.get_submodule("network")


_SCRFD_OUTPUTS: Final = tuple(f"{part}_{stride}" for part in ("score", "bbox", "kps") for stride in STRIDES)

RECIPES: Final[Mapping[ModelRole, Recipe]] = {
    ModelRole.FACE_EMBEDDER: Recipe(
        "faces", Plan(steps=2500, batch=64, rate=2e-3), (112, 112), FaceEmbedder, _face_vectors, _embedder, ("vector",)
    ),
    ModelRole.APPEARANCE_EMBEDDER: Recipe(
        "crops",
        Plan(steps=12000, batch=64, rate=2e-3),
        (256, 128),
        AppearanceEmbedder,
        _clothes_vectors,
        _embedder,
        ("vector",),
    ),
    ModelRole.POSE_ESTIMATOR: Recipe(
        "scenes",
        Plan(steps=12000, batch=16, rate=2e-3),
        (320, 320),
        lambda: Finder(POSE),
        _people,
        Yolo,
        ("output0",),
        {"task": "pose"},
    ),
    ModelRole.PERSON_DETECTOR: Recipe(
        "scenes",
        Plan(steps=900, batch=16, rate=8e-4),
        (320, 320),
        lambda: Finder(PERSON),
        _people,
        Yolo,
        ("output0",),
        {"task": "detect", "names": "{0: 'person'}"},
        start=ModelRole.POSE_ESTIMATOR,
    ),
    ModelRole.FACE_DETECTOR: Recipe(
        "regions",
        Plan(steps=2100, batch=24, rate=2e-3),
        (320, 320),
        lambda: Finder(FACE),
        _faces,
        Scrfd,
        _SCRFD_OUTPUTS,
    ),
}
"""In the order in which they are made."""


def work_folder(role: ModelRole, data: Path) -> Path:
    """Name the folder of a network's checkpoint, log and raw file."""
    return data / "networks" / role.value
