"""A small world to resolve tracklets in: people made of exact vectors, time and tracks by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from haven_server.reid.gallery import Gallery
from haven_server.reid.resolver import Resolution, Resolver
from haven_server.settings import ReIDSettings, TopologySettings
from haven_server.storage.banks import gather
from haven_server.types import (
    NANOSECONDS,
    Changes,
    Feature,
    Features,
    FrameOutcome,
    GalleryState,
    IdentityRow,
    MeanRow,
    Modality,
    PrototypeRow,
    TakeBank,
    Track,
    Tracklet,
    TrackState,
    Vector,
)

DIMENSION = 64
HASHES = {modality: f"{modality.value}-model" for modality in Modality}


def vector(*parts: float) -> Vector:
    """A unit vector whose first coordinates are ``parts`` and whose rest lies in a direction of its own."""
    values = np.zeros(DIMENSION)
    values[: len(parts)] = parts
    values[DIMENSION - 1 - len(parts)] = np.sqrt(max(1.0 - np.square(parts).sum(), 0.0))
    return (values / np.linalg.norm(values)).astype(np.float32)


def features(quality: float = 0.9, **signals: Sequence[float]) -> Features:
    """Features by signal name: coordinates along the axes on which people lie."""
    return {Modality(name): Feature(vector(*parts), quality, HASHES[Modality(name)]) for name, parts in signals.items()}


@dataclass(frozen=True)
class Stored:
    """Plays the store: what a gallery finds at its start."""

    identities: tuple[IdentityRow, ...] = ()
    prototypes: tuple[PrototypeRow, ...] = ()
    means: tuple[MeanRow, ...] = ()

    def load_gallery(self) -> GalleryState:
        """Say who is known, and which numbers are free."""
        last = max((row.global_id for row in self.identities), default=0)
        last_embedding = max((row.embedding_id for row in self.prototypes), default=0)
        return GalleryState(self.identities, last + 1, last_embedding + 1)

    def read_banks(self, take: TakeBank) -> None:
        """Hand on what they are remembered by."""
        for bank in gather(self.prototypes, self.means):
            take(bank.key, memoryview(bank.pack()))


@dataclass
class World:
    """A resolver, its gallery, and everything they have written so far."""

    settings: ReIDSettings = field(default_factory=ReIDSettings)
    topology: TopologySettings = field(default_factory=TopologySettings)
    start: Stored = Stored()
    gait_false_match_rate: float | None = None
    written: list[Changes] = field(default_factory=list)

    def __post_init__(self) -> None:
        memory = self.settings.multi_prototype
        self.gallery = Gallery(self.start.load_gallery(), memory, HASHES, self.start.read_banks)
        self.resolver = Resolver(self.gallery, self.settings, self.topology, self.gait_false_match_rate)
        self._tracks = 0

    def meet(
        self,
        shown: Features,
        *,
        at: float = 0.0,
        lasting: float = 1.0,
        ended: bool = True,
        camera: str = "cam1",
        track: int | None = None,
        frames: int = 10,
        quality: float = 0.9,
    ) -> Resolution:
        """Resolve one tracklet seen from ``at`` for ``lasting`` seconds; a new track unless one is named."""
        if track is None:
            self._tracks += 1
            track = 1000 + self._tracks
        first, last = round(at * NANOSECONDS), round((at + lasting) * NANOSECONDS)
        tracklet = Tracklet(camera, track, first, last, frames, (), quality, ended)
        resolution = self.resolver.resolve(tracklet, shown)
        self.written.append(resolution.changes)
        return resolution

    def frame(self, *tracks: int, at: float = 0.0, camera: str = "cam1") -> None:
        """Observe one picture with these tracks in it."""
        box = np.array([0, 0, 50, 100], np.float32)
        visible = tuple(Track(camera, one, box, 0.9, TrackState.CONFIRMED, 1) for one in tracks)
        self.resolver.observe(FrameOutcome(camera, 0, round(at * NANOSECONDS), visible, ()))

    def stored(self) -> Stored:
        """Return what was written so far, as a gallery would find it after a restart."""
        identities: dict[int, IdentityRow] = {row.global_id: row for row in self.start.identities}
        prototypes: dict[int, PrototypeRow] = {row.embedding_id: row for row in self.start.prototypes}
        means: dict[Any, MeanRow] = {(row.global_id, row.modality): row for row in self.start.means}
        for changes in self.written:
            identities |= {row.global_id: row for row in changes.identities}
            prototypes |= {row.embedding_id: row for row in changes.prototypes}
            means |= {(row.global_id, row.modality): row for row in changes.means}
            for forgotten in changes.forgotten_prototypes:
                del prototypes[forgotten]
        return Stored(
            tuple(identities[one] for one in sorted(identities)),
            tuple(prototypes[one] for one in sorted(prototypes)),
            tuple(means.values()),
        )


@pytest.fixture(name="features")
def features_maker() -> Callable[..., Features]:
    """Makes features: ``features(face=(0.7,))`` lies 0.7 along the first person's axis."""
    return features


@pytest.fixture
def make_world() -> Callable[..., World]:
    """Makes worlds; ``reid`` and ``topology`` are given as they stand in sources.yaml."""

    def make(reid: Mapping[str, Any] | None = None, topology: Mapping[str, Any] | None = None, **others: Any) -> World:
        return World(ReIDSettings.model_validate(reid or {}), TopologySettings.model_validate(topology or {}), **others)

    return make


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    """A world with the default settings."""
    return make_world()
