"""What trackers are tried on: drawn walks, and the detections of real films. Each gives a film: Detections by frame."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from haven_server.evaluation.motchallenge import TrueBoxes, read_truth
from haven_server.types import Detections

WIDTH, HEIGHT = 1920, 1080
PERSON = np.array((80.0, 200.0))
"""Width and height of somebody near, px; others are down to a third of it."""
MISSED, DOUBTFUL = 0.05, 0.15
"""Shares of boxes that the detector misses, and that have a score of the second pass."""


@dataclass(frozen=True, slots=True, eq=False)
class RealFilm:
    """One sequence of MOTChallenge with the detections that come with it.

    Attributes:
        frame_rate: frames a second.
    """

    name: str
    frame_rate: float
    detections: list[Detections]
    truth: TrueBoxes


REAL_FILMS = {
    "MOT17-05": ("MOT17-05-FRCNN_det", "MOT16-05_gt", 14),
    "MOT17-09": ("MOT17-09-FRCNN_det", "MOT16-09_gt", 30),
    "TUD-Campus": ("TUD-Campus_det", "TUD-Campus_gt", 25),
    "TUD-Stadtmitte": ("TUD-Stadtmitte_det", "TUD-Stadtmitte_gt", 25),
}
"""Files of detections and of truth, and frames a second. MOT16 and MOT17 show the same films."""


def walk(people: int, frames: int, seed: int = 0) -> list[Detections]:
    """Let people cross a picture, the same each time, seen with 2 px of noise; where they are many they overlap."""
    random = np.random.default_rng(seed)
    size = PERSON * random.uniform(1 / 3, 1, (people, 1))
    place = random.uniform((0, 0), (WIDTH - PERSON[0], HEIGHT - PERSON[1]), (people, 2))
    step = random.normal(0, 4, (people, 2))
    film = []
    for index in range(frames):
        corner = place + index * step + random.normal(0, 2, (people, 2))
        doubtful = random.random(people) < DOUBTFUL
        scores = np.where(doubtful, random.uniform(0.15, 0.45, people), random.uniform(0.65, 0.95, people))
        seen = random.random(people) >= MISSED
        boxes = np.hstack((corner, corner + size))[seen]
        film.append(Detections(boxes.astype(np.float32), scores[seen].astype(np.float32)))
    return film


def interrupted(film: list[Detections], gap: range) -> list[Detections]:
    """Let the detector see nobody for some frames."""
    return [_nobody() if index in gap else detections for index, detections in enumerate(film)]


def read_real(folder: Path) -> list[RealFilm]:
    """Read the real films.

    Args:
        folder: of MOTChallenge text.
    """
    return [
        RealFilm(name, rate, _read_detections(folder / f"{found}.txt"), read_truth(folder, [truth])[truth])
        for name, (found, truth, rate) in REAL_FILMS.items()
    ]


def _read_detections(path: Path) -> list[Detections]:
    """Read rows of frame, -1, x, y, width, height, score; frames without any are frames with nobody."""
    rows = np.loadtxt(path, delimiter=",", usecols=range(7))
    boxes = np.hstack((rows[:, 2:4], rows[:, 2:4] + rows[:, 4:6])).astype(np.float32)
    scores = rows[:, 6].astype(np.float32)
    return [
        Detections(boxes[there], scores[there])
        for there in (rows[:, 0] == n for n in range(1, int(rows[:, 0].max()) + 1))
    ]


def _nobody() -> Detections:
    return Detections(np.empty((0, 4), np.float32), np.empty(0, np.float32))
