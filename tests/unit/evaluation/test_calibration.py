"""Thresholds are chosen by how alike people are, and no more is claimed than that shows."""

from __future__ import annotations

import numpy as np
import pytest

from haven_server.evaluation.calibration import Calibrated, calibrate
from haven_server.evaluation.likeness import Likeness, gather, likeness_of
from haven_server.evaluation.proportion import cases_needed
from haven_server.settings import ThresholdSettings
from haven_server.types import Modality

IN_FORCE = ThresholdSettings(face_similarity=0.6, face_disagrees=0.2)


def likeness(strangers: list[float], selves: list[float]) -> Likeness:
    """One pair of views for each two people, and for each person."""
    pairs = ([np.array([value], np.float32) for value in values] for values in (strangers, selves))
    return gather(*pairs)


def faces(strangers: list[float], selves: list[float], rate: float | None = None) -> dict[str, Calibrated]:
    """Calibrate faces alone."""
    chosen = calibrate({Modality.FACE: likeness(strangers, selves)}, IN_FORCE, rate)
    return {one.aim.key: one for one in chosen}


def test_a_person_counts_once_however_many_pictures_there_are() -> None:
    vectors = np.array([[1, 0], [1, 0], [0.6, 0.8], [0, 1], [0, 1]], np.float32)
    found = likeness_of(vectors, ["ann", "ann", "ben", "cem", "cem"])
    assert found.strangers == pytest.approx([0.6, 0.0, 0.8])
    assert found.selves == pytest.approx([1.0, 1.0])
    assert (len(found.different), len(found.same)) == (8, 2)


def test_only_people_known_to_be_two_are_compared() -> None:
    vectors = np.array([[1, 0], [0.6, 0.8], [0, 1]], np.float32)
    found = likeness_of(vectors, ["ann", "ben", "cem"], {frozenset({"ben", "cem"})})
    assert found.strangers == pytest.approx([0.8])


def test_forty_pictures_of_eight_people_cannot_show_one_per_cent() -> None:
    face = faces([0.3] * 28, [0.5] * 8, rate=0.01)["face_similarity"]
    assert not face.is_shown
    assert face.value == 0.6, "few people never lower a threshold"
    assert (face.needed, face.people_needed) == (299, 25)
    assert face.limit == pytest.approx(0.1015, abs=1e-4)


def test_few_people_raise_a_threshold_that_one_of_them_passes() -> None:
    face = faces([0.3] * 27 + [0.6234], [0.5] * 8)["face_similarity"]
    assert (face.value, face.wrong, face.is_shown, face.is_news) == (0.624, 0, False, True)


def test_enough_people_lower_a_threshold_as_far_as_they_show() -> None:
    strangers = np.linspace(0, 0.45, cases_needed(0.01)).tolist()
    face = faces(strangers, [0.5] * 8, rate=0.01)["face_similarity"]
    assert (face.value, face.wrong) == (0.45, 0)
    assert face.is_shown and face.limit <= 0.01


def test_many_people_let_a_few_pairs_pass_and_still_show_the_rate() -> None:
    chance = np.random.default_rng(3)
    strangers = chance.normal(0, 0.1, 20_000)
    face = faces(strangers.tolist(), [], rate=0.01)["face_similarity"]
    assert 100 < face.wrong < 200
    assert face.is_shown
    assert np.mean(chance.normal(0, 0.1, 100_000) > face.value) < 0.01


def test_a_threshold_for_oneself_is_lowered_under_what_one_person_needs_and_never_raised_by_few() -> None:
    assert faces([0.1] * 28, [0.5] * 8)["face_disagrees"].value == 0.2
    lowered = faces([0.1] * 28, [0.5] * 7 + [0.1239])["face_disagrees"]
    assert (lowered.value, lowered.wrong) == (0.123, 0)


def test_a_veto_never_exceeds_the_match_it_stands_against() -> None:
    chosen = faces(np.linspace(0, 0.2995, 3000).tolist(), [0.9] * 300)
    assert chosen["face_similarity"].value == 0.3
    assert chosen["face_disagrees"].value == 0.3


def test_a_signal_without_strangers_to_compare_is_left_alone() -> None:
    assert faces([], []) == {}
    assert set(faces([], [0.4])) == {"face_disagrees"}
