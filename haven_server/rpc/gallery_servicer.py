"""GalleryService: who is known and why, and what operators put right. Types -> messages."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import grpc
from haven.v1 import gallery_service_pb2, gallery_service_pb2_grpc

from haven_server.errors import InvalidInputError, NotFoundError
from haven_server.ports import Store
from haven_server.rpc import convert, convert_corrections
from haven_server.rpc.facade import Corrections

DEFAULT_PAGE = 100
GREATEST_PAGE = 1000
GREATEST_ID = 2**63 - 1
"""Databases count no further."""
DEFAULT_ACTOR = "operator"
LONGEST_ACTOR = 100
ANSWERS: Mapping[int, bool] = {
    gallery_service_pb2.REVIEW_ANSWER_CONFIRMED: True,
    gallery_service_pb2.REVIEW_ANSWER_REFUSED: False,
}


class GalleryServicer(gallery_service_pb2_grpc.GalleryServiceServicer):
    """Answers who is known, from the store, and hands orders on to where they are carried out."""

    def __init__(self, store: Store, corrections: Corrections) -> None:
        self._store = store
        self._corrections = corrections

    async def ListIdentities(  # noqa: N802
        self, request: gallery_service_pb2.ListIdentitiesRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> gallery_service_pb2.ListIdentitiesResponse:
        """Read one page; its token is the last global id on it."""
        size = _read_size("page_size", request.page_size)
        after = _read_token(request.page_token)
        # One more than asked for tells whether another page follows.
        found = await asyncio.to_thread(self._store.list_identities, after, size + 1)
        page = found[:size]
        return gallery_service_pb2.ListIdentitiesResponse(
            identities=[convert.identity(summary) for summary in page],
            next_page_token=str(page[-1].identity.global_id) if len(found) > size else "",
        )

    async def GetIdentity(  # noqa: N802
        self, request: gallery_service_pb2.GetIdentityRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> gallery_service_pb2.GetIdentityResponse:
        """Read one identity."""
        summary = await asyncio.to_thread(self._store.get_identity, _read_id(request.global_id))
        return gallery_service_pb2.GetIdentityResponse(identity=convert.identity(summary))

    async def MergeIdentities(  # noqa: N802
        self, request: gallery_service_pb2.MergeIdentitiesRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> gallery_service_pb2.MergeIdentitiesResponse:
        """Merge two identities."""
        target, source = _read_id(request.target), _read_id(request.source)
        made = await self._corrections.merge(target, source, _read_actor(request.actor))
        return gallery_service_pb2.MergeIdentitiesResponse(correction=convert_corrections.correction(made))

    async def SplitIdentity(  # noqa: N802
        self, request: gallery_service_pb2.SplitIdentityRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> gallery_service_pb2.SplitIdentityResponse:
        """Split tracks off."""
        tracks = [convert_corrections.read_track(track) for track in request.tracks]
        made = await self._corrections.split(_read_id(request.global_id), tracks, _read_actor(request.actor))
        return gallery_service_pb2.SplitIdentityResponse(correction=convert_corrections.correction(made))

    async def UndoCorrection(  # noqa: N802
        self, request: gallery_service_pb2.UndoCorrectionRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> gallery_service_pb2.UndoCorrectionResponse:
        """Take a correction back."""
        made = await self._corrections.undo(_read_id(request.global_id), _read_actor(request.actor))
        return gallery_service_pb2.UndoCorrectionResponse(correction=convert_corrections.correction(made))

    async def RejectMatch(  # noqa: N802
        self, request: gallery_service_pb2.RejectMatchRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> gallery_service_pb2.RejectMatchResponse:
        """Keep a track, or an identity, apart from somebody."""
        actor = _read_actor(request.actor)
        wrong = _read_id(request.global_id) if request.HasField("global_id") else None
        if request.HasField("track"):
            track = convert_corrections.read_track(request.track)
            made = await self._corrections.reject_track(track, wrong, actor)
        elif wrong is not None and request.HasField("identity"):
            made = await self._corrections.reject_identity(wrong, _read_id(request.identity), actor)
        else:
            raise InvalidInputError("subject: name a track, or an identity and the global_id that it is not")
        return gallery_service_pb2.RejectMatchResponse(correction=convert_corrections.correction(made))

    async def ListDuplicates(  # noqa: N802
        self, request: gallery_service_pb2.ListDuplicatesRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> gallery_service_pb2.ListDuplicatesResponse:
        """List suspected pairs."""
        found = await self._corrections.list_duplicates(_read_size("limit", request.limit))
        pairs = [convert_corrections.duplicate(pair) for pair in found]
        return gallery_service_pb2.ListDuplicatesResponse(duplicates=pairs)

    async def ListReviews(  # noqa: N802
        self, request: gallery_service_pb2.ListReviewsRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> gallery_service_pb2.ListReviewsResponse:
        """Read one page; its token is the last number on it."""
        size = _read_size("page_size", request.page_size)
        found = await self._corrections.list_reviews(_read_token(request.page_token), size + 1)
        page = found[:size]
        return gallery_service_pb2.ListReviewsResponse(
            reviews=[convert_corrections.review(review) for review in page],
            next_page_token=str(page[-1].review_id) if len(found) > size else "",
        )

    async def AnswerReview(  # noqa: N802
        self, request: gallery_service_pb2.AnswerReviewRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> gallery_service_pb2.AnswerReviewResponse:
        """Answer a review."""
        if request.answer not in ANSWERS:
            raise InvalidInputError(f"answer: wanted confirmed or refused, got {request.answer}")
        review_id, actor = _read_number("review", request.review_id), _read_actor(request.actor)
        made = await self._corrections.answer(review_id, ANSWERS[request.answer], actor)
        return gallery_service_pb2.AnswerReviewResponse(
            correction=None if made is None else convert_corrections.correction(made)
        )

    async def ExplainDecision(  # noqa: N802
        self, request: gallery_service_pb2.ExplainDecisionRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> gallery_service_pb2.ExplainDecisionResponse:
        """Explain a decision."""
        match request.WhichOneof("decision"):
            case "track":
                found = await self._corrections.explain_track(convert_corrections.read_track(request.track))
            case "change_id":
                found = await self._corrections.explain(_read_number("change", request.change_id))
            case _:
                raise InvalidInputError("decision: name a track, or a line of the ledger by change_id")
        return gallery_service_pb2.ExplainDecisionResponse(explanation=convert_corrections.explanation(found))


def _read_size(name: str, asked: int) -> int:
    size = asked or DEFAULT_PAGE
    if size > GREATEST_PAGE:
        raise InvalidInputError(f"{name}: wanted at most {GREATEST_PAGE}, got {size}")
    return size


def _read_id(global_id: int) -> int:
    return _read_number("identity", global_id)


def _read_number(what: str, number: int) -> int:
    if number > GREATEST_ID:
        raise NotFoundError(f"{what} {number}: there is no such number")
    return number


def _read_actor(actor: str) -> str:
    if len(actor) > LONGEST_ACTOR:
        raise InvalidInputError(f"actor: wanted at most {LONGEST_ACTOR} characters, got {len(actor)}")
    return actor or DEFAULT_ACTOR


def _read_token(token: str) -> int:
    if not token:
        return 0
    if not (token.isascii() and token.isdecimal() and len(token) < 19):
        raise InvalidInputError(f"page_token: {token!r} was not given by this service; leave it empty to start anew")
    return int(token)
