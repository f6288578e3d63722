"""A small world to resolve tracklets in: people made of exact vectors, time and tracks by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import select

from haven_server.reid.comparison import Comparison
from haven_server.reid.correction_book import CorrectionBook
from haven_server.reid.corrections import Corrector, Outcome
from haven_server.reid.duplicates import DuplicateSearch
from haven_server.reid.fusion import make_rules
from haven_server.reid.gallery import Gallery
from haven_server.reid.resolver import Resolution, Resolver
from haven_server.settings import ReIDSettings, TopologySettings
from haven_server.storage import schema
from haven_server.storage.banks import gather
from haven_server.storage.store import SQLStore
from haven_server.types import (
    NANOSECONDS,
    BankKey,
    Changes,
    Feature,
    Features,
    FrameOutcome,
    GalleryState,
    IdentityRow,
    MeanRow,
    Modality,
    Observation,
    Posture,
    PrototypeRow,
    TakeBank,
    Track,
    Tracklet,
    TrackName,
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
        active, merged = (
            tuple(row for row in self.identities if row.status == status) for status in ("active", "merged")
        )
        return GalleryState(active, last + 1, last_embedding + 1, merged)

    def read_banks(self, take: TakeBank) -> None:
        """Hand on what they are remembered by."""
        for bank in gather(self.prototypes, self.means):
            take(bank.key, memoryview(bank.pack()))


@dataclass
class World:
    """A resolver, its gallery, and everything they have written so far."""

    settings: ReIDSettings = field(default_factory=ReIDSettings)
    topology: TopologySettings = field(default_factory=TopologySettings)
    start: Stored | SQLStore = Stored()
    book: CorrectionBook = field(default_factory=CorrectionBook)
    gait_false_match_rate: float | None = None
    written: list[Changes] = field(default_factory=list)

    def __post_init__(self) -> None:
        memory = self.settings.multi_prototype
        self.gallery = Gallery(self.start.load_gallery(), memory, HASHES, self.start.read_banks)
        self.resolver = Resolver(self.gallery, self.settings, self.topology, self.gait_false_match_rate, self.book)
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
        missing: frozenset[Modality] = frozenset(),
    ) -> Resolution:
        """Resolve one tracklet seen from ``at`` for ``lasting`` seconds; a new track unless one is named."""
        if track is None:
            self._tracks += 1
            track = 1000 + self._tracks
        first, last = round(at * NANOSECONDS), round((at + lasting) * NANOSECONDS)
        tracklet = Tracklet(camera, track, first, last, frames, (), quality, ended)
        resolution = self.resolver.resolve(tracklet, shown, missing)
        self.written.append(resolution.changes)
        return resolution

    def frame(self, *tracks: int, at: float = 0.0, camera: str = "cam1", left: float = 0.0) -> None:
        """Observe one picture with these tracks in it, all in one place, 100 px tall."""
        box = np.array([left, 0, left + 50, 100], np.float32)
        visible = tuple(Track(camera, one, box, 0.9, TrackState.CONFIRMED, 1) for one in tracks)
        self.resolver.observe(FrameOutcome(camera, 0, round(at * NANOSECONDS), visible, ()))

    def stored(self) -> Stored:
        """Return what was written so far, as a gallery would find it after a restart."""
        assert isinstance(self.start, Stored)
        identities: dict[int, IdentityRow] = {row.global_id: row for row in self.start.identities}
        prototypes: dict[int, PrototypeRow] = {row.embedding_id: row for row in self.start.prototypes}
        means: dict[Any, MeanRow] = {(row.global_id, row.modality): row for row in self.start.means}
        for changes in self.written:
            identities |= {row.global_id: row for row in changes.identities}
            prototypes |= {row.embedding_id: row for row in changes.prototypes}
            means = {key: row for key, row in means.items() if key not in changes.forgotten_means}
            means |= {(row.global_id, row.modality): row for row in changes.means}
            for forgotten in changes.forgotten_prototypes:
                prototypes.pop(forgotten, None)
        return Stored(
            tuple(identities[one] for one in sorted(identities)),
            tuple(prototypes[one] for one in sorted(prototypes)),
            tuple(means.values()),
        )


@dataclass
class Office:
    """A world whose changes are committed to a real store, and where orders are taken."""

    store: SQLStore
    settings: ReIDSettings = field(default_factory=ReIDSettings)
    topology: TopologySettings = field(default_factory=TopologySettings)
    clock: int = 1_000_000 * NANOSECONDS

    def __post_init__(self) -> None:
        self.open()

    def open(self) -> None:
        """Begin, or begin again as after a restart: tracks are forgotten, what was committed is not."""
        book = CorrectionBook(self.store.ledger.corrections())
        self.world = World(self.settings, self.topology, self.store, book)
        self.gallery, resolver = self.world.gallery, self.world.resolver
        self.corrector = Corrector(
            self.gallery,
            resolver.tracks,
            resolver.topology,
            book,
            self.store.ledger,
            self.store.read_banks,
            self._now,
        )
        self.duplicates = DuplicateSearch(self.gallery, self.corrector.obstacles, self.settings.thresholds)

    def meet(self, shown: Features, **how: Any) -> Resolution:
        """Resolve and commit one tracklet, see ``World.meet``, with an observation of whoever it is."""
        resolution = self.world.meet(shown, **how)
        changes, who = resolution.changes, resolution.identification
        if who.global_id is not None:
            decided = None if resolution.decided_id == who.global_id else resolution.decided_id
            at = round((how.get("at", 0.0) + how.get("lasting", 1.0)) * NANOSECONDS)
            box = np.array([0, 0, 50, 100], np.float32)
            seen = Observation(who.global_id, who.camera_id, who.track_id, at, box, Posture.UNKNOWN, None, decided)
            changes = replace(changes, observations=(seen,))
        self.store.commit([changes])
        return resolution

    def commit(self, outcome: Outcome) -> Outcome:
        """Commit what an order changed."""
        self.store.commit([outcome.changes])
        return outcome

    def merge(self, target: int, source: int) -> Outcome:
        """Merge and commit."""
        return self.commit(self.corrector.merge(target, source, "ann"))

    def split(self, global_id: int, *tracks: TrackName) -> Outcome:
        """Split and commit."""
        return self.commit(self.corrector.split(global_id, tracks, "ann"))

    def undo(self, global_id: int) -> Outcome:
        """Undo and commit."""
        return self.commit(self.corrector.undo(global_id, "ann"))

    def reject(self, track: TrackName, global_id: int | None = None) -> Outcome:
        """Reject and commit."""
        return self.commit(self.corrector.reject_track(track, global_id, "ann"))

    def who(self, track: int, camera: str = "cam1") -> int | None:
        """Say who a live track is taken for."""
        live = self.world.resolver.tracks.find(camera, track)
        return None if live is None or live.global_id is None else self.gallery.root(live.global_id)

    def ask(self, shown: Features) -> Comparison:
        """Compare a stranger with everybody."""
        rules = make_rules(self.settings.thresholds, gait_alone=False)
        return self.gallery.compare(shown, rules, {})

    def dump(self) -> dict[str, list[Any]]:
        """Read every row about people, and every bank; the ledger and what was told is left out."""
        tables = (schema.identities, schema.observations, schema.embeddings, schema.embedding_means)
        with self.store._database.reading() as connection:
            rows = {
                table.name: sorted(map(tuple, connection.execute(select(table))), key=repr)
                for table in (*tables, schema.tracklet_quality)
            }
        banks: dict[BankKey, bytes] = {}
        self.store.read_banks(lambda key, value: banks.update({key: bytes(value)}))
        return rows | {"banks": sorted(banks.items(), key=repr)}

    def _now(self) -> int:
        self.clock += NANOSECONDS
        return self.clock


@pytest.fixture
def make_office(tmp_path: Path) -> Iterator[Callable[..., Office]]:
    """Makes offices over stores of their own, which are closed at the end; ``cached``: with banks in LMDB."""
    numbers = count()
    with ExitStack() as opened:

        def make(
            reid: Mapping[str, Any] | None = None, topology: Mapping[str, Any] | None = None, *, cached: bool = False
        ) -> Office:
            cache = tmp_path / f"bank{next(numbers)}" if cached else None
            store = opened.enter_context(closing(SQLStore.open("sqlite://", cache)))
            settings = ReIDSettings.model_validate(reid or {})
            return Office(store, settings, TopologySettings.model_validate(topology or {}))

        yield make


@pytest.fixture
def office(make_office: Callable[..., Office]) -> Office:
    """An office with the default settings."""
    return make_office()


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
