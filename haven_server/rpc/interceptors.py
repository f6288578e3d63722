"""What every call passes through: who calls, how many, how long; HavenError -> gRPC status."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager, nullcontext
from typing import Any, TypeAlias

import grpc
from google.protobuf.message import DecodeError

from haven_server.errors import (
    AnswerLateError,
    HavenError,
    InvalidInputError,
    OverloadedError,
    SequenceGoneError,
)
from haven_server.rpc.admission import OPEN, Gate
from haven_server.telemetry import logger

log = logger(__name__)

OLDEST_SEQUENCE_KEY = "haven-oldest-sequence"
"""Trailing metadata of OUT_OF_RANGE: where to resume."""
MAX_DETAILS = 2000
"""Characters of a status message: a client refuses headers over 8 KiB, and would lose the status with them."""
MAX_STREAMS = 192
"""Streams that run at the same time; what is left of all calls is for those that answer once."""
MAX_STRANGERS = 16
"""Calls that need no token and run at the same time; nobody keeps others out by making these and nothing of them."""
ANSWER_S = 30.0
"""How long a call that answers once may take, s; and how long any call may take to send its one request."""

Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]
Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"


class CallInterceptor(grpc.aio.ServerInterceptor):
    """Lets in whoever may call, bounds streams and time, and answers every error with its status.

    A HavenError is answered with its status and message, anything unforeseen with INTERNAL and a line in the log.
    """

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._streams = _Bound(MAX_STREAMS, "streams")
        self._strangers = _Bound(MAX_STRANGERS, "calls without a token")

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler | None:
        """Wrap a handler in one that takes a stream of requests, whatever the method takes.

        Otherwise gRPC would receive and decode a stranger's 64 MiB before anybody could ask who sends them, and answer
        what cannot be decoded with a traceback in the log.
        """
        handler: Any = await continuation(handler_call_details)
        if handler is None:
            return None
        method = handler_call_details.method
        make, guarded = (
            (grpc.stream_stream_rpc_method_handler, self._guard_stream(handler, method))
            if handler.response_streaming
            else (grpc.stream_unary_rpc_method_handler, self._guard_single(handler, method))
        )
        return make(guarded, _decoder(handler.request_deserializer, method), handler.response_serializer)

    def _guard_single(self, handler: Any, method: str) -> Callable[[Any, Context], Awaitable[Any]]:
        async def guarded(_: Any, context: Context) -> Any:
            try:
                self._gate.admit(method, context)
                bound = self._strangers.one_more() if method in OPEN else nullcontext()
                with bound:
                    async with _deadline(f"{method} had no answer"):
                        return await handler.unary_unary(await _only_request(context), context)
            except Exception as error:
                await _abort(error, context, method)

        return guarded

    def _guard_stream(self, handler: Any, method: str) -> Callable[[Any, Context], Awaitable[None]]:
        behaviour = handler.stream_stream or handler.unary_stream

        async def guarded(requests: Any, context: Context) -> None:
            try:
                token = self._gate.admit(method, context)
                with self._streams.one_more():
                    if not handler.request_streaming:
                        async with _deadline(f"{method}: no request came"):
                            requests = await _only_request(context)
                    if not inspect.isasyncgenfunction(behaviour):
                        await behaviour(requests, context)
                        return
                    # Closed here, at once, when the client is gone: left to gRPC, its ``finally`` would run whenever
                    # the garbage collector gets there.
                    async with aclosing(behaviour(requests, context)) as responses:
                        async for response in responses:
                            self._gate.require_valid(token)
                            await context.write(response)
            except Exception as error:
                await _abort(error, context, method)

        return guarded


class _Bound:
    """Counts what runs at the same time, and refuses one more than may."""

    def __init__(self, most: int, what: str) -> None:
        self._most = most
        self._what = what
        self._running = 0

    @contextmanager
    def one_more(self) -> Iterator[None]:
        if self._running >= self._most:
            raise OverloadedError(f"{self._most} {self._what} run already: try again when one has ended")
        self._running += 1
        try:
            yield
        finally:
            self._running -= 1


@asynccontextmanager
async def _deadline(what: str) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(ANSWER_S) as timer:
            yield
    except TimeoutError as error:
        if not timer.expired():
            raise
        raise AnswerLateError(f"{what} within {ANSWER_S:g} s") from error


async def _only_request(context: Context) -> Any:
    """Receive the request of a call that sends one."""
    request = await context.read()
    if request is grpc.aio.EOF:
        raise InvalidInputError("the call ended before its request came")
    return request


def _decoder(decode: Callable[[bytes], Any], method: str) -> Callable[[bytes], Any]:
    """Make the function that decodes a method's requests, or says that it cannot."""

    def read(message: bytes) -> Any:
        try:
            return decode(message)
        except DecodeError as error:
            raise InvalidInputError(f"{method}: the message cannot be decoded") from error

    return read


async def _abort(error: Exception, context: Context, method: str) -> None:
    """End the call with the status that an error stands for.

    Raises:
        AbortError: always; that is how gRPC leaves a handler.
    """
    if isinstance(error, grpc.aio.AbortError):
        raise error
    if not isinstance(error, HavenError):
        log.error("a call failed unexpectedly", method=method, exc_info=error)
        await context.abort(grpc.StatusCode.INTERNAL, "internal error; the server's log tells more")
    facts = ((OLDEST_SEQUENCE_KEY, str(error.oldest_sequence)),) if isinstance(error, SequenceGoneError) else ()
    await context.abort(grpc.StatusCode[error.grpc_status], str(error)[:MAX_DETAILS], facts)
