"""`make export-test`: what makers' tools export is imported and runs on both engines. Installs these tools: gigabytes.

Nothing else is fetched: architectures are built with random weights, trained ones are made up, a pack is in the cache.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest

from haven_server.engine.embedded import EmbeddedEngine
from haven_server.engine.triton import TritonEngine
from haven_server.errors import ExportError
from haven_server.models import ImportResult, import_models
from haven_server.models.probe import probe_images
from haven_server.operations.networks.exporting import ENVIRONMENT, ExportPlan, export, install
from haven_server.operations.networks.licences import AGPL, NON_COMMERCIAL
from haven_server.operations.triton.process import TritonServer
from haven_server.perception.contract import EMBEDDINGS, IMAGES
from haven_server.types import ModelRole
from tests.conftest import triton  # noqa: F401 - a fixture
from tests.unit.models.conftest import embedder, scrfd

SIZE = 320
WEIGHTS = {
    "yolov8n": "from triton_models.export.with_ultralytics import _untrained; _untrained('yolov8n', 64).save('{path}')",
    "osnet_x0_25": "import torch; from triton_models.export.with_torchreid import _models; "
    "held = _models().build_model('osnet_x0_25', 751, pretrained=False, use_gpu=False).state_dict(); "
    "torch.save({{'state_dict': {{'module.' + name: value for name, value in held.items()}}}}, '{path}')",
}
"""Makes a file as training leaves it, of each maker that takes one."""

Export = Callable[..., dict[ModelRole, ImportResult]]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return tmp_path / "repository"


@pytest.fixture
def exported(tmp_path: Path, repository: Path) -> Export:
    """Exports networks and imports what came."""
    folder = tmp_path / "raw"
    folder.mkdir()

    def run(*names: str, untrained: bool = False, weights: Path | None = None) -> dict[ModelRole, ImportResult]:
        accepted = frozenset({AGPL, NON_COMMERCIAL})
        plan = ExportPlan(names, SIZE, weights, untrained, accepted, ENVIRONMENT, tmp_path / "cache")
        export(plan, folder, print)
        return {result.info.role: result for result in import_models(folder, repository)}

    return run


def weights_of(name: str, package: str, path: Path) -> Path:
    """Have a maker's tools write a file of weights."""
    install(package, ENVIRONMENT, print)
    python = ENVIRONMENT.absolute() / "bin" / "python"
    environment = {"PYTHONPATH": str(Path.cwd()), "HOME": str(path.parent)}
    subprocess.run([python, "-c", WEIGHTS[name].format(path=path)], cwd=path.parent, env=environment, check=True)
    return path


@pytest.mark.parametrize(
    ("names", "roles"),
    [
        (("yolov8n", "yolov8n-pose"), {ModelRole.PERSON_DETECTOR, ModelRole.POSE_ESTIMATOR}),
        (("yolo11n", "osnet_ain_x0_25"), {ModelRole.PERSON_DETECTOR, ModelRole.APPEARANCE_EMBEDDER}),
        (("osnet_ibn_x1_0",), {ModelRole.APPEARANCE_EMBEDDER}),
    ],
)
def test_architectures_are_exported_and_take_their_roles(
    exported: Export, names: tuple[str, ...], roles: set[ModelRole]
) -> None:
    results = exported(*names, untrained=True)
    assert set(results) == roles
    assert {result.info.name for result in results.values()} == set(names)


async def test_exported_networks_answer_alike_on_both_engines(
    exported: Export,
    repository: Path,
    triton: TritonServer,  # noqa: F811
) -> None:
    exported("yolov8n", "yolo11n-pose", "osnet_x0_25", untrained=True)
    shutil.copytree(repository, triton.repository, dirs_exist_ok=True)
    here = EmbeddedEngine(repository, device="cpu", threads=1)
    there = TritonEngine(repository, triton.address, 60.0, 0)
    for role in (ModelRole.PERSON_DETECTOR, ModelRole.POSE_ESTIMATOR, ModelRole.APPEARANCE_EMBEDDER):
        info = here.describe(role)
        images = {IMAGES: probe_images(info.input_height, info.input_width)}
        wanted, given = await here.infer(role, images), await there.infer(role, images)
        assert set(given) == set(wanted)
        for name, tensor in wanted.items():
            np.testing.assert_allclose(given[name], tensor, rtol=0, atol=1e-3)
        # Random weights find something, and not the same in every picture.
        told = wanted[EMBEDDINGS] if role is ModelRole.APPEARANCE_EMBEDDER else wanted["scores"]
        assert np.ptp(told, axis=0).max() > 0.01
    await here.close()
    await there.close()


@pytest.mark.parametrize(("name", "package"), [("yolov8n", "ultralytics"), ("osnet_x0_25", "torchreid")])
def test_trained_weights_are_taken_from_a_file(exported: Export, tmp_path: Path, name: str, package: str) -> None:
    (result,) = exported(name, weights=weights_of(name, package, tmp_path / "own.pt")).values()
    assert result.info.name == name


def test_weights_of_another_network_are_refused(exported: Export, tmp_path: Path) -> None:
    weights = weights_of("osnet_x0_25", "torchreid", tmp_path / "own.pt")
    with pytest.raises(ExportError, match=r"torchreid did not export osnet_x0_5: .*size mismatch"):
        exported("osnet_x0_5", weights=weights)


def test_a_pack_that_insightface_has_fetched_fills_both_roles_of_faces(exported: Export, tmp_path: Path) -> None:
    pack = tmp_path / "cache" / "insightface" / "models" / "buffalo_sc"
    pack.mkdir(parents=True)
    onnx.save(scrfd(), pack / "det_500m.onnx")
    onnx.save(embedder(), pack / "w600k_mbf.onnx")
    results = exported("buffalo_sc")
    assert [(role, result.info.name) for role, result in results.items()] == [
        (ModelRole.FACE_DETECTOR, "det_500m"),
        (ModelRole.FACE_EMBEDDER, "w600k_mbf"),
    ]
