"""The gallery and its memory: what is kept, what expires, what is never compared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from haven_server.reid.gallery import Gallery
from haven_server.reid.memory import PrototypeMemory
from haven_server.reid.prototypes import find_weakest
from haven_server.settings import MemorySettings
from haven_server.storage.banks import gather
from haven_server.types import Assurance, Features, Modality, Verdict

Maker = Callable[..., Features]
A, B = (1.0,), (0.0, 1.0)
HOUR, DAY = 3600.0, 86400.0


def unit(*values: float) -> Any:
    return (np.array(values) / np.linalg.norm(values)).astype(np.float32)


def test_the_worse_of_two_near_copies_is_missed_least() -> None:
    vectors = np.stack([unit(1, 0, 0), unit(1, 0.1, 0), unit(0, 1, 0), unit(0, 0, 1)])
    assert find_weakest(vectors, np.array([0.9, 0.8, 0.5, 0.6]), 1) == [1]
    assert find_weakest(vectors, np.array([0.8, 0.9, 0.5, 0.6]), 1) == [0]


def test_of_two_equal_prototypes_the_worse_goes_then_the_older() -> None:
    vectors = np.stack([unit(1, 0), unit(0, 1), unit(1, 0)])
    assert find_weakest(vectors, np.array([0.7, 0.1, 0.8]), 1) == [0]
    assert find_weakest(vectors, np.array([0.8, 0.1, 0.7]), 1) == [2]
    assert find_weakest(vectors, np.array([0.7, 0.1, 0.7]), 1) == [0]


def test_whoever_is_left_without_a_near_copy_is_missed_again() -> None:
    vectors = np.stack([unit(1, 0, 0), unit(1, 0.1, 0), unit(0, 1, 0), unit(0, 0, 1)])
    assert find_weakest(vectors, np.array([0.9, 0.8, 0.5, 0.6]), 2) == [1, 2]


def test_a_full_memory_forgets_what_is_missed_least_and_says_so(make_world: Any, features: Maker) -> None:
    world = make_world({"multi_prototype": {"memory_size": 2}})
    for one, appearance in enumerate([(1.0,), (0.9,), (0.999,)]):
        told = world.meet(features(appearance=appearance), track=1, at=one, ended=False)
    assert told.changes.forgotten_prototypes == (1,)
    assert [row.embedding_id for row in world.stored().prototypes] == [2, 3]


def test_of_views_worth_the_same_the_oldest_goes(make_world: Any, features: Maker) -> None:
    world = make_world({"multi_prototype": {"memory_size": 3}})
    outfits = [[0.0] * one + [1.0] for one in range(6)]
    told = [world.meet(features(appearance=one), track=1, ended=False).changes for one in outfits]
    assert [changes.forgotten_prototypes for changes in told] == [(), (), (), (1,), (2,), (3,)]


def test_a_view_that_adds_nothing_to_a_full_memory_is_not_written(make_world: Any, features: Maker) -> None:
    world = make_world({"multi_prototype": {"memory_size": 2}})
    for appearance in ((1.0,), (0.9,)):
        world.meet(features(appearance=appearance), track=1, ended=False)
    told = world.meet(features(appearance=A, quality=0.6), track=1)
    assert told.changes.prototypes == () and told.changes.forgotten_prototypes == ()
    assert len(told.changes.means) == 1


class TestLifetime:
    def test_clothes_are_forgotten_after_an_hour(self, world: Any, features: Maker) -> None:
        world.meet(features(appearance=A), lasting=0)
        assert world.meet(features(appearance=A), at=HOUR, lasting=0).global_id == 1
        assert world.meet(features(appearance=A), at=2 * HOUR, lasting=0).global_id == 1
        assert world.meet(features(appearance=A), at=3 * HOUR + 1, lasting=0).global_id == 2

    def test_the_mean_starts_anew_with_the_first_clothes_after_that(self, world: Any, features: Maker) -> None:
        world.meet(features(face=A, appearance=A))
        told = world.meet(features(face=A, appearance=B), at=2 * HOUR)
        (mean,) = (row for row in told.changes.means if row.modality is Modality.APPEARANCE)
        assert np.array_equal(mean.vector, features(appearance=B)[Modality.APPEARANCE].vector)

    def test_a_confirmed_face_lives_for_thirty_days(self, world: Any, features: Maker) -> None:
        world.meet(features(face=A))
        assert world.meet(features(face=A), at=29 * DAY).global_id == 1
        assert world.meet(features(face=A), at=60 * DAY).global_id == 2

    def test_a_tentative_face_lives_for_a_day(self, make_world: Any, features: Maker) -> None:
        world = make_world({"active_window": 10 * DAY, "multi_prototype": {"embedding_ttl": 10 * DAY}})
        world.meet(features(appearance=A))
        world.meet(features(face=B, appearance=A), at=10)
        world.meet(features(appearance=A), at=2 * DAY)
        assert not world.gallery.remembers(1, Modality.FACE)
        assert world.gallery.remembers(1, Modality.APPEARANCE)

    def test_who_is_known_by_clothes_only_leaves_after_the_active_window(
        self, make_world: Any, features: Maker
    ) -> None:
        world = make_world({"active_window": 100})
        world.meet(features(appearance=A), lasting=0)
        assert world.meet(features(appearance=A), at=100, lasting=0).global_id == 1
        assert world.meet(features(appearance=A), at=201, lasting=0).global_id == 2
        assert 1 not in world.gallery and len(world.gallery) == 1

    def test_who_has_left_is_not_looked_for_when_the_last_memory_would_have_expired(
        self, make_world: Any, features: Maker
    ) -> None:
        world = make_world({"active_window": 100})
        world.meet(features(appearance=A))
        world.meet(features(appearance=B), at=300)
        assert world.meet(features(appearance=A), at=2 * HOUR).global_id == 3

    def test_a_confirmed_face_outstays_the_active_window_but_not_its_own_life(
        self, make_world: Any, features: Maker
    ) -> None:
        world = make_world({"active_window": 100})
        world.meet(features(face=A))
        world.meet(features(face=B), at=DAY)
        assert 1 in world.gallery
        world.meet(features(face=B), at=31 * DAY)
        assert 1 not in world.gallery

    def test_being_seen_keeps_an_identity_active(self, make_world: Any, features: Maker) -> None:
        world = make_world({"active_window": 100})
        world.meet(features(appearance=A), track=1, ended=False)
        for at in range(0, 400, 50):
            world.frame(1, at=at)
        world.meet(features(appearance=B), at=400)
        assert 1 in world.gallery

    def test_time_that_runs_backwards_expires_nothing(self, world: Any, features: Maker) -> None:
        """A recorded run on the same database begins where the last one began."""
        world.meet(features(appearance=A), at=50 * DAY)
        assert world.meet(features(appearance=A), at=0).global_id == 1


def test_prototypes_of_another_model_are_left_out_and_not_forgotten(make_world: Any, features: Maker) -> None:
    world = make_world()
    world.meet(features(face=A))
    old = world.stored()
    foreign = replace(
        old,
        prototypes=tuple(replace(row, model_hash="older") for row in old.prototypes),
        means=tuple(replace(row, model_hash="older") for row in old.means),
    )
    restarted = make_world(start=foreign)
    told = restarted.meet(features(face=A))
    assert (told.decision.verdict, told.decision.evidence.considered) == (Verdict.NEW, 0)
    assert [row.model_hash for row in restarted.stored().prototypes] == ["older", "face-model"]


def test_a_feature_of_another_model_is_refused_by_name(world: Any, features: Maker) -> None:
    shown = {Modality.FACE: replace(features(face=A)[Modality.FACE], model_hash="older")}
    with pytest.raises(ValueError, match="face feature: wanted model face-model, got one of model older"):
        world.meet(shown)


def test_a_feature_of_a_signal_that_is_not_used_is_refused(world: Any, features: Maker) -> None:
    gallery = Gallery(world.start.load_gallery(), MemorySettings(), {})
    row = gallery.create(0, 0)
    with pytest.raises(ValueError, match="face feature: wanted none, the signal is not used"):
        gallery.remember(row.global_id, features(face=A), "cam1", 0)


def test_of_more_that_was_stored_than_is_kept_the_newest_is_remembered(make_world: Any, features: Maker) -> None:
    world = make_world({"multi_prototype": {"memory_size": 3}})
    for at, outfit in enumerate([(1.0,), (0.0, 1.0), (0.0, 0.0, 1.0)]):
        world.meet(features(appearance=outfit), track=1, at=at, ended=False)
    restarted = make_world({"multi_prototype": {"memory_size": 2}}, start=world.stored())
    verdicts = [restarted.meet(features(appearance=outfit), at=5).decision.verdict for outfit in (A, B)]
    assert verdicts == [Verdict.NEW, Verdict.MATCH]


def test_a_bank_under_a_key_that_says_another_length_is_refused_and_sets_no_length(world: Any, features: Maker) -> None:
    world.meet(features(face=A))
    memory, (bank,) = PrototypeMemory(MemorySettings(), 0.4), gather(world.stored().prototypes, ())
    with pytest.raises(ValueError, match="packed face: wanted vectors of length 8, got 64"):
        memory.recall(bank.key._replace(dimension=8), memoryview(bank.pack()))
    memory.recall(bank.key, memoryview(bank.pack()))
    assert memory.has(bank.key.global_id, Modality.FACE)


def test_what_cannot_be_recalled_has_no_deadline(world: Any, features: Maker) -> None:
    world.meet(features(face=A))
    memory, (bank,) = PrototypeMemory(MemorySettings(), 0.4), gather(world.stored().prototypes, ())
    with pytest.raises(ValueError, match=r"packed signal 0: wanted .* bytes"):
        memory.recall(bank.key, memoryview(bank.pack())[:100])
    assert memory.deadline(bank.key.global_id, Assurance.TENTATIVE) is None


def test_a_restarted_gallery_decides_as_the_one_before_would_have(make_world: Any, features: Maker) -> None:
    world = make_world({"multi_prototype": {"memory_size": 2}})
    for at, outfit in enumerate([(1.0,), (0.9,), (0.0, 1.0), (0.8, 0.1)]):
        world.meet(features(face=A, appearance=outfit), at=at)
    restarted = make_world({"multi_prototype": {"memory_size": 2}}, start=world.stored())
    shown = features(face=(0.9,), appearance=(0.5, 0.5))
    told, wanted = restarted.meet(shown, at=9, track=7), world.meet(shown, at=9, track=7)
    assert told.decision == wanted.decision
    assert told.changes.forgotten_prototypes == wanted.changes.forgotten_prototypes


def test_a_restarted_gallery_gives_out_fresh_numbers(make_world: Any, features: Maker) -> None:
    world = make_world()
    for person in (A, B):
        world.meet(features(face=person))
    restarted = make_world(start=world.stored())
    assert restarted.gallery.identity(2).assurance is Assurance.CONFIRMED
    told = restarted.meet(features(face=(0.0, 0.0, 1.0)))
    assert told.global_id == 3
    assert [row.embedding_id for row in told.changes.prototypes] == [3]
