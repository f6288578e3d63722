"""What every engine must do, run over all of them."""

from __future__ import annotations

import asyncio
import functools
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TypeAlias

import numpy as np
import onnx
import pytest
from onnx import helper, parser

from haven_server.engine.embedded import EmbeddedEngine
from haven_server.engine.repository import hash_model, info_metadata, model_path
from haven_server.engine.triton import TritonEngine
from haven_server.errors import EngineError, ModelError
from haven_server.models.triton import config_path, config_text
from haven_server.operations.triton.process import TritonServer
from haven_server.perception.contract import CONTRACTS, EMBEDDINGS, IMAGES
from haven_server.ports import Engine
from haven_server.types import ModelInfo, ModelRole

ROOT = Path(__file__).parents[2]
NETWORK = """
<ir_version: 8, opset_import: ["" : 13]>
face_embedder (uint8[N, 2, 4, 3] images) => (float[N, D] embeddings) {
    pixels = Cast <to = 1> (images)
    embeddings = Flatten <axis = 1> (pixels)
}
"""
"""A network whose answer is plain: the pixels themselves, in a row."""

MakeEngine: TypeAlias = Callable[[Path], Engine]


def make_embedded(repository: Path) -> Engine:
    return EmbeddedEngine(repository, device="cpu", threads=1)


def make_triton(server: TritonServer, shared_memory_mb: int, repository: Path) -> Engine:
    """An engine for a server whose own repository becomes a copy of that one."""
    shutil.copytree(repository, server.repository, dirs_exist_ok=True)
    return TritonEngine(repository, server.address, 60.0, shared_memory_mb)


@pytest.fixture(params=["embedded", "triton by wire", "triton by shared memory"])
def make_engine(request: pytest.FixtureRequest) -> MakeEngine:
    """Makes each engine in turn."""
    if request.param == "embedded":
        return make_embedded
    shared_memory_mb = 8 if "shared" in request.param else 0
    return functools.partial(make_triton, request.getfixturevalue("triton"), shared_memory_mb)


@pytest.fixture(scope="session", params=["demo", "real"])
def networks(request: pytest.FixtureRequest) -> Path:
    """A repository with a network in every role: those of the drawn world, then real ones."""
    if request.param == "demo":
        return ROOT / "triton_models" / "demo"
    repository: Path = request.getfixturevalue("real_repository")
    return repository


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with a face embedder and nothing else."""
    model = parser.parse_model(NETWORK)
    info = ModelInfo(ModelRole.FACE_EMBEDDER, "plain", hash_model(model), "demo", 2, 4, 24, {"face_similarity": 0.5})
    helper.set_model_props(model, info_metadata(info))
    path = model_path(tmp_path, ModelRole.FACE_EMBEDDER)
    path.parent.mkdir(parents=True)
    onnx.save(model, path)
    config = config_text(ModelRole.FACE_EMBEDDER).replace("112, 112, 3", "2, 4, 3")
    config_path(tmp_path, ModelRole.FACE_EMBEDDER).write_text(config)
    return tmp_path


@pytest.fixture
async def engine(make_engine: MakeEngine, repository: Path) -> AsyncIterator[Engine]:
    """Each engine in turn, over that repository."""
    engine = make_engine(repository)
    yield engine
    await engine.close()


@pytest.fixture
async def full_engine(make_engine: MakeEngine, networks: Path) -> AsyncIterator[Engine]:
    """Each engine in turn, over networks in every role."""
    engine = make_engine(networks)
    yield engine
    await engine.close()


def pictures(count: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.arange(count * 24, dtype=np.uint8).reshape(count, 2, 4, 3)


async def test_it_describes_what_is_installed(engine: Engine) -> None:
    info = engine.describe(ModelRole.FACE_EMBEDDER)
    assert (info.name, info.domain, info.input_height, info.input_width, info.dimension) == ("plain", "demo", 2, 4, 24)
    assert info.thresholds == {"face_similarity": 0.5}
    assert len(info.model_hash) == 64


@pytest.mark.parametrize("count", [1, 3, 70])
async def test_it_answers_every_row_of_a_batch(engine: Engine, count: int) -> None:
    answer = await engine.infer(ModelRole.FACE_EMBEDDER, {IMAGES: pictures(count)})
    assert set(answer) == {EMBEDDINGS}
    np.testing.assert_array_equal(answer[EMBEDDINGS], pictures(count).reshape(count, 24).astype(np.float32))


async def test_it_takes_pictures_that_do_not_lie_in_a_row(engine: Engine) -> None:
    mirrored = pictures(2)[:, :, ::-1]
    answer = await engine.infer(ModelRole.FACE_EMBEDDER, {IMAGES: mirrored})
    np.testing.assert_array_equal(answer[EMBEDDINGS], mirrored.reshape(2, 24).astype(np.float32))


async def test_calls_that_overlap_keep_their_own_answers(engine: Engine) -> None:
    batches = [pictures(1) + np.uint8(step) for step in range(20)]
    answers = await asyncio.gather(*(engine.infer(ModelRole.FACE_EMBEDDER, {IMAGES: batch}) for batch in batches))
    for batch, answer in zip(batches, answers, strict=True):
        np.testing.assert_array_equal(answer[EMBEDDINGS][0], batch.ravel().astype(np.float32))


@pytest.mark.parametrize(
    ("name", "shape", "dtype", "given"),
    [
        ("pictures", (1, 2, 4, 3), np.uint8, r"pictures uint8 \[1,2,4,3\]"),
        (IMAGES, (1, 2, 5, 3), np.uint8, r"images uint8 \[1,2,5,3\]"),
        (IMAGES, (2, 4, 3), np.uint8, r"images uint8 \[2,4,3\]"),
        (IMAGES, (0, 2, 4, 3), np.uint8, r"images uint8 \[0,2,4,3\]"),
        (IMAGES, (1, 2, 4, 3), np.float32, r"images float32 \[1,2,4,3\]"),
    ],
)
async def test_it_refuses_what_the_network_does_not_take(
    engine: Engine, name: str, shape: tuple[int, ...], dtype: type[np.generic], given: str
) -> None:
    with pytest.raises(EngineError, match=rf"face_embedder takes images uint8 \[\?,2,4,3\]; given {given}"):
        await engine.infer(ModelRole.FACE_EMBEDDER, {name: np.zeros(shape, dtype)})


async def test_it_refuses_a_call_without_tensors_and_one_with_too_many(engine: Engine) -> None:
    with pytest.raises(EngineError, match="given nothing"):
        await engine.infer(ModelRole.FACE_EMBEDDER, {})
    with pytest.raises(EngineError, match="extra uint8"):
        await engine.infer(ModelRole.FACE_EMBEDDER, {IMAGES: pictures(1), "extra": pictures(1)})


async def test_a_refused_call_does_not_harm_the_next(engine: Engine) -> None:
    with pytest.raises(EngineError):
        await engine.infer(ModelRole.FACE_EMBEDDER, {})
    assert (await engine.infer(ModelRole.FACE_EMBEDDER, {IMAGES: pictures(1)}))[EMBEDDINGS].shape == (1, 24)


async def test_a_missing_network_is_named_with_the_command_that_installs_it(engine: Engine) -> None:
    missing = r"pose_estimator.1.model\.onnx is missing; install one with `haven models import"
    with pytest.raises(ModelError, match=missing):
        engine.describe(ModelRole.POSE_ESTIMATOR)
    with pytest.raises(ModelError, match=missing):
        await engine.infer(ModelRole.POSE_ESTIMATOR, {IMAGES: pictures(1)})


async def test_networks_are_opened_ahead_as_often_as_one_likes(engine: Engine) -> None:
    await engine.open([])
    await engine.open([ModelRole.FACE_EMBEDDER])
    await engine.open({ModelRole.FACE_EMBEDDER: None})
    assert (await engine.infer(ModelRole.FACE_EMBEDDER, {IMAGES: pictures(1)}))[EMBEDDINGS].shape == (1, 24)


async def test_opening_ahead_finds_a_network_that_is_missing(engine: Engine) -> None:
    with pytest.raises(ModelError, match=r"pose_estimator.1.model\.onnx is missing; install one with `haven models"):
        await engine.open([ModelRole.FACE_EMBEDDER, ModelRole.POSE_ESTIMATOR])


async def test_opening_ahead_finds_a_network_that_cannot_run(engine: Engine, repository: Path) -> None:
    path = model_path(repository, ModelRole.FACE_EMBEDDER)
    model = onnx.load(path)
    model.graph.node[0].op_type = "NoSuchOperator"
    info = ModelInfo(ModelRole.FACE_EMBEDDER, "broken", hash_model(model), "demo", 2, 4, 24)
    helper.set_model_props(model, info_metadata(info))
    onnx.save(model, path)
    with pytest.raises(ModelError, match="cannot be run"):
        await engine.open([ModelRole.FACE_EMBEDDER])


async def test_it_can_be_closed_twice_and_then_refuses(engine: Engine) -> None:
    await engine.infer(ModelRole.FACE_EMBEDDER, {IMAGES: pictures(1)})
    await engine.close()
    await engine.close()
    with pytest.raises(EngineError, match="closed"):
        await engine.open([ModelRole.FACE_EMBEDDER])
    with pytest.raises(EngineError, match="closed"):
        await engine.infer(ModelRole.FACE_EMBEDDER, {IMAGES: pictures(1)})


@pytest.mark.parametrize("role", ModelRole)
async def test_networks_keep_the_contract(full_engine: Engine, role: ModelRole) -> None:
    info = full_engine.describe(role)
    images = np.random.default_rng(3).integers(0, 256, (2, info.input_height, info.input_width, 3), dtype=np.uint8)
    answer = await full_engine.infer(role, {IMAGES: images})
    lengths: dict[str, int] = {"N": 2, "H": info.input_height, "W": info.input_width}
    assert set(answer) == {spec.name for spec in CONTRACTS[role].outputs}
    for spec in CONTRACTS[role].outputs:
        tensor = answer[spec.name]
        assert tensor.dtype == spec.dtype
        for axis, length in zip(spec.shape, tensor.shape, strict=True):
            assert length == (axis if isinstance(axis, int) else lengths.setdefault(axis, length))
    assert lengths.get("D") == info.dimension


@pytest.mark.parametrize("role", ModelRole)
async def test_networks_give_the_same_bits_again(full_engine: Engine, role: ModelRole) -> None:
    info = full_engine.describe(role)
    images = np.random.default_rng(4).integers(0, 256, (3, info.input_height, info.input_width, 3), dtype=np.uint8)
    first = await full_engine.infer(role, {IMAGES: images})
    again = await full_engine.infer(role, {IMAGES: images})
    for name, tensor in first.items():
        np.testing.assert_array_equal(tensor, again[name])


@pytest.mark.parametrize("role", ModelRole)
async def test_all_engines_give_the_same_answers(networks: Path, triton: TritonServer, role: ModelRole) -> None:
    engines = [make_embedded(networks), *(make_triton(triton, memory, networks) for memory in (0, 8))]
    info = engines[0].describe(role)
    images = np.random.default_rng(5).integers(0, 256, (2, info.input_height, info.input_width, 3), dtype=np.uint8)
    wanted, *answers = [await engine.infer(role, {IMAGES: images}) for engine in engines]
    for given in answers:
        assert set(given) == set(wanted)
        for name, tensor in wanted.items():
            np.testing.assert_allclose(given[name], tensor, rtol=0, atol=1e-3)
    for engine in engines:
        await engine.close()
