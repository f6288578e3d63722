"""Faces of people some of whom are unknown: views -> who is found at which rate of strangers taken for somebody.

Every choice of half the people as strangers, of the rest some views are enrolled and the others searched. Strangers'
searches of all choices give the threshold; they come from few people, so that the limit counts people.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.identity.casts import PAUSE_S, STAY_S
from bench.identity.contest import Rules, Visit, passages_of, play_haven, steps_of, verdict
from bench.identity.real import Views
from haven_server.evaluation.likeness import Floats, Likeness, likeness_of
from haven_server.evaluation.proportion import upper_limit
from haven_server.types import Modality

ENROLLED = 2
"""Views by which somebody is known."""
FALSE_POSITIVES = 0.01
"""Share of the strangers' searches that may find somebody."""


@dataclass(frozen=True, slots=True, eq=False)
class Searches:
    """What searches found.

    Attributes:
        right: (M,) similarity of the right person where that was found first; less than any cosine where it was not.
        strangers: (S,) similarity of whoever a stranger resembles most.
    """

    right: npt.NDArray[np.float64]
    strangers: npt.NDArray[np.float64]

    def identified(self, threshold: float) -> float:
        """Give TPIR: the share of the known who are found, first and over a threshold."""
        return float((self.right > threshold).mean())

    def threshold(self, rate: float) -> float:
        """Give the lowest threshold that at most this share of the strangers' searches passes."""
        ordered = np.sort(self.strangers)[::-1]
        return float(ordered[int(rate * len(ordered))])


def search(views: Views) -> Searches:
    """Search everybody in every choice of people."""
    cosines = views.vectors @ views.vectors.T
    everybody = range(views.count)
    right: list[float] = []
    strangers: list[float] = []
    for known in combinations(everybody, views.count // 2):
        rows = {person: np.flatnonzero(views.people == person) for person in everybody}
        gallery = np.concatenate([rows[person][:ENROLLED] for person in known])
        for person in everybody:
            for probe in rows[person][ENROLLED:] if person in known else rows[person]:
                best = int(gallery[cosines[probe, gallery].argmax()])
                similarity = float(cosines[probe, best])
                if person not in known:
                    strangers.append(similarity)
                else:
                    right.append(similarity if views.people[best] == person else -2.0)
    return Searches(np.array(right), np.array(strangers))


def false_matches(views: Views, rules: Rules) -> tuple[int, int]:
    """Let strangers come after people who are known, through the whole policy.

    Returns:
        How many of their tracklets were given another's identity, and of how many.
    """
    wrong = total = 0
    for known in combinations(range(views.count), views.count // 2):
        strangers = [person for person in range(views.count) if person not in known]
        seen = [(person, vector) for person in known for vector in views.of_person(person)[:ENROLLED]]
        asked = [(person, vector) for person in strangers for vector in views.of_person(person)]
        listed = []
        for number, (person, vector) in enumerate([*seen, *asked]):
            at = number * (STAY_S + PAUSE_S)
            listed.append(Visit(person, "hall", at, at + STAY_S, [{Modality.FACE: vector}]))
        wrong += verdict(passages_of(listed), play_haven(steps_of(listed), rules)).false_matches
        total += len(asked)
    return wrong, total


def examine(views: Views, rules: Rules) -> dict[str, Any]:
    """Put the figures together."""
    searches = search(views)
    threshold = searches.threshold(FALSE_POSITIVES)
    shipped = rules.reid.thresholds.face_similarity
    wrong, total = false_matches(views, rules)
    likeness = likeness_of(views.vectors, [str(person) for person in views.people])
    passing = int((likeness.strangers > shipped).sum())
    return {
        "people": views.count,
        "pictures": len(views.people),
        "tpir_at_fpir_1_percent": searches.identified(threshold),
        "threshold_at_fpir_1_percent": threshold,
        "searches_of_strangers": len(searches.strangers),
        "face_similarity": shipped,
        "tpir_at_face_similarity": searches.identified(shipped),
        "false_matches_at_face_similarity": wrong,
        "tracklets_of_strangers": total,
        "pairs_of_people": len(likeness.strangers),
        "pairs_of_people_over_face_similarity": passing,
        "false_match_rate_limit": upper_limit(passing, len(likeness.strangers)),
    }


def likenesses(views: Mapping[str, Views]) -> dict[str, Likeness]:
    """Compare everybody with everybody, for the plot."""
    return {name: likeness_of(own.vectors, [str(one) for one in own.people]) for name, own in views.items()}


def roc(likeness: Likeness) -> tuple[Floats, Floats]:
    """Give the share of pairs of two people, and of one, over every threshold, from strict to lenient."""
    thresholds = np.unique(np.concatenate([likeness.same, likeness.different]))[::-1]
    shares = [
        1 - np.searchsorted(np.sort(own), thresholds, side="right") / len(own)
        for own in (likeness.different, likeness.same)
    ]
    return np.asarray(shares[0], np.float32), np.asarray(shares[1], np.float32)
