"""The engine outside the server, held against a real Triton that is harmed."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import numpy as np
import onnx
import pytest
import tritonclient.grpc
from onnx import helper, parser

from haven_server.engine.repository import hash_model, info_metadata, model_path
from haven_server.engine.shared_region import FOLDER, PREFIX
from haven_server.engine.triton import TritonEngine
from haven_server.errors import (
    EngineOverloadedError,
    EngineTimeoutError,
    EngineUnavailableError,
    HavenError,
    ModelError,
    NetworkUnavailableError,
)
from haven_server.models.triton import config_path, config_text
from haven_server.operations.triton import installation, process
from haven_server.operations.triton.process import TritonServer
from haven_server.types import ModelInfo, ModelRole, Tensors

ROOT = Path(__file__).parents[3]
DEMO = ROOT / "triton_models" / "demo"
ROLE = ModelRole.FACE_EMBEDDER
OTHER_NETWORK = """
<ir_version: 8, opset_import: ["" : 13]>
face_embedder (uint8[N, 112, 112, 3] images) => (float[N, D] embeddings) {
    pixels = Cast <to = 1> (images)
    means = ReduceMean <axes = [1, 2], keepdims = 0> (pixels)
    embeddings = Identity (means)
}
"""
"""Another network for the same role: the mean colour."""
CLIENT_THAT_IS_KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from haven_server.engine.shared_region import FOLDER, PREFIX
from haven_server.engine.triton import TritonEngine
from haven_server.types import ModelRole

async def main():
    engine = TritonEngine(Path(sys.argv[1]), sys.argv[2], 60.0, shared_memory_mb=1)
    await engine.open([ModelRole.FACE_EMBEDDER])
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""
PICTURE: Tensors = {"images": np.zeros((1, 112, 112, 3), np.uint8)}


@pytest.fixture
def served(triton: TritonServer) -> TritonServer:
    """The server, with the demo's face embedder."""
    shutil.copytree(DEMO / ROLE.value, Path(triton.repository) / ROLE.value, dirs_exist_ok=True)
    return triton


@pytest.fixture
async def engine(served: TritonServer) -> AsyncIterator[TritonEngine]:
    engine = TritonEngine(DEMO, served.address, timeout_s=60.0)
    await engine.open([ROLE])
    yield engine
    await engine.close()


def stubs_of(role: ModelRole, server: TritonServer) -> Iterator[int]:
    """List the processes that run a network."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                words = (folder / "cmdline").read_bytes().split(b"\0")
            except (FileNotFoundError, ProcessLookupError):
                continue
            if str(server.pid).encode() in words and f"/{role.value}/".encode() in words[1]:
                yield int(folder.name)


async def answer_after_trouble(engine: TritonEngine) -> Tensors:
    """Call until there is an answer; every refusal before must be one that is worth another call."""
    async with asyncio.timeout(60):
        while True:
            try:
                return await engine.infer(ROLE, PICTURE)
            except (EngineUnavailableError, EngineTimeoutError):
                await asyncio.sleep(0)


async def test_a_network_whose_process_died_is_loaded_anew(engine: TritonEngine, served: TritonServer) -> None:
    before = await engine.infer(ROLE, PICTURE)
    stubs = list(stubs_of(ROLE, served))
    assert stubs
    for stub in stubs:
        os.kill(stub, signal.SIGKILL)
    with pytest.raises(NetworkUnavailableError, match="face_embedder does not run in Triton"):
        await engine.infer(ROLE, PICTURE)
    after = await answer_after_trouble(engine)
    np.testing.assert_array_equal(after["embeddings"], before["embeddings"])


async def test_a_call_without_time_is_given_up(served: TritonServer, engine: TritonEngine) -> None:
    hasty = TritonEngine(DEMO, served.address, timeout_s=1e-4)
    await hasty.open([ROLE])
    with pytest.raises(EngineTimeoutError, match="face_embedder"):
        await hasty.infer(ROLE, PICTURE)
    await hasty.close()


async def test_a_full_queue_refuses_some_calls_and_answers_the_others(served: TritonServer, tmp_path: Path) -> None:
    config = config_path(Path(served.repository), ROLE)
    before = config.read_text()
    config.write_text(config_text(ROLE, ["dynamic_batching { default_queue_policy { max_queue_size: 1 } }"]))
    with tritonclient.grpc.InferenceServerClient(served.address) as client:
        client.load_model(ROLE.value)
        engine = TritonEngine(DEMO, served.address, timeout_s=60.0)
        crowd = {"images": np.zeros((32, 112, 112, 3), np.uint8)}
        results = await asyncio.gather(*(engine.infer(ROLE, crowd) for _ in range(24)), return_exceptions=True)
        await engine.close()
        config.write_text(before)
        client.load_model(ROLE.value)
    refused = [result for result in results if isinstance(result, EngineOverloadedError)]
    answered = [result["embeddings"].shape[0] for result in results if isinstance(result, dict)]
    assert refused and answered == [32] * (24 - len(refused))


async def test_a_server_that_serves_another_network_is_found_out(served: TritonServer, tmp_path: Path) -> None:
    model = parser.parse_model(OTHER_NETWORK)
    info = ModelInfo(ROLE, "other", hash_model(model), "demo", 112, 112, 3)
    helper.set_model_props(model, info_metadata(info))
    path = model_path(tmp_path, ROLE)
    path.parent.mkdir(parents=True)
    onnx.save(model, path)
    engine = TritonEngine(tmp_path, served.address, timeout_s=60.0)
    with pytest.raises(ModelError, match=r"face_embedder of .* is not what Triton at .* serves: start it with this"):
        await engine.open([ROLE])
    await engine.close()


async def test_a_network_that_the_server_does_not_have_is_named(served: TritonServer) -> None:
    role = ModelRole.APPEARANCE_EMBEDDER
    shutil.rmtree(Path(served.repository) / role.value, ignore_errors=True)
    with tritonclient.grpc.InferenceServerClient(served.address) as client:
        client.unload_model(role.value)
    engine = TritonEngine(DEMO, served.address, timeout_s=60.0)
    with pytest.raises(ModelError, match=r"cannot load appearance_embedder .*--model-control-mode=explicit"):
        await engine.open([role])
    await engine.close()


async def test_a_server_that_is_not_there_is_named_with_the_command_that_starts_one() -> None:
    engine = TritonEngine(DEMO, "127.0.0.1:1", timeout_s=60.0)
    with pytest.raises(EngineUnavailableError, match=r"127\.0\.0\.1:1 cannot be reached .*`haven triton start`"):
        await engine.infer(ROLE, PICTURE)
    await engine.close()


def regions(server: TritonServer) -> set[str]:
    """Names of the memory that a server shares with clients."""
    with tritonclient.grpc.InferenceServerClient(server.address) as client:
        return set(client.get_system_shared_memory_status().regions)


async def test_memory_is_shared_with_a_server_of_this_host_and_given_back(served: TritonServer) -> None:
    before = set(FOLDER.glob(f"{PREFIX}*"))
    engine = TritonEngine(DEMO, served.address, 60.0, shared_memory_mb=1)
    await engine.open([ROLE])
    (name,) = regions(served)
    assert (FOLDER / name).stat().st_size == 1_000_000
    await engine.close()
    await engine.close()
    assert regions(served) == set()
    assert set(FOLDER.glob(f"{PREFIX}*")) == before


async def test_what_has_no_room_in_shared_memory_goes_over_the_wire(served: TritonServer, engine: TritonEngine) -> None:
    shared = TritonEngine(DEMO, served.address, 60.0, shared_memory_mb=1)
    pictures = np.random.default_rng(0).integers(0, 256, (32, 112, 112, 3), dtype=np.uint8)
    wanted = await engine.infer(ROLE, {"images": pictures})
    answers = await asyncio.gather(*(shared.infer(ROLE, {"images": pictures}) for _ in range(3)))
    for answer in answers:
        np.testing.assert_array_equal(answer["embeddings"], wanted["embeddings"])
    await shared.close()


async def test_a_server_that_cannot_reach_the_memory_is_sent_pictures_over_the_wire(
    served: TritonServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("haven_server.engine.shared_region.FOLDER", tmp_path)
    engine = TritonEngine(DEMO, served.address, 60.0, shared_memory_mb=1)
    assert (await engine.infer(ROLE, PICTURE))["embeddings"].shape[0] == 1
    assert regions(served) == set()
    assert list(tmp_path.iterdir()) == []
    await engine.close()


async def test_memory_of_a_client_that_was_killed_is_taken_from_the_server(served: TritonServer) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", CLIENT_THAT_IS_KILLED, str(DEMO), served.address], capture_output=True, check=False
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    left = regions(served)
    assert len(left) == 1
    engine = TritonEngine(DEMO, served.address, 60.0, shared_memory_mb=1)
    await engine.open([ROLE])
    assert len(regions(served)) == 1 and not regions(served) & left
    assert not any((FOLDER / name).exists() for name in left)
    await engine.close()


async def test_a_server_that_forgot_the_memory_is_told_of_it_again(served: TritonServer) -> None:
    engine = TritonEngine(DEMO, served.address, 60.0, shared_memory_mb=1)
    await engine.open([ROLE])
    with tritonclient.grpc.InferenceServerClient(served.address) as client:
        client.unregister_system_shared_memory()
    answers = await asyncio.gather(*(engine.infer(ROLE, PICTURE) for _ in range(4)))
    assert [len(answer["embeddings"]) for answer in answers] == [1] * 4
    await engine.infer(ROLE, PICTURE)
    assert len(regions(served)) == 1
    await engine.close()


@pytest.mark.parametrize("shared_memory_mb", [0, 1])
async def test_a_server_that_was_killed_and_started_again_is_used_again(
    tmp_path: Path, served: TritonServer, shared_memory_mb: int
) -> None:
    repository = tmp_path / "repository"
    shutil.copytree(DEMO / ROLE.value, repository / ROLE.value)
    folder = installation.cache_folder(os.environ)
    port = served.port + 1 if served.port < 65535 else served.port - 1
    first = await asyncio.to_thread(process.start, repository, port, folder, os.environ)
    engine = TritonEngine(repository, first.address, 60.0, shared_memory_mb)
    before = await engine.infer(ROLE, PICTURE)
    os.kill(first.pid, signal.SIGKILL)
    process.stop(first, folder)
    with pytest.raises(EngineUnavailableError):
        await engine.infer(ROLE, PICTURE)
    second = await asyncio.to_thread(process.start, repository, port, folder, os.environ)
    try:
        after = await answer_after_trouble(engine)
        assert len(regions(second)) == shared_memory_mb
    finally:
        await engine.close()
        process.stop(second, folder)
        Path(second.log).unlink()
    np.testing.assert_array_equal(after["embeddings"], before["embeddings"])
    with pytest.raises(HavenError, match="no Triton was started"):
        process.find(port, folder)
