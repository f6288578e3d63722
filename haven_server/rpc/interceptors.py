"""What every call passes through: HavenError -> gRPC status."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

import grpc

from haven_server.errors import HavenError, SequenceGoneError
from haven_server.telemetry import logger

log = logger(__name__)

OWN_METHODS = "/haven.v1."
"""Health and reflection, which are not ours, answer for themselves."""
OLDEST_SEQUENCE_KEY = "haven-oldest-sequence"
"""Trailing metadata of OUT_OF_RANGE: where to resume."""
MAX_DETAILS = 2000
"""Characters of a status message: a client refuses headers over 8 KiB, and would lose the status with them."""


class ErrorInterceptor(grpc.aio.ServerInterceptor):
    """Answers a HavenError with its status and message, and anything unforeseen with INTERNAL and a line in the log."""

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler[Any, Any] | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler[Any, Any] | None:
        """Wrap the handler of one of our methods."""
        handler = await continuation(handler_call_details)
        if handler is None or not handler_call_details.method.startswith(OWN_METHODS):
            return handler
        return _guard(handler, handler_call_details.method)


def _guard(handler: Any, method: str) -> grpc.RpcMethodHandler[Any, Any]:
    """Return the same handler with its behaviour's errors translated."""
    if not handler.response_streaming:
        behaviour = handler.stream_unary if handler.request_streaming else handler.unary_unary
        make = (
            grpc.stream_unary_rpc_method_handler if handler.request_streaming else grpc.unary_unary_rpc_method_handler
        )
        guarded = _guard_single(behaviour, method)
    else:
        behaviour = handler.stream_stream if handler.request_streaming else handler.unary_stream
        make = (
            grpc.stream_stream_rpc_method_handler if handler.request_streaming else grpc.unary_stream_rpc_method_handler
        )
        guarded = _guard_stream(behaviour, method)
    return make(guarded, handler.request_deserializer, handler.response_serializer)


def _guard_single(behaviour: Callable[..., Awaitable[Any]], method: str) -> Callable[..., Awaitable[Any]]:
    async def guarded(request: Any, context: grpc.aio.ServicerContext[Any, Any]) -> Any:
        try:
            return await behaviour(request, context)
        except Exception as error:
            await _abort(error, context, method)

    return guarded


def _guard_stream(behaviour: Callable[..., AsyncGenerator[Any, None]], method: str) -> Callable[..., Awaitable[None]]:
    """Wrap a generator.

    It is closed here, at once, when the client is gone: left to gRPC, its ``finally`` would run whenever the garbage
    collector gets there.
    """

    async def guarded(request: Any, context: grpc.aio.ServicerContext[Any, Any]) -> None:
        try:
            async with aclosing(behaviour(request, context)) as responses:
                async for response in responses:
                    await context.write(response)
        except Exception as error:
            await _abort(error, context, method)

    return guarded


async def _abort(error: Exception, context: grpc.aio.ServicerContext[Any, Any], method: str) -> None:
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
