"""Where operators' orders and questions come in: order -> Correction, between two frames of the site."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from haven_server.pipeline.site import Site
from haven_server.ports import Clock, Ledger
from haven_server.reid.answers import answer
from haven_server.reid.corrections import Corrector, Outcome
from haven_server.reid.duplicates import DuplicateSearch, is_open
from haven_server.reid.evidence import decision_from_json
from haven_server.reid.gallery import Gallery
from haven_server.reid.replay import agrees, replay
from haven_server.types import Correction, Duplicate, Explanation, IdentityChange, Question, Review, TrackName

REVIEWS_READ = 1000
"""Open reviews looked through for suspected duplicates."""


class CorrectionDesk:
    """Takes orders one by one and answers once they are committed. Every method may raise StorageError."""

    def __init__(
        self,
        site: Site,
        gallery: Gallery,
        corrector: Corrector,
        duplicates: DuplicateSearch,
        ledger: Ledger,
        clock: Clock,
    ) -> None:
        self._site = site
        self._gallery = gallery
        self._corrector = corrector
        self._duplicates = duplicates
        self._ledger = ledger
        self._clock = clock

    async def merge(self, target: int, source: int, actor: str) -> Correction:
        """Let one identity be another from now on."""
        return await self._order(partial(self._corrector.merge, target, source, actor))

    async def split(self, global_id: int, tracks: Sequence[TrackName], actor: str) -> Correction:
        """Make some tracks of an identity a new one."""
        return await self._order(partial(self._corrector.split, global_id, tracks, actor))

    async def undo(self, global_id: int, actor: str) -> Correction:
        """Take back the newest correction that concerns an identity."""
        return await self._order(partial(self._corrector.undo, global_id, actor))

    async def reject_track(self, track: TrackName, global_id: int | None, actor: str) -> Correction:
        """Say that a track is not some person, by default whoever it is taken for."""
        return await self._order(partial(self._corrector.reject_track, track, global_id, actor))

    async def reject_identity(self, first: int, second: int, actor: str) -> Correction:
        """Say that two identities are two people."""
        return await self._order(partial(self._corrector.reject_identity, first, second, actor))

    async def answer(self, review_id: int, confirmed: bool, actor: str) -> Correction | None:
        """Answer a review; returns what that corrected, None where nothing was wrong."""
        order = partial(
            answer, review_id, confirmed, actor, self._clock.now(), self._corrector, self._gallery, self._ledger
        )
        return (await self._site.correct(order)).correction

    async def list_duplicates(self, limit: int) -> tuple[Duplicate, ...]:
        """List identities that may be one person: those asked about first, then by likeness; at most ``limit``."""
        async with self._site.between_frames():
            return await asyncio.to_thread(self._find_duplicates, limit)

    async def list_reviews(self, after: int, limit: int) -> tuple[Review, ...]:
        """List decisions that wait for an answer, with a greater number, ascending, at most ``limit``."""
        async with self._site.between_frames():
            return await asyncio.to_thread(self._find_reviews, after, limit)

    async def explain(self, change_id: int) -> Explanation:
        """Explain one decision of the ledger.

        Raises:
            NotFoundError: there is none of that number.
        """
        return _explain_line(await asyncio.to_thread(self._ledger.decision, change_id))

    async def explain_track(self, track: TrackName) -> Explanation:
        """Explain the newest decision on a track, or why a live one still waits for its first.

        Raises:
            NotFoundError: nothing was decided on it.
        """
        async with self._site.between_frames():
            waits = self._corrector.subjects.deferred(track)
            if waits is not None:
                return _explain(None, track.camera_id, track.track_id, waits.at, waits.detail)
            return _explain_line(await asyncio.to_thread(self._ledger.decision_on, track))

    async def _order(self, order: Callable[[], Outcome]) -> Correction:
        outcome = await self._site.correct(order)
        if outcome.correction is None:
            raise TypeError("an order corrects something, or is refused")
        return outcome.correction

    def _find_duplicates(self, limit: int) -> tuple[Duplicate, ...]:
        questions = self._ledger.open_reviews(0, REVIEWS_READ)
        asked = [self._duplicates.asked(review) for review in questions if review.question is Question.DUPLICATE]
        known = {(one.global_id, one.other): one for one in asked if one is not None}
        for one in self._duplicates.search(limit):
            known.setdefault((one.global_id, one.other), one)
        return tuple(known.values())[:limit]

    def _find_reviews(self, after: int, limit: int) -> tuple[Review, ...]:
        found: list[Review] = []
        while len(found) < limit and (page := self._ledger.open_reviews(after, limit)):
            after = page[-1].review_id
            found += [review for review in page if is_open(review, self._gallery, self._corrector.obstacles)]
        return tuple(found[:limit])


def _explain_line(line: IdentityChange) -> Explanation:
    return _explain(line.change_id, line.camera_id or "", line.track_id or 0, line.at, line.detail)


def _explain(change_id: int | None, camera_id: str, track_id: int, at: int, detail: Mapping[str, Any]) -> Explanation:
    """Read a decision, and decide again from the case that is kept with it."""
    decision = decision_from_json(detail)
    case = detail.get("case")
    return Explanation(
        change_id=change_id,
        camera_id=camera_id,
        track_id=track_id,
        at=at,
        decision=decision,
        thresholds={} if case is None else case["thresholds"] | {"min_quality": case["min_quality"]},
        reproduced=None if case is None else agrees(decision, replay(case)),
    )
