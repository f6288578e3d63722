"""Who may be one person under two numbers: Gallery -> Duplicate.

The best views of everybody are held against everybody else, by the rules that would match a tracklet. Whoever cannot be
the same is left out before: those an operator said are two, and those one picture showed together.
"""

from __future__ import annotations

from collections.abc import Iterator

from haven_server.reid.apart import Obstacles
from haven_server.reid.comparison import CANNOT_LINK, Candidate
from haven_server.reid.fusion import SIGNALS, make_rules
from haven_server.reid.gallery import Gallery
from haven_server.settings import ThresholdSettings
from haven_server.types import Duplicate, Modality, Origin, Question, Review

LOOKED_AT = 500
"""People held against everybody, those seen last; it bounds how long a search can take."""


class DuplicateSearch:
    """Looks for identities to be merged. One caller at a time, and no decision meanwhile."""

    def __init__(self, gallery: Gallery, obstacles: Obstacles, thresholds: ThresholdSettings) -> None:
        self._gallery = gallery
        self._obstacles = obstacles
        self._rules = make_rules(thresholds, gait_alone=False)

    def search(self, limit: int) -> tuple[Duplicate, ...]:
        """Find pairs that the rules would match.

        Returns:
            At most ``limit``, most alike first: by the strongest signal both have, then its similarity.
        """
        found: dict[tuple[int, int], Duplicate] = {}
        for global_id in self._gallery.roots()[:LOOKED_AT]:
            for modality, candidate in self._alike(global_id):
                pair = (min(global_id, candidate.global_id), max(global_id, candidate.global_id))
                if pair not in found and self._obstacles.between(*pair) is None:
                    reason = f"{modality.value} {candidate.similarities[modality]:.2f} would be a match"
                    found[pair] = _duplicate(pair, Origin.GALLERY, candidate, reason)
        return tuple(sorted(found.values(), key=_order)[:limit])

    def asked(self, review: Review) -> Duplicate | None:
        """Say how alike the two of a review are; None where the question has answered itself."""
        if not is_open(review, self._gallery, self._obstacles) or review.other is None:
            return None
        root = self._gallery.root
        pair = tuple(sorted((root(review.global_id), root(review.other))))
        candidate = self.compare(*pair)
        return _duplicate((pair[0], pair[1]), Origin.DECISION, candidate, review.reason, review.review_id)

    def compare(self, first: int, second: int) -> Candidate | None:
        """Compare two people; None when they share no signal, or one has left the gallery."""
        return self._gallery.score(self._gallery.portrait(first), second, self._rules)

    def _alike(self, global_id: int) -> Iterator[tuple[Modality, Candidate]]:
        """Give out whom the rules would match a person with, by their best views."""
        views = self._gallery.portrait(global_id)
        if not views:
            return
        excluded = dict.fromkeys({global_id, *self._obstacles.apart_from(global_id)}, CANNOT_LINK)
        comparison = self._gallery.compare(views, self._rules, excluded)
        for modality in SIGNALS:
            gate = comparison.gates[modality]
            if gate.passed and gate.best is not None:
                yield modality, gate.best


def is_open(review: Review, gallery: Gallery, obstacles: Obstacles) -> bool:
    """Tell whether a review still asks something that corrections have not settled."""
    if review.question is Question.MATCH or review.other is None:
        return True
    first, second = gallery.root(review.global_id), gallery.root(review.other)
    return first != second and obstacles.between(first, second) is None


def _duplicate(
    pair: tuple[int, int], origin: Origin, candidate: Candidate | None, reason: str, review_id: int | None = None
) -> Duplicate:
    similarities = {} if candidate is None else candidate.similarities
    fused = None if candidate is None else candidate.fused
    return Duplicate(*pair, origin, similarities, fused, reason, review_id)


def _order(duplicate: Duplicate) -> tuple[int, float, int, int]:
    """Sort key: the strongest signal first, then the greatest similarity."""
    signal = next(rank for rank, modality in enumerate(SIGNALS) if modality in duplicate.similarities)
    return signal, -duplicate.similarities[SIGNALS[signal]], duplicate.global_id, duplicate.other
