"""Send frames and read answers at the same time: Frame -> StreamFramesResponse."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeAlias, TypeVar

import grpc
from haven.v1 import tracking_service_pb2

from haven_client import wire
from haven_client.errors import translate
from haven_client.messages import CameraEnd, Frame

T = TypeVar("T")
Call: TypeAlias = grpc.aio.StreamStreamCall[
    tracking_service_pb2.StreamFramesRequest, tracking_service_pb2.StreamFramesResponse
]

_BROKEN_WRITE = "Internal error from Core"
_PATIENCE_S = 1.0
"""Wait for the server's own status after a write broke; it is on its way already."""


async def answers(
    call: Call, opening: tracking_service_pb2.StreamOpening, frames: AsyncIterable[Frame | CameraEnd]
) -> AsyncGenerator[tracking_service_pb2.StreamFramesResponse, None]:
    """Yield the server's answers while frames are sent beside it; leaving early cancels the call.

    Raises:
        ClientError: the server ended the call with an error.
        Exception: whatever ``frames`` raises.
    """
    ending = _Ending(call)
    sending = asyncio.create_task(_send(call, opening, frames))
    try:
        async for response in call:
            yield response
    except asyncio.CancelledError:
        # A call that was cut because the frames could not be had ends as cancelled: what matters is why.
        if (cause := _failure(sending)) is not None:
            raise cause from None
        raise
    except grpc.aio.AioRpcError as error:
        own = await ending.told_by_server(error)
        if own.code() is not grpc.StatusCode.OK:
            raise translate(own) from error
    finally:
        call.cancel()
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)


async def _send(
    call: Call, opening: tracking_service_pb2.StreamOpening, frames: AsyncIterable[Frame | CameraEnd]
) -> None:
    try:
        await call.write(tracking_service_pb2.StreamFramesRequest(opening=opening))
        async with _closing(frames) as items:
            async for item in items:
                await call.write(wire.write_request(item))
        await call.done_writing()
    except (grpc.aio.AioRpcError, grpc.aio.InternalError, asyncio.InvalidStateError):
        # The server has ended the call; whoever reads the answers is told why.
        return
    except Exception:
        call.cancel()
        raise


@asynccontextmanager
async def _closing(frames: AsyncIterable[T]) -> AsyncGenerator[AsyncIterator[T], None]:
    """Iterate, and in the end close what is a generator: it may hold files and threads."""
    iterator = aiter(frames)
    try:
        yield iterator
    finally:
        if isinstance(iterator, AsyncGenerator):
            await iterator.aclose()


def _failure(sending: asyncio.Task[None]) -> BaseException | None:
    return sending.exception() if sending.done() and not sending.cancelled() else None


class _Ending:
    """Remembers how the server ended a call.

    grpc.aio overwrites the server's status with INTERNAL when a write was under way as the call ended
    (github.com/grpc/grpc, issue 36066); it tells of either one as it comes.
    """

    def __init__(self, call: Call) -> None:
        self._told: asyncio.Future[grpc.aio.AioRpcError] = asyncio.get_running_loop().create_future()
        call.add_done_callback(self._note)

    async def told_by_server(self, seen: grpc.aio.AioRpcError) -> grpc.aio.AioRpcError:
        """Return the server's own status, or the one that was seen where the server said nothing."""
        if seen.details() != _BROKEN_WRITE:
            return seen
        await asyncio.wait({self._told}, timeout=_PATIENCE_S)
        return self._told.result() if self._told.done() else seen

    def _note(self, call: Call) -> None:
        details = _at_once(call.details())
        if details != _BROKEN_WRITE and not self._told.done():
            code, metadata = _at_once(call.code()), _at_once(call.trailing_metadata())
            self._told.set_result(grpc.aio.AioRpcError(code, grpc.aio.Metadata(), metadata, details))


def _at_once(question: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that has nothing to wait for: a call that is done knows how it ended."""
    try:
        question.send(None)
    except StopIteration as answer:
        found: T = answer.value
        return found
    question.close()
    raise RuntimeError("a call that is done did not know how it ended")
