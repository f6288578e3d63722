"""Thousands of strangers through the whole policy: how many are taken for somebody? -> false merges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np

from bench.identity.casts import PAUSE_S, STAY_S
from bench.identity.contest import Visit
from bench.identity.gaussian import Gaussian
from bench.identity.real import Views
from haven_server.types import Modality

KNOWN = 7
"""People of a small world who are met before the impostor comes."""
MEETINGS = 2
INTERVAL_S = 1.0
"""Between two drawn strangers: all of them live within the lifetime of an appearance."""


def drawn(people: Mapping[Modality, Gaussian], count: int, shown: Sequence[Modality] | None, seed: int) -> list[Visit]:
    """Draw strangers, each met once.

    Args:
        shown: signals that show of everybody; None: any of them, at least one, left to chance.
    """
    chance = np.random.default_rng((seed, 3))
    vectors = {signal: own.draw(count, chance) for signal, own in people.items()}
    subsets = [one for one in product((False, True), repeat=len(people)) if any(one)]
    listed = []
    for number in range(count):
        flags = subsets[chance.integers(len(subsets))]
        own = shown or [signal for signal, on in zip(people, flags, strict=True) if on]
        at = number * INTERVAL_S
        listed.append(Visit(number, "hall", at, at + INTERVAL_S / 2, [{one: vectors[one][number] for one in own}]))
    return listed


def real(views: Mapping[Modality, Views], seed: int) -> list[Visit]:
    """Put together a small world of real views: some people who are known, then one whom nobody knows, in every view.

    Nobody shares a face, a gait or clothes with anybody. Who is known is met with all signals.
    """
    chance = np.random.default_rng((seed, 5))
    turns = {signal: chance.permutation(own.count)[: KNOWN + 1] for signal, own in views.items()}
    cast = [
        {signal: views[signal].of_person(int(own[person])) for signal, own in turns.items()}
        for person in range(KNOWN + 1)
    ]
    shown = [[*cast[person]] for person in range(KNOWN) for _ in range(MEETINGS)]
    people = [person for person in range(KNOWN) for _ in range(MEETINGS)]
    looks = max(len(own) for own in cast[KNOWN].values())
    people += [KNOWN] * looks
    shown += [
        [signal for signal in cast[KNOWN] if chance.random() < 0.6] or [Modality.APPEARANCE] for _ in range(looks)
    ]
    listed = []
    for number, (person, signals) in enumerate(zip(people, shown, strict=True)):
        at = number * (STAY_S + PAUSE_S)
        vectors = {signal: cast[person][signal][chance.integers(len(cast[person][signal]))] for signal in signals}
        listed.append(Visit(person, "hall", at, at + STAY_S, [vectors]))
    return listed


def impostors(listed: Sequence[Visit]) -> int:
    """Count the tracklets of the one whom nobody knew in a small world."""
    return sum(visit.person == KNOWN for visit in listed)
