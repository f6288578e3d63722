"""Which role each call needs, and how a call says who makes it: gRPC metadata -> Token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

import grpc

from haven_server.access.guard import Guard
from haven_server.access.roles import Role
from haven_server.access.tokens import Token
from haven_server.telemetry import logger

log = logger(__name__)

AUTHORIZATION = "authorization"
OPEN = frozenset({"/grpc.health.v1.Health/Check"})
"""What anybody may ask: who watches over machines has no token, and learns only whether server and networks answer."""

LEAST_ROLE: Mapping[str, Role] = {
    "/haven.v1.TrackingService/StreamFrames": Role.OPERATOR,
    "/haven.v1.TrackingService/WatchTracks": Role.VIEWER,
    "/haven.v1.EventService/WatchEvents": Role.VIEWER,
    "/haven.v1.GalleryService/ListIdentities": Role.VIEWER,
    "/haven.v1.GalleryService/GetIdentity": Role.VIEWER,
    "/haven.v1.GalleryService/MergeIdentities": Role.OPERATOR,
    "/haven.v1.GalleryService/SplitIdentity": Role.OPERATOR,
    "/haven.v1.GalleryService/UndoCorrection": Role.OPERATOR,
    "/haven.v1.GalleryService/RejectMatch": Role.OPERATOR,
    "/haven.v1.GalleryService/ListDuplicates": Role.VIEWER,
    "/haven.v1.GalleryService/ListReviews": Role.VIEWER,
    "/haven.v1.GalleryService/AnswerReview": Role.OPERATOR,
    "/haven.v1.GalleryService/ExplainDecision": Role.VIEWER,
    "/haven.v1.CameraService/ListCameras": Role.VIEWER,
    "/grpc.health.v1.Health/Watch": Role.VIEWER,
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo": Role.VIEWER,
}
"""The least role of each method. One that is not listed needs the greatest, and a test fails."""


class Gate:
    """Asks of each call who makes it.

    Args:
        guard: None: authentication is off, and everybody may do anything.
    """

    def __init__(self, guard: Guard | None) -> None:
        self._guard = guard

    def admit(self, method: str, context: grpc.aio.ServicerContext[Any, Any]) -> Token | None:
        """Let a call in, and log who changes something.

        Returns:
            The caller's token, None where nobody is asked for one.
        Raises:
            UnauthenticatedError, ForbiddenError, TooManyFailuresError, StorageError: see ``Guard.admit``.
        """
        if self._guard is None or method in OPEN:
            return None
        least = LEAST_ROLE.get(method, Role.ADMIN)
        address = address_of(context.peer())
        token = self._guard.admit(_bearer(context), address, least, method.rpartition("/")[2])
        if least > Role.VIEWER:
            log.info("called", method=method, token=token.name, address=address)
        return token

    def require_valid(self, token: Token | None) -> None:
        """See to it that a call which goes on for long may.

        Raises:
            UnauthenticatedError: its token was revoked.  StorageError: see ``Guard.admit``.
        """
        if self._guard is not None and token is not None:
            self._guard.require_valid(token)


def address_of(peer: str) -> str:
    """Read the IP address in gRPC's name of a peer, ``ipv4:192.0.2.7:4242`` or ``ipv6:%5B::1%5D:4242``."""
    kind, _, rest = unquote(peer).partition(":")
    return rest.rpartition(":")[0].strip("[]") if kind in ("ipv4", "ipv6") else peer


def _bearer(context: grpc.aio.ServicerContext[Any, Any]) -> str | None:
    """Return the token that a call carries; with two of them it is nobody's."""
    values = [str(value) for key, value in context.invocation_metadata() or () if key == AUTHORIZATION]
    if len(values) != 1:
        return None
    scheme, _, text = values[0].partition(" ")
    return text.strip() if scheme.lower() == "bearer" else None
