"""Count the hard cases of a film, by which recognition is judged: Scorecard, Player -> Conduct."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from haven_server.evaluation.scorecard import Scorecard


@dataclass(frozen=True, slots=True)
class Player:
    """What is known of one of a film's people.

    Attributes:
        stranger: somebody whom nobody knows when the film begins.
        look_alike_of: person whose double this is, None: nobody's.
        changes: wears several outfits.
    """

    person: int
    stranger: bool
    look_alike_of: int | None
    changes: bool

    @classmethod
    def read(cls, entry: dict[str, Any]) -> Player:
        """Read an entry of a film's people.json."""
        changes = len(set(entry["outfits"])) > 1
        return cls(entry["global_id"], entry["stranger"], entry["look_alike_of"], changes)


@dataclass(frozen=True, slots=True)
class Conduct:
    """How the hard cases of one film went; somebody whom no track followed is no case.

    Attributes:
        changed, kept: people who were followed and changed clothes; those of them whose every track has one id.
        doubles, merged: people followed beside their look-alike; pairs of these that share an id.
        strangers, known: strangers who were followed; those of them who share an id with anybody.
    """

    changed: int
    kept: int
    doubles: int
    merged: int
    strangers: int
    known: int


def conduct(scorecard: Scorecard, players: Sequence[Player]) -> Conduct:
    """Count the hard cases of a film, and how many went well or wrong."""
    ids: dict[int, set[int]] = defaultdict(set)
    bearers: dict[int, set[int]] = defaultdict(set)
    for passage in scorecard.passages:
        if passage.person is not None:
            ids[passage.person].add(passage.global_id)
            bearers[passage.global_id].add(passage.person)
    changed = [player for player in players if player.changes and ids[player.person]]
    doubles = [
        (player.person, player.look_alike_of)
        for player in players
        if player.look_alike_of is not None and ids[player.person] and ids[player.look_alike_of]
    ]
    strangers = [player.person for player in players if player.stranger and ids[player.person]]
    return Conduct(
        len(changed),
        sum(len(ids[player.person]) == 1 for player in changed),
        len(doubles),
        sum(bool(ids[one] & ids[other]) for one, other in doubles),
        len(strangers),
        sum(any(len(bearers[number]) > 1 for number in ids[person]) for person in strangers),
    )
