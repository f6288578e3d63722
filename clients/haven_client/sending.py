"""Send frames and read answers at the same time: Frame -> StreamFramesResponse."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable
from typing import TypeAlias

import grpc
from haven.v1 import tracking_service_pb2

from haven_client import wire
from haven_client.errors import translate
from haven_client.messages import CameraEnd, Frame

Call: TypeAlias = grpc.aio.StreamStreamCall[
    tracking_service_pb2.StreamFramesRequest, tracking_service_pb2.StreamFramesResponse
]


async def answers(
    call: Call, opening: tracking_service_pb2.StreamOpening, frames: AsyncIterable[Frame | CameraEnd]
) -> AsyncGenerator[tracking_service_pb2.StreamFramesResponse, None]:
    """Yield the server's answers while frames are sent beside it; leaving early cancels the call.

    Raises:
        ClientError: the server ended the call with an error.
        Exception: whatever ``frames`` raises.
    """
    sending = asyncio.create_task(_send(call, opening, frames))
    try:
        async for response in call:
            yield response
    except (grpc.aio.AioRpcError, asyncio.CancelledError) as error:
        # A call that was cut because the frames could not be had ends as cancelled: what matters is why.
        if sending.done() and not sending.cancelled() and (cause := sending.exception()) is not None:
            raise cause from None
        if isinstance(error, grpc.aio.AioRpcError):
            raise translate(error) from error
        raise
    finally:
        call.cancel()
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)


async def _send(
    call: Call, opening: tracking_service_pb2.StreamOpening, frames: AsyncIterable[Frame | CameraEnd]
) -> None:
    try:
        await call.write(tracking_service_pb2.StreamFramesRequest(opening=opening))
        async for item in frames:
            await call.write(wire.write_request(item))
        await call.done_writing()
    except (grpc.aio.AioRpcError, asyncio.InvalidStateError):
        # The server has ended the call; whoever reads the answers is told why.
        return
    except Exception:
        call.cancel()
        raise
