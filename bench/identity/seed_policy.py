"""The policy HAVEN began from, to the letter: rank everybody by the fused score, hold the best one to the gates.

It is here to be beaten, and nowhere else. ``apply_gating`` and ``fuse`` follow the pseudocode of the first
specification line by line (7.2), ``SeedMemory`` its memory (5.4): the most similar of the ten best views and a moving
average. Where the pseudocode is silent, what favours it was chosen: a track once decided keeps its identity.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from haven_server.types import NANOSECONDS, Features, Modality, Tracklet, Vector

WEIGHTS = {Modality.FACE: 0.6, Modality.GAIT: 0.3, Modality.APPEARANCE: 0.1}
MIN_QUALITY = {Modality.FACE: 0.7, Modality.GAIT: 0.5, Modality.APPEARANCE: 0.0}
"""A feature of at most this quality is not used."""
MIN_TRACKLET_FRAMES = 5
MIN_TRACKLET_QUALITY = 0.5
MIN_QUALITY_FOR_STORAGE = 0.5
MEMORY_SIZE = 10
EMA_ALPHA = 0.3
EMBEDDING_TTL_S = 3600
APPEARANCE_AGREES, APPEARANCE_ALONE = 0.4, 0.8
NOTHING = -2.0
"""Less than any cosine."""
AVERAGE = MEMORY_SIZE
"""Slot of the moving average, behind those of the views."""


@dataclass(frozen=True, slots=True)
class SeedThresholds:
    """`reid.thresholds` as the specification has them."""

    face_similarity: float = 0.6
    gait_similarity: float = 0.7
    unknown_threshold: float = 0.4


@dataclass(frozen=True, slots=True)
class Candidate:
    """One identity beside a tracklet."""

    global_id: int
    scores: Mapping[Modality, float]
    combined: float


class SeedMemory:
    """What is remembered of everybody in one signal: identity n in row n - 1.

    Args:
        averages: True: moving averages are matched, too, as 5.4 has it; False: views alone, as 7.2 has it.
    """

    def __init__(self, dimension: int, averages: bool) -> None:
        self._averages = averages
        self._vectors = np.zeros((1, MEMORY_SIZE + 1, dimension), np.float32)
        self._qualities = np.full((1, MEMORY_SIZE + 1), NOTHING)
        self._times = np.zeros((1, MEMORY_SIZE + 1), np.int64)

    def add(self, global_id: int, vector: Vector, quality: float, at: int) -> None:
        """Update the average, store the view if it is good enough, keep the best, let the old expire."""
        row = global_id - 1
        self._grow(row + 1)
        if self._averages:
            known = self._qualities[row, AVERAGE] > NOTHING
            average = EMA_ALPHA * vector + (1 - EMA_ALPHA) * self._vectors[row, AVERAGE] if known else vector
            self._put(row, AVERAGE, average / np.linalg.norm(average), 1.0, at)
        if quality > MIN_QUALITY_FOR_STORAGE:
            worst = int(self._qualities[row, :AVERAGE].argmin())
            if quality > self._qualities[row, worst]:
                self._put(row, worst, vector, quality, at)
        expired = self._times[row, :AVERAGE] < at - EMBEDDING_TTL_S * NANOSECONDS
        self._qualities[row, :AVERAGE][expired] = NOTHING

    def match(self, vector: Vector, count: int) -> npt.NDArray[np.float32]:
        """Return for identities 1 to ``count`` the cosine of what is most similar; ``NOTHING`` where there is none."""
        self._grow(count)
        cosines = self._vectors[:count] @ vector
        best: npt.NDArray[np.float32] = np.where(self._qualities[:count] > NOTHING, cosines, NOTHING).max(axis=1)
        return best

    def _put(self, row: int, slot: int, vector: Vector, quality: float, at: int) -> None:
        self._vectors[row, slot] = vector
        self._qualities[row, slot] = quality
        self._times[row, slot] = at

    def _grow(self, rows: int) -> None:
        more = max(rows, 2 * len(self._times)) - len(self._times)
        if rows > len(self._times):
            self._vectors = np.pad(self._vectors, ((0, more), (0, 0), (0, 0)))
            self._qualities = np.pad(self._qualities, ((0, more), (0, 0)), constant_values=NOTHING)
            self._times = np.pad(self._times, ((0, more), (0, 0)))


class SeedPolicy:
    """`GlobalIDManager` of the specification (4.2).

    Args:
        averages: see ``SeedMemory``.
    """

    def __init__(self, thresholds: SeedThresholds | None = None, *, averages: bool = True) -> None:
        self.thresholds = thresholds or SeedThresholds()
        self._averages = averages
        self.count = 0
        self._memories: dict[Modality, SeedMemory] = {}
        self._decided: dict[tuple[str, int], int] = {}

    def process_tracklet(self, tracklet: Tracklet, features: Features) -> int | None:
        """Say who a tracklet is and learn its features; None: it is too poor to say."""
        track = tracklet.camera_id, tracklet.track_id
        global_id = self._decided.get(track)
        if global_id is None:
            if tracklet.frame_count < MIN_TRACKLET_FRAMES or tracklet.quality < MIN_TRACKLET_QUALITY:
                return None
            usable = _usable(features)
            global_id = self.apply_gating(self._candidates(usable))
            if global_id is None:
                self.count += 1
                global_id = self.count
            self._decided[track] = global_id
        self._learn(global_id, features, tracklet.last_seen)
        return global_id

    def apply_gating(self, candidates: list[Candidate]) -> int | None:
        """Take the best by the combined score if it passes a gate; nobody else is looked at."""
        candidates.sort(key=lambda candidate: candidate.combined, reverse=True)
        if not candidates:
            return None
        best = candidates[0]
        scores = best.scores
        if Modality.FACE in scores and scores[Modality.FACE] > self.thresholds.face_similarity:
            return best.global_id
        if Modality.GAIT in scores and scores[Modality.GAIT] > self.thresholds.gait_similarity:
            appearance = scores.get(Modality.APPEARANCE)
            if appearance is None or appearance > APPEARANCE_AGREES:
                return best.global_id
        if Modality.APPEARANCE in scores and scores[Modality.APPEARANCE] > APPEARANCE_ALONE:
            return best.global_id
        # 7.2 goes on to compare the combined score with unknown_threshold; either way it answers that nobody is it.
        return None

    def _candidates(self, features: Features) -> list[Candidate]:
        similarities = {
            signal: self._memories[signal].match(feature.vector, self.count)
            for signal, feature in features.items()
            if signal in self._memories
        }
        candidates = []
        for row in range(self.count):
            scores = {signal: float(own[row]) for signal, own in similarities.items() if own[row] > NOTHING}
            candidates.append(Candidate(row + 1, scores, fuse(scores)))
        return candidates

    def _learn(self, global_id: int, features: Features, at: int) -> None:
        for signal, feature in _usable(features).items():
            memory = self._memories.setdefault(signal, SeedMemory(len(feature.vector), self._averages))
            memory.add(global_id, feature.vector, feature.quality, at)


def fuse(scores: Mapping[Modality, float]) -> float:
    """Give the weighted mean of the available signals; 0 without any."""
    if not scores:
        return 0.0
    total = sum(WEIGHTS[signal] for signal in scores)
    return sum(similarity * (WEIGHTS[signal] / total) for signal, similarity in scores.items())


def _usable(features: Features) -> Features:
    return {signal: feature for signal, feature in features.items() if feature.quality > MIN_QUALITY[signal]}
