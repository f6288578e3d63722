"""HAVEN's policy beside the one it began from, on drawn people: fewer mistakes, and none by strangers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from bench.identity import impostors, open_set
from bench.identity.casts import SAME, DrawnCast, stand_in, twins, visits
from bench.identity.contest import MODELS, Rules, Visit, passages_of, play_haven, play_seed, steps_of, verdict
from bench.identity.gaussian import Gaussian, fit
from bench.identity.real import Views
from haven_server.models.network import NetworkKind
from haven_server.settings import AppearanceSettings, ReIDSettings, ThresholdSettings, TopologySettings
from haven_server.types import Modality, Vector

REID = ReIDSettings(appearance=AppearanceSettings(enabled=True))
RULES = Rules(REID, TopologySettings(), None, MODELS)
"""HAVEN at the general thresholds, appearance on."""
OSNET = ThresholdSettings().model_copy(update=dict(NetworkKind.OSNET.thresholds))
OSNET_RULES = replace(RULES, reid=REID.model_copy(update={"thresholds": OSNET}))


@pytest.fixture(scope="module")
def people() -> Mapping[Modality, Gaussian]:
    """How faces and clothes are spread."""
    return {
        signal: fit(views.vectors, views.people.tolist())
        for signal, views in zip((Modality.FACE, Modality.APPEARANCE), stand_in(), strict=True)
    }


def vector(*parts: float) -> Vector:
    """A unit vector along the first axes, the rest of it on the last."""
    values = np.zeros(16)
    values[: len(parts)] = parts
    values[-1] = np.sqrt(max(1 - np.square(parts).sum(), 0))
    return np.asarray(values, np.float32)


def visit(person: int, from_s: float, **signals: Vector) -> Visit:
    """Somebody passes the hall."""
    looks = [{Modality(name): value for name, value in signals.items()}]
    return Visit(person, "hall", from_s, from_s + 5, looks)


def test_a_face_behind_somebody_dressed_alike_is_lost_on_the_seed_and_not_on_haven() -> None:
    known = visit(1, 0, face=vector(1.0), appearance=vector(0, 1.0))
    faceless = visit(2, 10, appearance=vector(0, 0, 1.0))
    # His face is back, and he wears much the same as the other one, whose face nobody knows.
    back = visit(1, 20, face=vector(0.7), appearance=vector(0, 0, 0.94))
    steps = steps_of([known, faceless, back])
    assert list(play_seed(steps).values()) == [1, 2, 2]
    assert list(play_haven(steps, OSNET_RULES).values()) == [1, 2, 1]


def test_the_seed_takes_old_friends_for_the_same() -> None:
    steps = steps_of([visit(1, 0, face=vector(1.0)), visit(1, 10, face=vector(0.7)), visit(2, 20, face=vector(0, 1.0))])
    for averages in (True, False):
        assert list(play_seed(steps, averages=averages).values()) == [1, 1, 2]


def test_people_at_one_place_at_once_are_seen_together() -> None:
    steps = steps_of([visit(1, 0, face=vector(1.0)), visit(2, 3, face=vector(0, 1.0)), visit(3, 30, face=vector(1.0))])
    seen = [[track.track_id for outcome in step.together for track in outcome.tracks] for step in steps]
    assert seen == [[1, 2], [2], [3]]


def test_haven_makes_fewer_mistakes_of_both_kinds_on_the_same_tracklets(people: Mapping[Modality, Gaussian]) -> None:
    chance = np.random.default_rng(0)
    cast = DrawnCast({signal: own.draw(24, chance) for signal, own in people.items()}, SAME, alike=True)
    world = visits(cast, range(24), tuple(people), 160, seed=1)
    steps, passages = steps_of(world), passages_of(world)
    haven, seed = verdict(passages, play_haven(steps, RULES)), verdict(passages, play_seed(steps))
    assert haven.switches < seed.switches
    assert haven.false_matches < seed.false_matches
    assert seed.false_matches > 0


def test_no_stranger_of_three_hundred_is_taken_for_somebody(people: Mapping[Modality, Gaussian]) -> None:
    world = impostors.drawn(people, 300, None, seed=2)
    answers = play_haven(steps_of(world), RULES)
    assert verdict(passages_of(world), answers).false_matches == 0
    assert len(set(answers.values())) == 300


def test_drawn_people_are_as_alike_as_those_they_are_drawn_like() -> None:
    views = stand_in()[1]
    drawn = fit(views.vectors, views.people.tolist()).draw(400, np.random.default_rng(0))
    first, second = np.triu_indices(len(views.people), 1)
    apart = views.people[first] != views.people[second]
    strangers = (views.vectors @ views.vectors.T)[first, second][apart]
    cosines = (drawn @ drawn.T)[np.triu_indices(400, 1)]
    assert float(cosines.std()) == pytest.approx(float(strangers.std()), rel=0.3)
    assert abs(float(cosines.mean() - strangers.mean())) < 0.1


def test_clothes_are_split_between_a_person_and_a_double() -> None:
    vectors = np.eye(7, dtype=np.float32)
    assert twins(Views(vectors, np.array([0, 0, 0, 0, 1, 1, 2]))).people.tolist() == [0, 0, 3, 3, 1, 1, 2]


def test_searches_find_whoever_is_known_and_tell_whom_strangers_resemble() -> None:
    vectors = np.stack([vector(1.0), vector(1.0), vector(0.8), vector(0, 1.0), vector(0, 1.0), vector(0, 0.6)])
    searches = open_set.search(Views(vectors, np.array([0, 0, 0, 1, 1, 1])))
    # Known once each, the third view searched; a stranger in turn, with all three.
    assert searches.right.tolist() == pytest.approx([0.8, 0.6])
    assert len(searches.strangers) == 6
    assert searches.identified(0.7) == 0.5
    assert searches.threshold(0.01) == pytest.approx(float(searches.strangers.max()))
