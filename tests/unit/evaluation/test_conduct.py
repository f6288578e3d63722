"""The hard cases of a film, counted."""

from __future__ import annotations

from haven_server.evaluation.conduct import Conduct, Player, conduct
from haven_server.evaluation.passages import Passage
from haven_server.evaluation.scorecard import Scorecard
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
