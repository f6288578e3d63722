"""What is learnt of walks, on true poses of a few people."""

from __future__ import annotations

import numpy as np
import pytest

from haven_server.types import ModelInfo, ModelRole
from triton_models.training.gaits import LENGTH, Walkers, calibrate, examine, learn
from triton_models.training.scoring import equal_error_rate
from triton_models.training.strolls import strolls

POSE = ModelInfo(ModelRole.POSE_ESTIMATOR, "some", "hash", "demo", 320, 320, None)
CHANCE = np.random.default_rng(0)


def walkers(first: int, people: int) -> Walkers:
    seen = [(one.person.seed, one.true_window(LENGTH, 0.0, CHANCE)) for one in strolls(first, people, LENGTH)]
    return Walkers([window for _, window in seen], np.array([person for person, _ in seen], np.int64))


def test_true_poses_tell_people_apart_that_were_never_seen() -> None:
    model = learn(walkers(100, 30), walkers(200, 10), POSE)
    scores = examine(walkers(300, 10), model)
    assert (scores.people, scores.windows) == (10, 40)
    assert scores.equal_error_rate < 0.25
    assert abs(scores.strangers_mean) < 0.2 < 0.5 < scores.same_median
    assert (model.domain, model.pose_hash, model.sequence_length) == ("demo", "hash", LENGTH)


def test_a_walk_is_the_same_in_every_run() -> None:
    (first, *_), (again, *_) = walkers(100, 1).windows, walkers(100, 1).windows
    assert np.array_equal(first.poses, again.poses) and first.quality == again.quality > 0.5


def test_no_two_people_pass_the_threshold_and_the_bound_is_that_of_pairs_of_people() -> None:
    vectors = np.array([[1, 0], [0.8, 0.6], [0.6, 0.8], [0, 1]], np.float32)
    threshold, rate = calibrate(vectors, np.array([1, 1, 2, 3]))
    assert threshold == pytest.approx(0.96)
    assert rate == pytest.approx(1 - 0.05 ** (1 / 3))


def test_the_equal_error_rate_of_a_hand_worked_case() -> None:
    same, different = np.array([0.9, 0.8, 0.7, 0.3], np.float32), np.array([0.1, 0.2, 0.25, 0.75], np.float32)
    assert equal_error_rate(same, different) == 0.25
    assert equal_error_rate(same, different - 1) == 0.0
