"""The hard cases, counted, and many runs summed up."""

from __future__ import annotations

from typing import Any

from haven_server.evaluation.conduct import Conduct, Player, conduct
from haven_server.evaluation.passages import Passage
from haven_server.evaluation.scorecard import Scorecard
from haven_server.evaluation.tally import summarise
from haven_server.evaluation.verdict import judge


def scorecard(*pairs: tuple[int | None, int]) -> Scorecard:
    """Tracks of a person with an id, one after the other."""
    passages = tuple(
        Passage("hall", number, global_id, person, 1, 10, 10, None, number, number + 0.5)
        for number, (person, global_id) in enumerate(pairs)
    )
    return Scorecard(None, {}, passages, judge(passages))


def player(person: int, *, stranger: bool = False, look_alike_of: int | None = None, outfits: int = 1) -> Player:
    entry = {"global_id": person, "stranger": stranger, "look_alike_of": look_alike_of, "outfits": list(range(outfits))}
    return Player.read(entry)


def test_an_id_is_kept_over_a_change_of_clothes_if_every_track_has_it() -> None:
    players = [player(1, outfits=2), player(2, outfits=2), player(3, outfits=1), player(4, outfits=2)]
    counted = conduct(scorecard((1, 10), (1, 10), (2, 20), (2, 21), (3, 30), (3, 31)), players)
    assert (counted.changed, counted.kept) == (2, 1)


def test_look_alikes_are_merged_if_they_share_an_id() -> None:
    players = [player(1), player(2, look_alike_of=1), player(3), player(4, look_alike_of=3), player(5, look_alike_of=3)]
    counted = conduct(scorecard((1, 10), (2, 11), (2, 10), (3, 30), (4, 40)), players)
    assert (counted.doubles, counted.merged) == (2, 1)


def test_a_stranger_is_known_wrongly_if_anybody_else_has_the_id() -> None:
    players = [player(1), player(2, stranger=True), player(3, stranger=True), player(4, stranger=True)]
    counted = conduct(scorecard((1, 10), (2, 10), (3, 30), (None, 30)), players)
    assert (counted.strangers, counted.known) == (2, 1)


def test_a_film_without_hard_cases_has_none() -> None:
    assert conduct(scorecard((1, 10)), [player(1)]) == Conduct(0, 0, 0, 0, 0, 0)


def row(scenario: str, **facts: Any) -> dict[str, Any]:
    plain = {"idf1": 1.0, "false_matches": 0, "merged_ids": 0, "switches": 0, "chances": 4}
    conduct = {"changed": 0, "kept": 0, "doubles": 0, "merged": 0, "strangers": 0, "known": 0}
    return {"scenario": scenario, "problem": None, **plain, **conduct, **facts}


def test_runs_are_summed_up_by_scenario_and_over_all() -> None:
    summary = summarise(
        [
            row("fall", idf1=0.5, switches=1),
            row("fall", idf1=1.0, false_matches=2, merged_ids=1),
            row("crowd", idf1=None, changed=4, kept=3, doubles=1, strangers=3, known=1),
            {"scenario": "crowd", "problem": "disk full"},
        ]
    )
    assert list(summary) == ["crowd", "fall", "all"]
    fall = summary["fall"]
    assert (fall["runs"], fall["idf1_mean"], fall["idf1_worst"], fall["id_switch_rate"]) == (2, 0.75, 0.5, 0.125)
    assert (fall["false_matches"], fall["runs_with_merged_ids"], fall["strangers_given_a_new_id"]) == (2, 1, None)
    crowd = summary["crowd"]
    assert (crowd["runs"], crowd["idf1_mean"], crowd["id_kept_over_clothing_change"]) == (1, None, 0.75)
    assert crowd["strangers_given_a_new_id"] == 0.6667 and crowd["look_alike_pairs"] == 1
    assert summary["all"]["runs"] == 3


def test_nothing_sums_up_to_nothing() -> None:
    assert summarise([{"scenario": "fall", "problem": "disk full"}]) == {}
