"""An engine over one small network, which can be harmed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path

import onnx
import pytest
from onnx import helper, parser

from haven_server.engine.embedded import EmbeddedEngine
from haven_server.engine.repository import hash_model, info_metadata, model_path
from haven_server.errors import EngineError, HavenError
from haven_server.types import ModelInfo, ModelRole, Tensors

ROLE = ModelRole.FACE_EMBEDDER


class HarmedEngine(EmbeddedEngine):
    """An engine whose networks fail as long as a test wants.

    Attributes:
        fault: what every call and trial raises; None: they go through.
        held: while it is not set, calls wait, and fail or not as it is then.
        calls: batch lengths.
    """

    def __init__(self, repository: Path) -> None:
        super().__init__(repository, "cpu", 1)
        self.fault: HavenError | None = None
        self.held = asyncio.Event()
        self.held.set()
        self.calls: list[int] = []
        self.trials = 0

    def harm(self, fault: HavenError | None = None) -> None:
        """Let everything fail from now on."""
        self.fault = fault or EngineError("out of memory")

    async def open(self, roles: Iterable[ModelRole]) -> None:
        self.trials += 1
        if self.fault is not None:
            raise self.fault
        await super().open(roles)

    async def infer(self, role: ModelRole, tensors: Tensors) -> Tensors:
        self.calls.append(len(next(iter(tensors.values()))))
        await self.held.wait()
        if self.fault is not None:
            raise self.fault
        return await super().infer(role, tensors)


def install(repository: Path, body: str, role: ModelRole = ROLE) -> None:
    """Put a network for pictures of 2 x 4 there."""
    signature = "(uint8[N, 2, 4, 3] images) => (float[N, D] embeddings)"
    model = parser.parse_model(f'<ir_version: 8, opset_import: ["" : 13]> g {signature} {{ {body} }}')
    info = ModelInfo(role, "small", hash_model(model), "demo", 2, 4, 24)
    helper.set_model_props(model, info_metadata(info))
    path = model_path(repository, role)
    path.parent.mkdir(parents=True)
    onnx.save(model, path)


@pytest.fixture
async def harmed(tmp_path: Path) -> HarmedEngine:
    """An engine whose face embedder answers a picture's pixels."""
    install(tmp_path, "p = Cast <to = 1> (images) embeddings = Flatten (p)")
    return HarmedEngine(tmp_path)
