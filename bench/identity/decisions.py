"""How long a decision takes: the resolver alone over a gallery of thousands, and a tracklet with its networks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from bench.identity.contest import BOX, FRAMES, MODELS, QUALITY
from bench.kernels.gallery import PROTOTYPES, SIGNALS, draw_gallery, look_at
from bench.kernels.gallery import Gallery as DrawnGallery
from haven_core import packing
from haven_server.engine.embedded import EmbeddedEngine
from haven_server.evaluation.labelled import LabelledPicture, tracklet_of
from haven_server.perception.features import FeatureExtractor
from haven_server.reid.gallery import Gallery
from haven_server.reid.resolver import Resolver
from haven_server.settings import AppearanceSettings, ReIDSettings, TopologySettings
from haven_server.types import (
    NANOSECONDS,
    Assurance,
    BankKey,
    Feature,
    Features,
    FrameOutcome,
    GalleryState,
    IdentityRow,
    Modality,
    TakeBank,
    Track,
    Tracklet,
    TrackState,
)

START = 1_000_000 * NANOSECONDS
INTERVAL = NANOSECONDS // 10
WARM_UP = 20
"""Decisions that are not counted: caches and branch predictors are cold."""
SETTINGS = ReIDSettings(appearance=AppearanceSettings(enabled=True))


def alone(identities: int, views: int, decisions: int) -> dict[str, list[float]]:
    """Resolve tracklets with all signals over a gallery, people who are known and strangers in turns.

    Args:
        views: that are remembered of everybody in each signal, at most 10.
    Returns:
        Milliseconds of each decision by whom it was of: the thread's own time, and by the clock.
    """
    resolver = Resolver(_fill(identities, views), SETTINGS, TopologySettings(), None)
    taken: dict[str, list[float]] = {}
    chance = np.random.default_rng(0)
    for number in range(-WARM_UP, decisions):
        known = number % 2 == 0
        person = int(chance.integers(identities)) if known else identities + number + WARM_UP
        query = {
            signal: Feature(vector, QUALITY, MODELS[signal])
            for signal, vector in zip(Modality, look_at(person), strict=True)
        }
        tracklet, outcome = _arrive(number + WARM_UP + 1)
        resolver.observe(outcome)
        own, clock = _time(partial(resolver.resolve, tracklet, query))
        if number >= 0:
            who = "known" if known else "stranger"
            taken.setdefault(f"{who}, own time", []).append(own)
            taken.setdefault(f"{who}, by the clock", []).append(clock)
    return taken


def with_networks(repository: Path, pictures: list[Path], rounds: int) -> dict[str, list[float]]:
    """Recognise one tracklet of several views from its pictures on, networks on one thread each included.

    Returns:
        Milliseconds of each round: the process's own time, and by the clock.
    """
    views = [tracklet_of(LabelledPicture(path, "one"), 1) for path in pictures]
    samples = tuple(sample for view in views for sample in view.samples)

    async def run() -> dict[str, list[float]]:
        engine = EmbeddedEngine(repository, "cpu", 1)
        try:
            extractor = FeatureExtractor(engine, SETTINGS)
            hashes: dict[Modality, str] = {}
            taken: dict[str, list[float]] = {"own time": [], "by the clock": []}
            resolver: Resolver | None = None
            for number in range(rounds + 2):
                arrival, outcome = _arrive(number + 1)
                tracklet = Tracklet(
                    arrival.camera_id,
                    arrival.track_id,
                    arrival.first_seen,
                    arrival.last_seen,
                    FRAMES,
                    samples,
                    1.0,
                    True,
                )
                begun, own = time.perf_counter(), time.process_time()
                features: Features = (await extractor.extract(tracklet)).features
                if resolver is None:
                    hashes = {signal: feature.model_hash for signal, feature in features.items()}
                    gallery = Gallery(GalleryState((), 1, 1), SETTINGS.multi_prototype, hashes)
                    resolver = Resolver(gallery, SETTINGS, TopologySettings(), None)
                resolver.observe(outcome)
                resolver.resolve(tracklet, features)
                taken["own time"].append(1e3 * (time.process_time() - own))
                taken["by the clock"].append(1e3 * (time.perf_counter() - begun))
            return {clock: own[2:] for clock, own in taken.items()}
        finally:
            await engine.close()

    return asyncio.run(run())


def _arrive(number: int) -> tuple[Tracklet, FrameOutcome]:
    at = START + number * INTERVAL
    tracklet = Tracklet("hall", number, at - INTERVAL, at, FRAMES, (), QUALITY, ended=True)
    track = Track("hall", number, BOX, QUALITY, TrackState.CONFIRMED, FRAMES)
    return tracklet, FrameOutcome("hall", number, at, (track,), ())


def _time(work: Callable[[], object]) -> tuple[float, float]:
    """Run something once: ms of the thread's own time, and by the clock."""
    clock, own = time.perf_counter(), time.thread_time()
    work()
    return 1e3 * (time.thread_time() - own), 1e3 * (time.perf_counter() - clock)


def _fill(identities: int, views: int) -> Gallery:
    """Make HAVEN's gallery of drawn people, all confirmed and seen a moment ago."""
    drawn = draw_gallery(identities)
    rows = tuple(IdentityRow(one, START, START, Assurance.CONFIRMED) for one in range(1, identities + 1))
    state = GalleryState(rows, identities + 1, identities * PROTOTYPES * len(SIGNALS) + 1)
    return Gallery(state, SETTINGS.multi_prototype, MODELS, lambda take: _hand_on(drawn, views, take))


def _hand_on(drawn: DrawnGallery, views: int, take: TakeBank) -> None:
    for place, signal in enumerate(Modality):
        vectors, means = drawn.prototypes[place], drawn.means[place]
        for person in range(len(means)):
            first = (place * len(means) + person) * PROTOTYPES + 1
            records = np.array([(first + one, START, QUALITY) for one in range(views)], packing.RECORD)
            own = vectors[person * PROTOTYPES : person * PROTOTYPES + views]
            key = BankKey(person + 1, signal, own.shape[1], MODELS[signal])
            take(key, memoryview(packing.pack(records, own, means[person])))
