"""`haven models import`, `list` and `check` on networks made here."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from haven_server.engine.repository import DOMAIN_KEY, THRESHOLDS_KEY, model_path, read_info
from haven_server.errors import InvalidInputError, ModelError
from haven_server.models import NOT_INSTALLED, check_models, import_models, list_models
from haven_server.models.batching import Batching
from haven_server.models.install import write_thresholds
from haven_server.types import ModelRole

RawNetworks = Mapping[str, Callable[..., onnx.ModelProto]]


def test_a_folder_fills_every_role_and_names_what_it_passed_over(raw_folder: Path, tmp_path: Path) -> None:
    results = {result.info.role: result for result in import_models(raw_folder, tmp_path / "repository")}
    assert list(results) == list(ModelRole)
    face = results[ModelRole.FACE_DETECTOR]
    assert (face.info.name, [path.name for path in face.passed_over]) == ("scrfd_tiny", ["yunet_tiny.onnx"])
    assert face.batching is Batching.FREED
    assert results[ModelRole.PERSON_DETECTOR].batching is Batching.NATIVE
    assert all(result.difference < 1e-5 for result in results.values())


def test_what_is_installed_tells_its_name_size_and_hash(raw_folder: Path, tmp_path: Path) -> None:
    results = import_models(raw_folder, tmp_path)
    for result in results:
        assert read_info(tmp_path, result.info.role) == result.info
    by_role = {result.info.role: result.info for result in results}
    assert by_role[ModelRole.PERSON_DETECTOR].name == "people"
    assert by_role[ModelRole.APPEARANCE_EMBEDDER].name == "osnet_x1_0"
    detector, embedder = by_role[ModelRole.PERSON_DETECTOR], by_role[ModelRole.FACE_EMBEDDER]
    assert (detector.input_height, detector.dimension, detector.domain) == (64, None, "production")
    assert (embedder.input_height, embedder.dimension) == (112, 32)


def test_a_network_for_another_role_than_the_one_wanted_is_refused(raw_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"yunet_tiny\.onnx is no face_embedder, but a face_detector"):
        import_models(raw_folder / "yunet_tiny.onnx", tmp_path / "repository", role=ModelRole.FACE_EMBEDDER)
    assert not (tmp_path / "repository").exists()


def test_a_single_file_replaces_what_filled_its_role(raw_folder: Path, tmp_path: Path) -> None:
    import_models(raw_folder, tmp_path)
    (result,) = import_models(raw_folder / "yunet_tiny.onnx", tmp_path, name="yunet")
    assert read_info(tmp_path, ModelRole.FACE_DETECTOR).name == "yunet" == result.info.name


def test_the_hash_follows_the_weights_and_not_the_name(raw_networks: RawNetworks, tmp_path: Path) -> None:
    path = tmp_path / "face.onnx"
    onnx.save(raw_networks["embedder"](), path)
    (first,) = import_models(path, tmp_path / "a")
    (renamed,) = import_models(path, tmp_path / "b", name="other")
    assert renamed.info == replace(first.info, name="other")
    onnx.save(raw_networks["embedder"](opset=13), path)
    (changed,) = import_models(path, tmp_path / "c")
    assert changed.info.model_hash != first.info.model_hash


def test_domain_and_thresholds_of_the_raw_file_are_kept(raw_networks: RawNetworks, tmp_path: Path) -> None:
    model = raw_networks["embedder"]()
    helper.set_model_props(model, {DOMAIN_KEY: "demo", THRESHOLDS_KEY: '{"face_similarity": 0.4}'})
    onnx.save(model, tmp_path / "face.onnx")
    (result,) = import_models(tmp_path / "face.onnx", tmp_path / "repository")
    assert (result.info.domain, result.info.thresholds) == ("demo", {"face_similarity": 0.4})


def test_clothes_alone_decide_next_to_nothing_by_an_osnet_whose_file_brings_no_thresholds(
    raw_networks: RawNetworks, tmp_path: Path
) -> None:
    model = raw_networks["embedder"](256, 128)
    onnx.save(model, tmp_path / "looks.onnx")
    (plain,) = import_models(tmp_path / "looks.onnx", tmp_path / "repository")
    assert plain.info.thresholds == {"appearance_alone": 0.95, "appearance_similarity": 0.7}
    helper.set_model_props(model, {THRESHOLDS_KEY: '{"appearance_alone": 0.8}'})
    onnx.save(model, tmp_path / "looks.onnx")
    (fitted,) = import_models(tmp_path / "looks.onnx", tmp_path / "repository")
    assert fitted.info.thresholds == {"appearance_alone": 0.8, "appearance_similarity": 0.7}


def test_an_installed_network_takes_calibrated_thresholds_and_keeps_its_hash(
    raw_networks: RawNetworks, tmp_path: Path
) -> None:
    model = raw_networks["embedder"]()
    helper.set_model_props(model, {THRESHOLDS_KEY: '{"face_similarity": 0.4, "face_disagrees": 0.1}'})
    onnx.save(model, tmp_path / "face.onnx")
    (result,) = import_models(tmp_path / "face.onnx", tmp_path / "repository")
    write_thresholds(tmp_path / "repository", ModelRole.FACE_EMBEDDER, {"face_similarity": 0.55})
    info = read_info(tmp_path / "repository", ModelRole.FACE_EMBEDDER)
    assert info.thresholds == {"face_similarity": 0.55, "face_disagrees": 0.1}
    assert info.model_hash == result.info.model_hash
    assert check_models(tmp_path / "repository")[list(ModelRole).index(ModelRole.FACE_EMBEDDER)].problem is None


def test_a_wrapped_file_is_installed_as_it_is(raw_folder: Path, tmp_path: Path) -> None:
    first = import_models(raw_folder, tmp_path / "first")
    for result in first:
        (again,) = import_models(result.installed, tmp_path / "second")
        assert again.installed.read_bytes() == result.installed.read_bytes()


def test_a_network_that_cannot_be_freed_loops_over_its_batch(raw_networks: RawNetworks, tmp_path: Path) -> None:
    onnx.save(raw_networks["yolo"](batch=1, tied=True), tmp_path / "tied.onnx")
    (result,) = import_models(tmp_path / "tied.onnx", tmp_path / "repository")
    assert result.batching is Batching.LOOPED


def test_triton_is_told_of_a_role_once_and_its_edits_are_kept(raw_folder: Path, tmp_path: Path) -> None:
    import_models(raw_folder / "people_64.onnx", tmp_path)
    config = tmp_path / "person_detector" / "config.pbtxt"
    assert 'name: "person_detector"' in config.read_text()
    config.write_text("mine")
    import_models(raw_folder / "people_64.onnx", tmp_path)
    assert config.read_text() == "mine"


def test_nothing_but_the_model_is_left_in_its_folder(raw_folder: Path, tmp_path: Path) -> None:
    import_models(raw_folder / "people_64.onnx", tmp_path)
    assert [path.name for path in model_path(tmp_path, ModelRole.PERSON_DETECTOR).parent.iterdir()] == ["model.onnx"]


def test_a_folder_leaves_out_what_it_does_not_know(raw_folder: Path, tmp_path: Path) -> None:
    (raw_folder / "broken.onnx").write_bytes(b"not a network")
    assert len(import_models(raw_folder, tmp_path / "repository")) == len(ModelRole)


def test_a_folder_with_a_network_that_does_not_prove_right_installs_nothing(raw_folder: Path, tmp_path: Path) -> None:
    path = raw_folder / "osnet_x1_0.onnx"
    model = onnx.load(path)
    bias = min(model.graph.initializer, key=lambda tensor: tensor.data_type)
    bias.CopyFrom(numpy_helper.from_array(np.full(bias.dims, np.nan, np.float32), bias.name))
    onnx.save(model, path)
    with pytest.raises(ModelError, match=r"osnet_x1_0\.onnx: the wrapped osnet network does not agree"):
        import_models(raw_folder, tmp_path / "repository")
    assert not (tmp_path / "repository").exists()


def test_bad_paths_and_files_are_named(raw_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"nowhere\.onnx does not exist"):
        import_models(tmp_path / "nowhere.onnx", tmp_path)
    with pytest.raises(InvalidInputError, match="a name can be given to a single file only"):
        import_models(raw_folder, tmp_path, name="all")
    with pytest.raises(ModelError, match=r"holds no \.onnx file that is recognised"):
        import_models(tmp_path, tmp_path)
    broken = tmp_path / "broken.onnx"
    broken.write_bytes((raw_folder / "people_64.onnx").read_bytes()[:1000])
    with pytest.raises(ModelError, match=r"broken\.onnx"):
        import_models(broken, tmp_path)


def test_a_graph_of_an_old_operator_set_asks_for_a_new_export(raw_networks: RawNetworks, tmp_path: Path) -> None:
    onnx.save(raw_networks["embedder"](opset=10), tmp_path / "old.onnx")
    with pytest.raises(ModelError, match="operator set 10; export it again with 11 or later"):
        import_models(tmp_path / "old.onnx", tmp_path)


def test_a_repository_that_is_a_file_cannot_be_written(raw_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "repository").write_text("")
    with pytest.raises(ModelError, match="cannot be written"):
        import_models(raw_folder / "people_64.onnx", tmp_path / "repository")


def test_list_tells_the_installed_from_the_missing(raw_folder: Path, tmp_path: Path) -> None:
    import_models(raw_folder / "people_64.onnx", tmp_path)
    detector, *others = list_models(tmp_path)
    assert detector.info is not None and detector.problem is None
    assert all(status.problem == NOT_INSTALLED for status in others)


def test_check_proves_every_installed_network(raw_folder: Path, tmp_path: Path) -> None:
    import_models(raw_folder, tmp_path)
    for status in check_models(tmp_path):
        assert status.problem is None
        assert status.difference is not None and status.difference < 1e-5


def test_check_finds_a_changed_a_swapped_and_an_unconfigured_file(raw_folder: Path, tmp_path: Path) -> None:
    import_models(raw_folder, tmp_path)
    path = model_path(tmp_path, ModelRole.FACE_EMBEDDER)
    model = onnx.load(path)
    weights = max(model.graph.initializer, key=lambda tensor: len(tensor.raw_data))
    weights.raw_data = bytes(len(weights.raw_data))
    onnx.save(model, path)
    shutil.copy(model_path(tmp_path, ModelRole.FACE_DETECTOR), model_path(tmp_path, ModelRole.POSE_ESTIMATOR))
    (tmp_path / "appearance_embedder" / "config.pbtxt").unlink()
    problems = {status.role: status.problem for status in check_models(tmp_path)}
    assert "was changed since" in (problems[ModelRole.FACE_EMBEDDER] or "")
    assert "holds a face_detector" in (problems[ModelRole.POSE_ESTIMATOR] or "")
    assert "config.pbtxt is missing" in (problems[ModelRole.APPEARANCE_EMBEDDER] or "")
    assert problems[ModelRole.PERSON_DETECTOR] is None
