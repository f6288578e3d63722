"""What a client asks and orders of the gallery: who is known and why, and what is to be put right."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Sequence
from typing import Any

from haven.v1 import gallery_service_pb2 as messages
from haven.v1 import gallery_service_pb2_grpc

from haven_client import wire, wire_corrections
from haven_client.corrections import Correction, Duplicate, Explanation, Review, TrackName
from haven_client.errors import InvalidRequestError
from haven_client.messages import Identity


class GalleryCalls(ABC):
    """The calls of GalleryService. Orders take the name of who gives them; none: the server's "operator"."""

    _gallery: gallery_service_pb2_grpc.GalleryServiceStub

    async def list_identities(self, page_size: int = 100) -> AsyncGenerator[Identity, None]:
        """Yield every active identity by ascending global id, fetched ``page_size`` at a time."""
        token = ""
        while True:
            request = messages.ListIdentitiesRequest(page_size=page_size, page_token=token)
            page = await self._call(self._gallery.ListIdentities, request)
            for identity in page.identities:
                yield wire.read_identity(identity)
            token = page.next_page_token
            if not token:
                return

    async def get_identity(self, global_id: int) -> Identity:
        """Read one identity, merged and archived ones too.

        Raises:
            NotFoundError: it never existed.
        """
        request = messages.GetIdentityRequest(global_id=global_id)
        return wire.read_identity((await self._call(self._gallery.GetIdentity, request)).identity)

    async def merge_identities(self, target: int, source: int, actor: str = "") -> Correction:
        """Let one identity, ``source``, be another from now on.

        Raises:
            NotFoundError: one does not exist.  RefusedError: they cannot be one person; the message tells why.
        """
        request = messages.MergeIdentitiesRequest(target=target, source=source, actor=actor)
        response = await self._call(self._gallery.MergeIdentities, request)
        return wire_corrections.read_correction(response.correction)

    async def split_identity(self, global_id: int, tracks: Sequence[TrackName], actor: str = "") -> Correction:
        """Make some tracks of an identity a new one, ``other`` of the answer.

        Raises:
            NotFoundError: the identity has no such track.  RefusedError: nothing would be left of it.
        """
        names = [wire_corrections.write_track(track) for track in tracks]
        request = messages.SplitIdentityRequest(global_id=global_id, tracks=names, actor=actor)
        return wire_corrections.read_correction((await self._call(self._gallery.SplitIdentity, request)).correction)

    async def undo_correction(self, global_id: int, actor: str = "") -> Correction:
        """Take back the newest correction that concerns an identity.

        Raises:
            NotFoundError: it does not exist.  RefusedError: there is none, or another has to be undone before.
        """
        request = messages.UndoCorrectionRequest(global_id=global_id, actor=actor)
        return wire_corrections.read_correction((await self._call(self._gallery.UndoCorrection, request)).correction)

    async def reject_match(self, subject: TrackName | int, global_id: int | None = None, actor: str = "") -> Correction:
        """Say that a track, or a whole identity, is not some person.

        Args:
            subject: a track, or the number of an identity.
            global_id: who it is not; None: whoever the track is taken for.
        Raises:
            NotFoundError: there is no such track or identity.
            RefusedError: the person has no other track, or the two are kept apart already.
        """
        request = messages.RejectMatchRequest(global_id=global_id, actor=actor)
        if isinstance(subject, TrackName):
            request.track.CopyFrom(wire_corrections.write_track(subject))
        else:
            request.identity = subject
        return wire_corrections.read_correction((await self._call(self._gallery.RejectMatch, request)).correction)

    async def list_duplicates(self, limit: int = 100) -> list[Duplicate]:
        """List identities that may be one person: those a decision could not tell apart first, then by likeness."""
        request = messages.ListDuplicatesRequest(limit=limit)
        response = await self._call(self._gallery.ListDuplicates, request)
        return [wire_corrections.read_duplicate(pair) for pair in response.duplicates]

    async def list_reviews(self, page_size: int = 100) -> AsyncGenerator[Review, None]:
        """Yield close decisions that wait for an answer, oldest first, fetched ``page_size`` at a time."""
        token = ""
        while True:
            request = messages.ListReviewsRequest(page_size=page_size, page_token=token)
            page = await self._call(self._gallery.ListReviews, request)
            for review in page.reviews:
                yield wire_corrections.read_review(review)
            token = page.next_page_token
            if not token:
                return

    async def answer_review(self, review_id: int, confirmed: bool, actor: str = "") -> Correction | None:
        """Answer a review with yes or no; returns what that corrected, None where nothing was wrong.

        Raises:
            NotFoundError: there is no such review, or it is answered.  RefusedError: corrections since contradict.
        """
        answer = messages.REVIEW_ANSWER_CONFIRMED if confirmed else messages.REVIEW_ANSWER_REFUSED
        request = messages.AnswerReviewRequest(review_id=review_id, answer=answer, actor=actor)
        response = await self._call(self._gallery.AnswerReview, request)
        return wire_corrections.read_correction(response.correction) if response.HasField("correction") else None

    async def explain_decision(self, track: TrackName | None = None, *, change_id: int | None = None) -> Explanation:
        """Say why a track got its identity.

        Args:
            track: its newest decision; with ``at``, the newest until then. While it waits to be decided: why it waits.
            change_id: a line of the ledger instead.
        Raises:
            NotFoundError: there is no such decision.  InvalidRequestError: not exactly one of the two is given.
        """
        if (track is None) == (change_id is None):
            raise InvalidRequestError("a decision is named by its track or by its line in the ledger: give one of them")
        request = messages.ExplainDecisionRequest()
        if track is not None:
            request.track.CopyFrom(wire_corrections.write_track(track))
        if change_id is not None:
            request.change_id = change_id
        response = await self._call(self._gallery.ExplainDecision, request)
        return wire_corrections.read_explanation(response.explanation)

    @abstractmethod
    async def _call(self, method: Any, request: Any) -> Any:
        """Call a method that answers once."""
