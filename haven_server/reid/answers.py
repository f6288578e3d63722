"""Carry out what an operator answered to a review: Review, yes or no -> Outcome."""

from __future__ import annotations

from dataclasses import replace

from haven_server.errors import CorrectionRefusedError
from haven_server.ports import Ledger
from haven_server.reid.corrections import Corrector, Outcome
from haven_server.reid.gallery import Gallery
from haven_server.types import Answer, Changes, Question, Review, TrackName


def answer(
    review_id: int, confirmed: bool, actor: str, at: int, corrector: Corrector, gallery: Gallery, ledger: Ledger
) -> Outcome:
    """Answer a review, and correct what the answer says is wrong; both are written together.

    Args:
        confirmed: True: yes. A match stands; a duplicate is merged into whom it resembled.
            False: no. The track is not that person; the two identities are two people.
        at: ns since the Unix epoch.
    Raises:
        NotFoundError: no such review waits.
        CorrectionRefusedError: the answer contradicts what was corrected since.
    """
    review = ledger.review(review_id)
    outcome = _correct(review, confirmed, actor, corrector, gallery)
    given = Answer(review_id, confirmed, actor, at)
    return replace(outcome, changes=replace(outcome.changes, answers=(given,)))


def _correct(review: Review, confirmed: bool, actor: str, corrector: Corrector, gallery: Gallery) -> Outcome:
    nothing = Outcome(None, Changes())
    if review.question is Question.MATCH:
        track = TrackName(review.camera_id, review.track_id, review.at)
        return nothing if confirmed else corrector.reject_track(track, review.global_id, actor)
    if review.other is None:
        raise ValueError(f"review {review.review_id}: a duplicate of nobody")
    first, second = gallery.root(review.global_id), gallery.root(review.other)
    if first != second:
        return corrector.merge(second, first, actor) if confirmed else corrector.reject_identity(second, first, actor)
    if not confirmed:
        raise CorrectionRefusedError(
            f"identities {review.global_id} and {review.other} were merged since: undo that first, by identity {first}"
        )
    return nothing
