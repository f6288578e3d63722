"""Whatever is sent to a served HAVEN is answered with a status that its method's comment names, and leaves it well."""

from __future__ import annotations

import asyncio
import os
import random
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.descriptor_pool import Default
from google.protobuf.message_factory import GetMessageClass
from haven_client import SyncClient
from haven_client.access import TOKEN_VARIABLE, metadata_of
from haven_client.replay import replay

from haven_server.rpc.server import SERVICES
from tests.e2e.mutations import damage, request, stream_of_frames

if TYPE_CHECKING:
    from tests.e2e.conftest import Serve, World

PROTOS = Path(__file__).parents[2] / "proto" / "haven" / "v1"
CALLS = int(os.environ.get("HAVEN_FUZZ", "400"))
"""Calls made; `make fuzz` makes 10 000."""
SEED = 8
AT_ONCE = 16
LISTEN_S, PATIENCE_S = 0.2, 60.0
"""How long a stream that has no end of its own is listened to, and any other call waited for."""
FILES_LEFT = 16
"""Open files more than before that are no leak: connections of the database's pool, and of clients just gone."""


METHODS: list[MethodDescriptor] = [method for name in SERVICES for method in Default().FindServiceByName(name).methods]


def documented(method: MethodDescriptor) -> set[str]:
    """List the statuses that a method's comment names, and those that its service's comment refers to."""
    general = re.search(r"// Failure codes of every method:.*?(?=\n//\n)", _proto("TrackingService"), re.DOTALL)
    own = re.search(rf"((?:^  //.*\n)+)  rpc {method.name}\(", _proto(method.containing_service.name), re.MULTILINE)
    assert general and own
    words = set(re.findall(r"[A-Z_]{5,}", general[0] + own[1]))
    return words & {code.name for code in grpc.StatusCode} | {"OK"}


def test_requests_that_are_nearly_right_get_a_documented_status_each(world: World, serve: Serve) -> None:
    server = serve("--config", world.config)
    # Somebody must be known for corrections to be carried out, and undone.
    assert asyncio.run(replay(server.address, world.videos)).people == {1, 2, 3}
    chance = random.Random(SEED)
    calls = [(chance.choice(METHODS), random.Random(chance.random())) for _ in range(CALLS)]
    outcomes: Counter[tuple[str, str]] = Counter()
    with grpc.insecure_channel(server.address) as channel, ThreadPoolExecutor(AT_ONCE) as callers:
        for part in (calls[: CALLS // 4], calls[CALLS // 4 :]):
            files = _open_files(server.process.pid)
            statuses = callers.map(lambda call: _call(channel, *call), part)
            outcomes.update((method.name, status) for (method, _), status in zip(part, statuses, strict=True))
        left = _open_files(server.process.pid)
    print(*(f"{name:18} {status:20} {count}" for (name, status), count in sorted(outcomes.items())), sep="\n")
    print(f"open files {files} after a quarter, {left} at the end; {_memory(server.process.pid)}")
    allowed = {method.name: documented(method) - {"INTERNAL", "UNIMPLEMENTED"} for method in METHODS}
    assert {outcome for outcome in outcomes if outcome[1] not in allowed[outcome[0]]} == set()
    with SyncClient(server.address) as client:
        client.list_cameras()
    assert left <= files + FILES_LEFT
    assert server.stop() == 0
    said = server.log.read_text()
    assert "Traceback" not in said and "unexpectedly" not in said, said[-4000:]


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_each_method_documents_what_its_own_arguments_may_do(method: MethodDescriptor) -> None:
    assert {"UNAUTHENTICATED", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "DEADLINE_EXCEEDED"} <= documented(method)


def _call(channel: grpc.Channel, method: MethodDescriptor, chance: random.Random) -> str:
    """Make one call, and return how it ended; a stream that goes on when it was listened to for long enough is OK."""
    token = os.environ[TOKEN_VARIABLE].encode()
    if chance.random() < 0.05:
        token = bytes(33 + byte % 90 for byte in damage(token, chance))
    if method.client_streaming:
        messages = stream_of_frames(chance)
    else:
        messages = [request(GetMessageClass(method.input_type)(), chance)]
    endless = method.server_streaming and not method.client_streaming
    call: Any = channel.stream_stream(f"/{method.containing_service.full_name}/{method.name}")
    patience_s = LISTEN_S if endless else PATIENCE_S
    try:
        for _ in call(iter(messages), metadata=metadata_of(token.decode()), timeout=patience_s):
            pass
    except grpc.RpcError as error:
        failed: Any = error
        is_end = endless and failed.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        return "OK" if is_end else str(failed.code().name)
    return "OK"


def _proto(service: str) -> str:
    file = Default().FindServiceByName(f"haven.v1.{service}").file.name
    return (PROTOS.parents[1] / file).read_text()


def _open_files(process: int) -> int:
    return len(list(Path(f"/proc/{process}/fd").iterdir()))


def _memory(process: int) -> str:
    (line,) = re.findall(r"VmRSS:\s+(\d+)", Path(f"/proc/{process}/status").read_text())
    return f"{int(line) // 1024} MiB in memory"
