"""Who was met without a face and is known since: somebody's clothes -> the same person under another number.

A track that shows no face makes a new identity where clothes decide nothing, and many a person has such a one beside
their own. Once a track is somebody by its face, it is asked about again: by its clothes alone, and as if that person
were not known. Whom the policy would match now is the same person.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from haven_server.reid.apart import apart_from
from haven_server.reid.comparison import CANNOT_LINK, SAME_PERSON
from haven_server.reid.correction_book import CorrectionBook
from haven_server.reid.fusion import make_rules
from haven_server.reid.gallery import Gallery
from haven_server.reid.live_tracks import LiveTracks
from haven_server.reid.policy import Case, decide
from haven_server.settings import ReIDSettings
from haven_server.types import Decision, Features, Modality, Tracklet, Verdict


class Faceless:
    """Remembers identities that were made without a face since the start, each with those whom it cannot be.

    Those of earlier starts are left out, since nobody knows any more who was impossible then.

    Args:
        tracks: the resolver's.
    """

    def __init__(self, gallery: Gallery, tracks: LiveTracks, book: CorrectionBook, settings: ReIDSettings) -> None:
        self._gallery = gallery
        self._tracks = tracks
        self._book = book
        self._settings = settings
        self._rules = make_rules(settings.thresholds, gait_alone=False)
        self._apart: dict[int, set[int]] = {}

    def add(self, global_id: int) -> None:
        """Take in an identity that was just made, and drop those that are nobody's any more or have shown a face."""
        self._apart = {one: apart for one, apart in self._apart.items() if self._is_faceless(one)}
        self._apart[global_id] = set()

    def keep_apart(self, person: int, others: Iterable[int]) -> None:
        """Note whom somebody who is in view now cannot be."""
        for other in others:
            for one, another in ((person, other), (other, person)):
                if one in self._apart:
                    self._apart[one].add(another)

    def find(
        self, person: int, tracklet: Tracklet, features: Features, excluded: Mapping[int, str]
    ) -> tuple[Decision, Case] | None:
        """Find an identity that is the same person as one who is known by face, None without.

        Several that are too alike to be told apart do not stand in each other's way, if they may be one person.

        Args:
            features: the usable ones of the person's tracklet.
            excluded: whom the tracklet cannot be, with the reason.
        Returns:
            The decision by clothes alone, a MATCH, and the case it rests on.
        """
        clothes: Features = {signal: one for signal, one in features.items() if signal is Modality.APPEARANCE}
        if not clothes or not self._apart or not self._gallery.remembers(person, Modality.FACE):
            return None
        rejected = dict.fromkeys(apart_from(self._gallery, self._book, person), CANNOT_LINK)
        excluded = {**excluded, **rejected, person: SAME_PERSON}
        while True:
            comparison = self._gallery.compare(clothes, self._rules, excluded)
            case = Case.of(comparison, tracklet, clothes, self._settings, gait_alone=False, held=frozenset())
            decision = decide(case)
            candidate, rival = decision.evidence.candidate, decision.evidence.runner_up
            if decision.evidence.gate is None or candidate is None or not self._may_be(candidate, person):
                return None
            if decision.verdict is Verdict.MATCH:
                return decision, case
            if rival is None or not all(self._may_be(rival, one) for one in (person, candidate)):
                return None
            excluded[rival] = SAME_PERSON

    def _may_be(self, one: int, person: int) -> bool:
        """Tell whether an identity never showed a face, is out of view, and nothing keeps it apart from a person.

        Whoever was merged once and parted again is never asked about: whoever undoes a merge means it.
        """
        root = self._gallery.root
        return (
            one in self._apart
            and not self._book.was_parted(one)
            and self._gallery.members(one) == (one,)
            and not self._gallery.remembers(one, Modality.FACE)
            and person not in map(root, self._apart[one])
            and all(track.global_id is None or root(track.global_id) != one for *_, track in self._tracks.each())
        )

    def _is_faceless(self, global_id: int) -> bool:
        gallery = self._gallery
        is_somebody = global_id in gallery and gallery.root(global_id) == global_id
        return is_somebody and not gallery.remembers(global_id, Modality.FACE)
