"""What identities are for, on films of real people through the whole server with real networks.

Basic assignment, new clothes, look-alikes and strangers; the thresholds are the defaults and the networks' own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.e2e.real_people.conftest import Stage

PEOPLE = ("amy", "bernadette", "howard", "leonard", "penny", "raj", "sheldon", "stuart")


def test_two_people_in_three_rooms_have_two_ids_that_never_switch(stage: Stage) -> None:
    stage.film("hall", ("sheldon", "white shirt", (1, 2)), ("amy", "purple shirt", (1, 2)))
    stage.film("kitchen", ("amy", "purple shirt", (3, 4)), ("sheldon", "white shirt", (3, 4)), starts_s=10)
    stage.film("garden", ("sheldon", "white shirt", (5,)), ("amy", "purple shirt", (5,)), starts_s=20)
    outcome = stage.run()
    assert outcome.scores == {
        "total_identities_detected": 2,
        "total_id_switches": 0,
        "false_match_count": 0,
        "reid_accuracy": 1.0,
    }


def test_new_clothes_cost_nobody_the_id_whose_face_shows_and_both_outfits_are_remembered(stage: Stage) -> None:
    stage.film("hall", ("sheldon", "white shirt", (1, 2)))
    stage.film("bedroom", ("sheldon", "purple shirt", (3, 4)), starts_s=10)
    stage.film("kitchen", ("sheldon", "purple shirt", ()), starts_s=15)
    stage.film("garden", ("sheldon", "white shirt", ()), starts_s=20)
    links = [{"from": "bedroom", "to": "kitchen"}, {"from": "kitchen", "to": "garden"}]
    outcome = stage.run(topology={"links": links})
    assert outcome.decisions == [
        ("hall", "created", 1, "high"),
        ("bedroom", "matched", 1, "high"),
        ("kitchen", "matched", 1, "low"),
        ("garden", "matched", 1, "low"),
    ]


def test_two_men_in_one_shirt_are_told_apart_by_their_faces_and_found_again(stage: Stage) -> None:
    stage.film(
        "hall",
        ("sheldon", "white shirt", (1, 2)),
        ("howard", "white shirt", (1, 2)),
        ("sheldon", "white shirt", (3, 4)),
        ("howard", "white shirt", (3, 4)),
    )
    assert stage.run().decisions == [
        ("hall", "created", 1, "high"),
        ("hall", "created", 2, "high"),
        ("hall", "matched", 1, "high"),
        ("hall", "matched", 2, "high"),
    ]


def test_two_people_in_white_shirts_who_show_no_face_are_not_merged(stage: Stage) -> None:
    stage.film("hall", ("one", "white shirt", ()), ("other", "another white shirt", ()), ("third", "purple shirt", ()))
    outcome = stage.run()
    assert outcome.scores["false_match_count"] == 0
    assert [global_id for _, _, global_id, _ in outcome.decisions] == [1, 2, 3]


def test_everybody_who_comes_for_the_first_time_is_new_whatever_others_wear(stage: Stage) -> None:
    hall, kitchen = ([(name, "white shirt", (1, 2)) for name in names] for names in (PEOPLE[:4], PEOPLE[4:]))
    stage.film("hall", *hall)
    stage.film("kitchen", *kitchen, starts_s=12)
    outcome = stage.run()
    assert [(action, confidence) for _, action, _, confidence in outcome.decisions] == [("created", "high")] * 8
    assert outcome.scores["false_match_count"] == 0
