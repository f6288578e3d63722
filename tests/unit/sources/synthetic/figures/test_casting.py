from __future__ import annotations

from dataclasses import astuple, replace

import pytest

from haven_server.sources.synthetic.figures.casting import look_alike, outfit, person
from haven_server.sources.synthetic.people import Beard, Glasses, HairStyle, Legwear, Pattern


def test_a_seed_always_casts_the_same_person_in_the_same_clothes() -> None:
    assert person(7) == person(7)
    assert outfit(7) == outfit(7)


def test_no_two_of_many_people_have_the_same_face_or_gait() -> None:
    people = [person(seed) for seed in range(200)]
    assert len({replace(one.face, seed=0) for one in people}) == 200
    assert len({one.gait for one in people}) == 200


def test_a_hundred_people_show_every_style_there_is() -> None:
    people, outfits = [person(seed) for seed in range(150)], [outfit(seed) for seed in range(150)]
    assert {one.hair.style for one in people} == set(HairStyle)
    assert {one.face.beard for one in people} == set(Beard)
    assert {one.face.glasses for one in people} == set(Glasses)
    assert {one.top_pattern for one in outfits} == set(Pattern)
    assert {one.legwear for one in outfits} == set(Legwear)


def test_bodies_are_of_human_measures() -> None:
    for seed in range(100):
        body = person(seed).physique
        assert 1.45 < body.height_m < 2.0
        assert 0.5 < body.leg_ratio < 0.55
        assert 0.17 < body.shoulder_ratio < 0.25
        assert body.hip_ratio < body.shoulder_ratio


def test_a_look_alike_shares_build_hair_and_skin_but_neither_face_nor_gait() -> None:
    original = person(3)
    double = look_alike(original, 1)
    assert double.hair == original.hair
    assert double.face.skin == original.face.skin
    assert double.physique.height_m == pytest.approx(original.physique.height_m, abs=0.02)
    assert double.face.eye_distance != original.face.eye_distance
    assert double.gait != original.gait
    assert double.seed != original.seed


def test_the_same_seed_gives_different_people_different_look_alikes() -> None:
    assert look_alike(person(3), 1) == look_alike(person(3), 1)
    assert look_alike(person(3), 1) != look_alike(person(3), 2)
    assert look_alike(person(3), 1).face.seed != look_alike(person(4), 1).face.seed


def test_colours_are_whole_numbers_of_a_byte() -> None:
    for seed in range(50):
        one, clothes = person(seed), outfit(seed)
        colours = [one.face.skin, one.face.lip_colour, one.face.eye_colour, one.hair.colour, *clothes.top_colours]
        for value in (value for colour in colours for value in colour):
            assert isinstance(value, int)
            assert 0 <= value <= 255
    assert len(astuple(person(0))) == 5
