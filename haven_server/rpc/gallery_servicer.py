"""GalleryService: IdentitySummary -> Identity."""

from __future__ import annotations

import asyncio
from typing import Any

import grpc
from haven.v1 import gallery_service_pb2, gallery_service_pb2_grpc

from haven_server.errors import InvalidInputError, NotFoundError
from haven_server.ports import Store
from haven_server.rpc import convert

DEFAULT_PAGE = 100
GREATEST_PAGE = 1000
GREATEST_ID = 2**63 - 1
"""Databases count no further."""


class GalleryServicer(gallery_service_pb2_grpc.GalleryServiceServicer):
    """Answers who is known, from the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def ListIdentities(  # noqa: N802
        self, request: gallery_service_pb2.ListIdentitiesRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> gallery_service_pb2.ListIdentitiesResponse:
        """Read one page; its token is the last global id on it."""
        size = request.page_size or DEFAULT_PAGE
        if size > GREATEST_PAGE:
            raise InvalidInputError(f"page_size: wanted at most {GREATEST_PAGE}, got {size}")
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
        if request.global_id > GREATEST_ID:
            raise NotFoundError(f"identity {request.global_id}: there is no such number")
        summary = await asyncio.to_thread(self._store.get_identity, request.global_id)
        return gallery_service_pb2.GetIdentityResponse(identity=convert.identity(summary))


def _read_token(token: str) -> int:
    if not token:
        return 0
    if not (token.isascii() and token.isdecimal() and len(token) < 19):
        raise InvalidInputError(f"page_token: {token!r} was not given by this service; leave it empty to start anew")
    return int(token)
