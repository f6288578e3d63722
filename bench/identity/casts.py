"""People who come and go: vectors by signal -> Visit. Real views of few people, or drawn ones of many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from bench.identity.contest import Visit
from bench.identity.real import Views
from haven_server.types import Modality, Vector

STAY_S = 6.0
LOOKS = 3
"""Tracklets of one visit: a track is asked about again as better views of it come."""
PAUSE_S = 4.0
CAMERAS = ("hall", "kitchen", "garden")
SHOWN = {Modality.FACE: 0.55, Modality.GAIT: 0.6, Modality.APPEARANCE: 1.0}
"""How often each signal shows in a visit."""
MEETING = 0.2
"""Share of the visits during which the next visitor comes in, too."""


SAME = {Modality.FACE: 0.58, Modality.GAIT: 0.84, Modality.APPEARANCE: 0.67}
"""Median cosine of two views of one person, by the networks of the test data and by true poses."""
STRANGERS = {Modality.FACE: 0.036, Modality.APPEARANCE: 0.43}
"""Mean cosine of two people, likewise."""
STAND_INS = 9
"""People, and views of each, who stand in for pictures."""
DIMENSION = 512


class Cast(Protocol):
    """Gives a view of somebody whenever they come by."""

    def view(self, person: int, signal: Modality, chance: np.random.Generator) -> Vector:
        """See a person once more."""


class RealCast:
    """People put together of real signals: a face, a gait and clothes that are somebody's each.

    Clothes are shared where there are fewer of them than people, as uniforms are.
    """

    def __init__(self, views: Mapping[Modality, Views], chance: np.random.Generator) -> None:
        self._views = views
        self._turns = {signal: chance.permutation(own.count) for signal, own in views.items()}

    def view(self, person: int, signal: Modality, chance: np.random.Generator) -> Vector:
        """Pick one of the views that there are."""
        turns = self._turns[signal]
        own = self._views[signal].of_person(int(turns[person % len(turns)]))
        view: Vector = own[chance.integers(len(own))]
        return view


class DrawnCast:
    """People with a centre in each signal and views round it.

    Args:
        centres: (P, D) by signal.
        same: cosine of two views of one person, by signal.
        alike: True: every third person is dressed as the one before.
    """

    def __init__(
        self,
        centres: Mapping[Modality, npt.NDArray[np.float32]],
        same: Mapping[Modality, float],
        *,
        alike: bool = False,
    ) -> None:
        self._centres = {signal: own.copy() for signal, own in centres.items()}
        if alike:
            clothes = self._centres[Modality.APPEARANCE]
            clothes[2::3] = clothes[1::3][: len(clothes[2::3])]
        self._same = same

    def view(self, person: int, signal: Modality, chance: np.random.Generator) -> Vector:
        """Draw a view: two that are ``d`` off their centre, each its own way, have a cosine of 1 / (1 + d^2)."""
        centre = self._centres[signal][person]
        direction = chance.standard_normal(len(centre))
        direction /= np.linalg.norm(direction)
        drawn = centre + np.sqrt(1 / self._same[signal] - 1) * chance.uniform(0.7, 1.3) * direction
        return np.asarray(drawn / np.linalg.norm(drawn), np.float32)


def twins(clothes: Views) -> Views:
    """Let two people wear the clothes of one: the views of who has several are split between a person and a double."""
    people = clothes.people.copy()
    for person in range(clothes.count):
        rows = np.flatnonzero(people == person)
        if len(rows) >= 4:
            people[rows[len(rows) // 2 :]] = people.max() + 1
    return Views(clothes.vectors, people)


def stand_in() -> tuple[Views, Views]:
    """Draw faces and clothes where there are no pictures."""
    chance = np.random.default_rng(11)
    found = []
    for signal, strangers in STRANGERS.items():
        common, *own = chance.standard_normal((1 + STAND_INS, DIMENSION)) / np.sqrt(DIMENSION)
        centres = np.sqrt(strangers) * common + np.sqrt(1 - strangers) * np.array(own)
        centres /= np.linalg.norm(centres, axis=1, keepdims=True)
        cast = DrawnCast({signal: np.asarray(centres, np.float32)}, SAME)
        people = np.repeat(np.arange(STAND_INS), STAND_INS)
        found.append(Views(np.stack([cast.view(int(person), signal, chance) for person in people]), people))
    return found[0], found[1]


def pooled(views: Sequence[Vector]) -> Vector:
    """Average views as perception does."""
    mean = np.mean(np.stack(views), axis=0)
    return np.asarray(mean / np.linalg.norm(mean), np.float32)


def visits(cast: Cast, people: Sequence[int], signals: Sequence[Modality], count: int, seed: int) -> list[Visit]:
    """Let people come by one after the other, now and then two at once; nobody is at two places at a time.

    Each look adds a view to those before. Which signals show, and from which look on, is left to chance; the last of
    the signals always does.

    Args:
        people: who may come.
        signals: that are on.
    """
    chance = np.random.default_rng((seed, 7))

    def visit(person: int, camera_id: str, from_s: float) -> Visit:
        first = {
            signal: int(chance.integers(LOOKS)) if signal is not signals[-1] else 0
            for signal in signals
            if signal is signals[-1] or chance.random() < SHOWN[signal]
        }
        seen: dict[Modality, list[Vector]] = {signal: [] for signal in first}
        looks = []
        for look in range(LOOKS):
            for signal, since in first.items():
                if look >= since:
                    seen[signal].append(cast.view(person, signal, chance))
            looks.append({signal: pooled(views) for signal, views in seen.items() if views})
        return Visit(person, camera_id, from_s, from_s + STAY_S, looks)

    listed: list[Visit] = []
    from_s, last = 0.0, -1
    while len(listed) < count:
        last = int(chance.choice([one for one in people if one != last]))
        listed.append(visit(last, str(chance.choice(CAMERAS)), from_s))
        if chance.random() < MEETING and len(people) > 1:
            # The next one comes to the same place before this one leaves.
            last = int(chance.choice([one for one in people if one != last]))
            listed.append(visit(last, listed[-1].camera_id, from_s + 1))
        from_s = listed[-1].to_s + PAUSE_S
    return listed
