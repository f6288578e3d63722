"""What is the embedded engine's own: sessions opened ahead, a fault inside a network, work off the event loop."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest

from haven_server.engine.embedded import EmbeddedEngine
from haven_server.errors import ConfigurationError, EngineError, ModelError
from haven_server.types import ModelRole
from tests.unit.engine.conftest import install

ROLE = ModelRole.FACE_EMBEDDER
PICTURE = np.zeros((1, 2, 4, 3), np.uint8)


async def test_opening_ahead_finds_a_missing_network(tmp_path: Path) -> None:
    install(tmp_path, "p = Cast <to = 1> (images) embeddings = Flatten (p)")
    engine = EmbeddedEngine(tmp_path, "cpu", 1)
    await engine.open([ROLE])
    with pytest.raises(ModelError, match="no person_detector is installed"):
        await engine.open(ModelRole)
    await engine.close()


async def test_a_fault_inside_a_network_names_its_role(tmp_path: Path) -> None:
    ragged = "s = Constant <value = int64[2] {5, 7}> () embeddings = Reshape (f, s)"
    install(tmp_path, f"p = Cast <to = 1> (images) f = Flatten (p) {ragged}")
    engine = EmbeddedEngine(tmp_path, "cpu", 1)
    with pytest.raises(EngineError, match="face_embedder failed"):
        await engine.infer(ROLE, {"images": PICTURE})
    await engine.close()


async def test_a_graph_that_onnx_runtime_refuses_is_a_model_error(tmp_path: Path) -> None:
    install(tmp_path, "embeddings = NoSuchOperator (images)")
    engine = EmbeddedEngine(tmp_path, "cpu", 1)
    with pytest.raises(ModelError, match=r"model\.onnx cannot be run"):
        await engine.infer(ROLE, {"images": PICTURE})
    await engine.close()


async def test_calls_that_were_accepted_are_answered_while_it_closes(tmp_path: Path) -> None:
    install(tmp_path, "p = Cast <to = 1> (images) embeddings = Flatten (p)")
    engine = EmbeddedEngine(tmp_path, "cpu", 1)
    calls = [asyncio.ensure_future(engine.infer(ROLE, {"images": PICTURE})) for _ in range(10)]
    await asyncio.sleep(0)
    await engine.close()
    assert len(await asyncio.gather(*calls)) == 10


def test_a_device_that_is_not_there_is_refused_at_birth(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="set it to cpu"):
        EmbeddedEngine(tmp_path, "no such device", 1)


async def test_a_network_with_a_fault_inside_is_built_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, "p = Cast <to = 1> (images) embeddings = Flatten (p)")
    engine = EmbeddedEngine(tmp_path, "cpu", 1)
    await engine.open([ROLE])

    def fail(*_: object) -> None:
        raise RuntimeError("out of memory")

    with monkeypatch.context() as harm, pytest.raises(EngineError, match="face_embedder failed: out of memory"):
        harm.setattr("haven_server.engine.embedded._Model.run", fail)
        await engine.infer(ROLE, {"images": PICTURE})
    assert (await engine.infer(ROLE, {"images": PICTURE}))["embeddings"].shape == (1, 24)
    await engine.close()


async def test_opening_ahead_finds_a_network_that_fails_at_every_call(tmp_path: Path) -> None:
    ragged = "s = Constant <value = int64[2] {5, 7}> () embeddings = Reshape (f, s)"
    install(tmp_path, f"p = Cast <to = 1> (images) f = Flatten (p) {ragged}")
    engine = EmbeddedEngine(tmp_path, "cpu", 1)
    with pytest.raises(EngineError, match="face_embedder failed"):
        await engine.open([ROLE])
    await engine.close()
