"""What every kernel of haven_core costs beside its NumPy twin: ``make bench-kernels``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from bench.kernels.answers import agree
from bench.kernels.gallery import PROTOTYPES, SIGNALS, draw_gallery, look_at
from bench.kernels.ways import NumPy
from haven_core import assignment, boxes, gait, kalman, quality, reference, reference_gait, whitening
from haven_core.reference_search import ReferenceBank
from haven_core.reference_tracks import ReferenceTable
from haven_core.tracks import TrackTable
from haven_server.reid.fusion import make_rules
from haven_server.settings import ThresholdSettings

PEOPLE = 50
"""In a frame."""
KNOWN = 100
"""In the gallery."""
RULES = make_rules(ThresholdSettings(), gait_alone=False)


class Case(NamedTuple):
    """One kernel at work.

    Attributes:
        arguments: makes them anew for every call, since some kernels change theirs.
        twin_rounds: calls of the twin, which may be slow.
    """

    kernel: Callable[..., object]
    twin: Callable[..., object]
    arguments: Callable[[], Sequence[Any]]
    twin_rounds: int = 50


def of_boxes() -> Sequence[Any]:
    """Give boxes of two frames, in which people overlap."""
    chance = np.random.default_rng(0)
    corners = chance.uniform((0, 0), (1800, 800), (PEOPLE, 2))
    before = np.hstack((corners, corners + np.array((80, 200)))).astype(np.float32)
    return before, before + chance.normal(0, 2, before.shape).astype(np.float32)


def of_motion() -> Sequence[Any]:
    """Give means, covariances and rows of tracks, and what they are corrected by."""
    before, now = of_boxes()
    mean, covariance, rows = np.zeros((PEOPLE, 8)), np.zeros((PEOPLE, 4, 3)), np.arange(PEOPLE)
    kalman.initiate(mean, covariance, rows, before)
    return mean, covariance, rows, now


def of_films() -> Sequence[Any]:
    """Give boxes of 20 frames in which everybody walks on, and their scores."""
    before, _ = of_boxes()
    return [before + np.float32(3 * frame) for frame in range(20)], np.full(PEOPLE, 0.9, np.float32)


def follow(table: TrackTable | ReferenceTable, frames: Sequence[Any], scores: Any) -> None:
    """Take in frames as ByteTrack does."""
    for boxes_now in frames:
        table.advance(boxes_now, scores, 0.1, 0.5)
        table.associate_confident(0.8, True)
        table.associate_doubtful(0.5)
        table.associate_tentative(0.7, True)
        table.begin(0.6)
        table.settle(0, 0.15, 1000)
        table.visible()


def of_pictures() -> Sequence[Any]:
    return (np.random.default_rng(0).integers(0, 256, (200, 80, 3), np.uint8),)


def of_landmarks() -> Sequence[Any]:
    return (np.array([(30, 40), (50, 40), (41, 55), (34, 70), (46, 70)], np.float32),)


def of_poses() -> Sequence[Any]:
    poses = np.random.default_rng(0).uniform(0.5, 200, (15, 17, 3)).astype(np.float32)
    poses[:, :, 2] = 1
    return poses, 0.5


def of_gaits() -> Sequence[Any]:
    poses, least_score = of_poses()
    return poses, np.arange(15) * 80_000_000, least_score, 5


def of_descriptors() -> Sequence[Any]:
    chance = np.random.default_rng(0)
    values, mean, matrix = (chance.normal(size=size).astype(np.float32) for size in (128, 128, (16, 128)))
    return values, np.ones(128, np.bool_), mean, matrix


def of_galleries() -> Sequence[Any]:
    return look_at(KNOWN // 2), RULES


GALLERY = draw_gallery(KNOWN)
REFERENCE = ReferenceBank([signal.dimension for signal in SIGNALS], PROTOTYPES)
GALLERY.fill(REFERENCE)

CASES = {
    "boxes.have_area": Case(boxes.have_area, reference.have_area, lambda: of_boxes()[:1]),
    "boxes.iou_distance": Case(boxes.iou_distance, reference.iou_distance, of_boxes),
    "kalman.initiate": Case(kalman.initiate, reference.initiate, of_motion),
    "kalman.predict": Case(kalman.predict, reference.predict, lambda: of_motion()[:3]),
    "kalman.correct": Case(kalman.correct, reference.correct, of_motion),
    "kalman.to_boxes": Case(kalman.to_boxes, reference.to_boxes, lambda: of_motion()[::2]),
    "tracks.TrackTable": Case(
        lambda *film: follow(TrackTable(), *film),
        lambda *film: follow(ReferenceTable(), *film),
        of_films,
        twin_rounds=3,
    ),
    "assignment.assign": Case(
        assignment.assign, reference.assign, lambda: (boxes.iou_distance(*of_boxes()), 0.8), twin_rounds=5
    ),
    "quality.laplacian_variance": Case(quality.laplacian_variance, reference.laplacian_variance, of_pictures),
    "quality.nose_offset": Case(quality.nose_offset, reference.nose_offset, of_landmarks),
    "quality.movement": Case(quality.movement, reference_gait.movement, of_poses),
    "quality.completeness": Case(quality.completeness, reference_gait.completeness, of_poses),
    "gait.describe": Case(gait.describe, reference_gait.describe, of_gaits),
    "whitening.whiten": Case(whitening.whiten, reference_gait.whiten, of_descriptors),
    "search.match": Case(GALLERY.bank().match, REFERENCE.match, of_galleries, twin_rounds=5),
}


@pytest.mark.parametrize("side", ["kernel", "twin"])
@pytest.mark.parametrize("name", CASES)
def test_what_a_call_costs(benchmark: BenchmarkFixture, name: str, side: str) -> None:
    case = CASES[name]
    benchmark.group = name
    work, rounds = (case.kernel, 500) if side == "kernel" else (case.twin, case.twin_rounds)

    def prepare() -> tuple[Sequence[Any], dict[str, Any]]:
        return case.arguments(), {}

    benchmark.pedantic(work, setup=prepare, rounds=rounds, warmup_rounds=2)  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("person", [0, KNOWN // 2, KNOWN + 1])
def test_the_judge_of_all_ways_to_ask_answers_as_the_reference_does(person: int) -> None:
    (judged,) = NumPy(GALLERY, RULES).ask([look_at(person)])
    assert agree(judged, REFERENCE.match(look_at(person), RULES))
