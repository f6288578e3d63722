"""The error tree: the class is the cause, the attributes are the facts, the message names the mend."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager


class HavenError(Exception):
    """Root of every error HAVEN raises on purpose.

    Attributes:
        grpc_status: name of the gRPC status code the RPC edge answers with.
        exit_code: what the command line exits with (1 the work failed, 2 usage or configuration).
    """

    grpc_status: str = "INTERNAL"
    exit_code: int = 1


class ConfigurationError(HavenError):
    """A setting is unknown, of the wrong type, out of bounds or unset. Not to be retried."""

    grpc_status = "FAILED_PRECONDITION"
    exit_code = 2


class InvalidInputError(HavenError):
    """The caller sent something that can never work: a bad vector, picture, name or range. Not to be retried."""

    grpc_status = "INVALID_ARGUMENT"
    exit_code = 2


class NotFoundError(HavenError):
    """The named thing (camera, identity, model) does not exist. Not to be retried."""

    grpc_status = "NOT_FOUND"
    exit_code = 2


class CorrectionRefusedError(HavenError):
    """A correction contradicts what is known of the people concerned; the message names the mend. Not to be retried."""

    grpc_status = "FAILED_PRECONDITION"
    exit_code = 2


class CameraBusyError(HavenError):
    """Another client is feeding this camera. Retry when its stream has ended."""

    grpc_status = "ALREADY_EXISTS"

    def __init__(self, camera_id: str) -> None:
        super().__init__(f"camera {camera_id!r} is already being streamed: end that stream, or use another camera id")
        self.camera_id = camera_id


class SourceError(HavenError):
    """A camera's frames cannot be had: missing, truncated, empty or unreadable. Other cameras go on."""

    grpc_status = "UNAVAILABLE"

    def __init__(self, camera_id: str, problem: str) -> None:
        super().__init__(f"camera {camera_id!r}: {problem}")
        self.camera_id = camera_id
        self.problem = problem


class ModelError(HavenError):
    """A network is missing, unknown, of the wrong contract or not the one configured. Not to be retried."""

    grpc_status = "FAILED_PRECONDITION"
    exit_code = 2


class EngineError(HavenError):
    """The engine refused or failed a call: wrong tensor name, shape or dtype, or a fault inside the network."""


class EngineInputError(EngineError):
    """A call has a tensor that the network does not take: a wrong name, shape or dtype. Not to be retried."""


class EngineTimeoutError(EngineError):
    """The engine gave no answer inside the frame's deadline. Safe to retry."""

    grpc_status = "DEADLINE_EXCEEDED"


class EngineOverloadedError(EngineError):
    """The engine's queue is full. Safe to retry later; for live frames a later one serves as well."""

    grpc_status = "RESOURCE_EXHAUSTED"


class EngineUnavailableError(EngineError):
    """The engine cannot be reached: not started, or ended. Safe to retry; it is connected to again by itself."""

    grpc_status = "UNAVAILABLE"


class NetworkUnavailableError(EngineUnavailableError):
    """The engine runs, and one of its networks does not. Safe to retry; the next call loads it anew."""


class StorageError(HavenError):
    """The database or the prototype cache cannot be opened, read or written; the message names the path."""

    grpc_status = "UNAVAILABLE"


class StoreLockedError(StorageError):
    """Another process is this database's writer; the message names it. Retry when it has ended."""

    grpc_status = "FAILED_PRECONDITION"
    exit_code = 2


class StoreUnavailableError(StorageError):
    """The database cannot be written just now: locked, disk full or failing. Nothing was written; safe to retry."""


class ShuttingDownError(HavenError):
    """The server stops. Connect again, and resume where the stream was cut."""

    grpc_status = "UNAVAILABLE"

    def __init__(self) -> None:
        super().__init__("the server is shutting down: connect again in a moment")


class OverloadedError(HavenError):
    """A bound on queue, stream or message count is reached. Safe to retry later."""

    grpc_status = "RESOURCE_EXHAUSTED"


class UnauthenticatedError(HavenError):
    """Nobody knows who calls: no token, or nobody's. Not to be retried with the same one."""

    grpc_status = "UNAUTHENTICATED"
    exit_code = 2


class ForbiddenError(HavenError):
    """The caller is known, and may not do this; the message names the role that may. Not to be retried."""

    grpc_status = "PERMISSION_DENIED"
    exit_code = 2


class TooManyFailuresError(OverloadedError):
    """Too many wrong tokens came from the caller's address. Retry with the right one after ``wait_s``."""

    def __init__(self, wait_s: float) -> None:
        super().__init__(
            f"too many wrong tokens came from your address: wait {math.ceil(wait_s)} s, then send the right one"
        )
        self.wait_s = wait_s


class AnswerLateError(HavenError):
    """The server had no answer in the time it allows itself; what was ordered may still be done. Look, then retry."""

    grpc_status = "DEADLINE_EXCEEDED"


class ServerFailedError(HavenError):
    """A server that was started as a process of its own did not start, or ended in failure; its log tells why."""


class LicenceError(HavenError):
    """A network's licence binds whoever uses it, and nobody agreed to it. Agree by name, or take another network."""

    grpc_status = "FAILED_PRECONDITION"
    exit_code = 2


class DownloadError(HavenError):
    """A file cannot be had from its URL. Safe to retry: what came is kept, and the next try goes on from there."""

    grpc_status = "UNAVAILABLE"


class DamagedDownloadError(DownloadError):
    """What came is not the file that the manifest describes. Nothing of it is kept or used."""

    grpc_status = "DATA_LOSS"


class ExportError(HavenError):
    """The makers' tools cannot be installed, or did not export a network; the message quotes what they said last."""


class SequenceGoneError(HavenError):
    """The events asked for are older than what is kept. Resume from ``oldest_sequence``."""

    grpc_status = "OUT_OF_RANGE"

    def __init__(self, asked: int, oldest_sequence: int) -> None:
        super().__init__(f"event {asked} is no longer kept; the oldest is {oldest_sequence}: resume from there")
        self.asked = asked
        self.oldest_sequence = oldest_sequence


class OutputError(HavenError):
    """A file a person asked for cannot be written; what was computed until then is in the database all the same."""

    grpc_status = "UNAVAILABLE"

    def __init__(self, path: object, cause: OSError) -> None:
        super().__init__(
            f"{path}: cannot be written ({cause.strerror or cause}): name a place that can be, with room left"
        )
        self.path = path


@contextmanager
def writing(path: object) -> Iterator[None]:
    """Tell of a file or folder that cannot be made, written or removed as OutputError.

    Raises:
        OutputError: the disk refuses; the message names the path.
    """
    try:
        yield
    except OSError as error:
        raise OutputError(path, error) from error


def first_of(errors: BaseExceptionGroup[HavenError]) -> HavenError:
    """Pick the first error of a group, however deep it lies; tasks that run together fail as a group."""
    error: BaseException = errors
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if not isinstance(error, HavenError):
        raise TypeError(f"wanted a group of HavenError, got {type(error).__name__}")
    return error
