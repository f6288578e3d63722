"""What can go wrong between a client and the server: gRPC status -> ClientError."""

from __future__ import annotations

import grpc

_OLDEST_SEQUENCE_KEY = "haven-oldest-sequence"


class ClientError(Exception):
    """Root of every error this package raises.

    Attributes:
        status: name of the gRPC status code, empty when the error arose on this side.
    """

    def __init__(self, message: str, status: str = "") -> None:
        super().__init__(message)
        self.status = status


class InvalidRequestError(ClientError):
    """The server was asked for something that can never work. Not to be retried."""


class NotFoundError(ClientError):
    """The named camera or identity does not exist. Not to be retried."""


class RefusedError(ClientError):
    """What was ordered contradicts what the server knows; the message tells why, and the mend. Not to be retried."""


class UnauthenticatedError(ClientError):
    """The server asks who calls, and knows no such token. Not to be retried with the same one."""


class ForbiddenError(ClientError):
    """The token's role may not do this; the message names the one that may. Not to be retried."""


class CameraBusyError(ClientError):
    """Somebody else feeds the camera. Retry when that stream has ended."""


class OverloadedError(ClientError):
    """The server's bounds are reached, or too many wrong tokens came from this address. Safe to retry later."""


class UnavailableError(ClientError):
    """The server cannot be reached, is stopping, or lost a camera. Safe to retry."""


class DeadlineError(ClientError):
    """The server gave no answer in time. Safe to retry."""


class EventsGoneError(ClientError):
    """The events asked for are no longer kept, or never were.

    Attributes:
        oldest_sequence: the oldest event that is kept, None when the server did not say.
    """

    def __init__(self, message: str, status: str, oldest_sequence: int | None) -> None:
        super().__init__(message, status)
        self.oldest_sequence = oldest_sequence


class CertificateError(ClientError):
    """The file of whom the client trusts cannot be read, or the server's certificate is not of theirs."""


class VideoError(ClientError):
    """A video file is missing, unreadable, empty or truncated; the message names it and the mend."""


class OutputError(ClientError):
    """A file that was asked for cannot be made or written; the message names it and the mend."""


_BY_STATUS: dict[grpc.StatusCode, type[ClientError]] = {
    grpc.StatusCode.INVALID_ARGUMENT: InvalidRequestError,
    grpc.StatusCode.NOT_FOUND: NotFoundError,
    grpc.StatusCode.FAILED_PRECONDITION: RefusedError,
    grpc.StatusCode.UNAUTHENTICATED: UnauthenticatedError,
    grpc.StatusCode.PERMISSION_DENIED: ForbiddenError,
    grpc.StatusCode.ALREADY_EXISTS: CameraBusyError,
    grpc.StatusCode.RESOURCE_EXHAUSTED: OverloadedError,
    grpc.StatusCode.UNAVAILABLE: UnavailableError,
    # Cancelled by the server, that is: it stops. A call cancelled on this side ends as asyncio.CancelledError.
    grpc.StatusCode.CANCELLED: UnavailableError,
    grpc.StatusCode.DEADLINE_EXCEEDED: DeadlineError,
}


_NO_CONNECTION: tuple[tuple[str, type[ClientError], str], ...] = (
    (
        "CERTIFICATE_VERIFY_FAILED",
        CertificateError,
        "the server's certificate is of nobody this machine trusts, or out of date: name who signed it "
        "by ca (--ca, HAVEN_CA)",
    ),
    (
        "Hostname Verification Check failed",
        CertificateError,
        "the server's certificate is for another name: use the address that it was made for",
    ),
    (
        "Failed to create security handshaker",
        CertificateError,
        "the file that ca names (--ca, HAVEN_CA) holds no certificate",
    ),
    ("WRONG_VERSION_NUMBER", UnavailableError, "the server has no TLS: name it without https://, and no ca"),
    ("Socket closed", UnavailableError, "the server hung up: if it has TLS, name it as https://HOST:PORT"),
    (
        "",
        UnavailableError,
        "no HAVEN server answers there: start one with `haven serve`, or name its HOST:PORT",
    ),
)
"""What stands in gRPC's message where there is no connection, and what that means; the first that fits."""


def translate(error: grpc.aio.AioRpcError) -> ClientError:
    """Return the error that a failed call stands for."""
    status, message = error.code(), error.details() or error.code().name
    if status is grpc.StatusCode.OUT_OF_RANGE:
        metadata = dict(error.trailing_metadata() or ())
        oldest = metadata.get(_OLDEST_SEQUENCE_KEY)
        return EventsGoneError(message, status.name, None if oldest is None else int(oldest))
    if "failed to connect" in message or "name resolution" in message or "resolving" in message:
        kind, meaning = next((kind, text) for fragment, kind, text in _NO_CONNECTION if fragment in message)
        return kind(f"{meaning} ({message})", status.name)
    return _BY_STATUS.get(status, ClientError)(message, status.name)
