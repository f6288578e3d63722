"""Says in HAVEN's errors what Triton said: InferenceServerException -> EngineError.

Triton's status alone does not tell causes apart: UNAVAILABLE is a full queue as well as a server that is gone, INTERNAL
a fault of the network as well as a stub that died.
"""

from __future__ import annotations

import re
from typing import Final

from tritonclient.utils import InferenceServerException

from haven_server.errors import (
    EngineError,
    EngineOverloadedError,
    EngineTimeoutError,
    EngineUnavailableError,
    NetworkUnavailableError,
)
from haven_server.types import ModelRole

_QUEUE: Final = re.compile(r"Exceeds maximum queue size|Request timeout expired")
"""The queue is full, or the call waited in it longer than the policy in config.pbtxt allows."""
_STUB_DEAD: Final = re.compile(r"Stub process '.*' is not healthy")


def translate(error: InferenceServerException, role: ModelRole, url: str) -> EngineError:
    """Find the cause of a call's failure."""
    status, said = (error.status() or "").removeprefix("StatusCode."), error.message() or "no message"
    if status == "DEADLINE_EXCEEDED":
        return EngineTimeoutError(f"{role.value}: Triton at {url} gave no answer in time")
    if status == "UNAVAILABLE" and _QUEUE.search(said):
        return EngineOverloadedError(f"{role.value}: Triton at {url} has too much to do ({said})")
    if status == "UNAVAILABLE":
        return EngineUnavailableError(f"Triton at {url} cannot be reached ({said}); `haven triton start` starts one")
    if status == "NOT_FOUND" or _STUB_DEAD.search(said):
        return NetworkUnavailableError(f"{role.value} does not run in Triton at {url} ({said})")
    return EngineError(f"{role.value} failed in Triton at {url}: {said}")
