"""A live track that is somebody on less than a face's word, and now shows its face: Decision -> corrected track.

Only a face settles it, and a track that a face has settled is never moved again. An identity that was made for this
track, and that is nobody else's, is merged into the one it turns out to be: a correction like an operator's, which can
be undone. Any other identity stays, and unlearns what the track taught it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from haven_server.reid.apart import apart_from
from haven_server.reid.comparison import CANNOT_LINK, FACE_DISAGREES, OWN_VIEWS
from haven_server.reid.correction_book import CorrectionBook
from haven_server.reid.draft import ACTOR, Draft
from haven_server.reid.fusion import make_rules
from haven_server.reid.gallery import Gallery
from haven_server.reid.live_tracks import LiveTrack
from haven_server.reid.topology import Topology
from haven_server.settings import ThresholdSettings
from haven_server.types import (
    Action,
    Confidence,
    Correction,
    Decision,
    DividedRows,
    EventKind,
    Features,
    MergedRows,
    Modality,
    Verdict,
)

TOLD = ("confidence", "score", "reason", "formerly")
"""What the event tells of a decision that corrects, beside what was done."""


class Settler:
    """Says when a track is to be looked at again, and takes it from one identity to another.

    Args:
        topology: the resolver's.
        book: of corrections; merges are entered there.
    """

    def __init__(
        self, gallery: Gallery, topology: Topology, book: CorrectionBook, thresholds: ThresholdSettings
    ) -> None:
        self._gallery = gallery
        self._topology = topology
        self._book = book
        self._thresholds = thresholds
        self._rules = make_rules(thresholds, gait_alone=False)

    def is_open(self, track: LiveTrack, features: Features) -> bool:
        """Tell whether features could show that a track is somebody else.

        Args:
            features: the usable ones.
        """
        return track.confidence is not Confidence.HIGH and Modality.FACE in features

    def vetoed(self, track: LiveTrack, global_id: int, features: Features) -> dict[int, str]:
        """Return whom an open track cannot be, with the reason.

        Those are people who an operator said are not the one it is taken for, and that one, too, where it knows no
        other face than this track's, or faces that are clearly not this one.

        Args:
            global_id: whom the track was decided for.
        """
        vetoed = dict.fromkeys(apart_from(self._gallery, self._book, global_id), CANNOT_LINK)
        person = self._gallery.root(global_id)
        if not self._gallery.remembers(person, Modality.FACE, but=track.taught):
            return vetoed | {person: OWN_VIEWS}
        candidate = self._gallery.score({Modality.FACE: features[Modality.FACE]}, person, self._rules)
        if candidate is not None and candidate.similarities[Modality.FACE] < self._thresholds.face_disagrees:
            return vetoed | {person: FACE_DISAGREES}
        return vetoed

    def is_correction(self, decision: Decision, global_id: int) -> bool:
        """Tell whether a decision on an open track speaks against the identity it has: another's face, or not its own.

        Args:
            decision: with what ``vetoed`` says taken into account.
            global_id: whom the track was decided for.
        """
        person = self._gallery.root(global_id)
        if decision.verdict is Verdict.MATCH:
            return decision.evidence.gate is Modality.FACE and decision.global_id != person
        return decision.verdict is Verdict.NEW and decision.evidence.vetoed.get(person) == FACE_DISAGREES

    def is_all_of(self, track: LiveTrack, global_id: int) -> bool:
        """Tell whether an identity was made for a track and is nobody else's: who the one is, the other is."""
        return track.founded and not self._gallery.is_matched(global_id)

    def merge(
        self, formerly: int, global_id: int, detail: Mapping[str, Any], draft: Draft, noted: str = "corrected"
    ) -> None:
        """Merge an identity into the person it turns out to be.

        Args:
            detail: the decision, for the ledger.
            noted: what the ledger calls it; "corrected" where it is the decision on the tracklet's own track.
        """
        draft.keep(self._gallery.join(global_id, formerly))
        draft.transfers.append(MergedRows(formerly, global_id))
        number, at = self._book.next_number, draft.tracklet.last_seen
        correction = Correction(number, Action.MERGED, global_id, formerly, ACTOR, at, (draft.span,))
        self._book.enter(correction)
        draft.correct(correction)
        self._tell({"action": Action.MERGED.value, "correction": number}, formerly, global_id, detail, draft, noted)

    def move(self, track: LiveTrack, formerly: int, decided_id: int, detail: Mapping[str, Any], draft: Draft) -> None:
        """Take a track to another identity, with all that is stored and remembered of it.

        Args:
            decided_id: whom it is decided for from now on; in the gallery.
            detail: the decision, for the ledger.
        """
        span, root = draft.span, self._gallery.root
        draft.learn(self._gallery.hand_on(track.taught, formerly, decided_id, span))
        person = root(decided_id)
        draft.transfers.append(
            DividedRows(root(formerly), person, (span,), None if person == decided_id else decided_id)
        )
        if not track.founded:
            self._gallery.discount_match(formerly)
        self._topology.hand_on(formerly, span, decided_id)
        self._tell({"action": "moved"}, root(formerly), person, detail, draft)

    def _tell(
        self,
        done: Mapping[str, Any],
        formerly: int,
        global_id: int,
        detail: Mapping[str, Any],
        draft: Draft,
        noted: str = "corrected",
    ) -> None:
        """Write down and announce what was corrected."""
        detail = {**detail, **done, "formerly": formerly}
        for one in (formerly, global_id):
            draft.note(one, noted, detail)
        told = {key: detail[key] for key in TOLD} | {**done, "actor": ACTOR}
        draft.tell(EventKind.IDENTITY_CORRECTED, global_id, told)
