"""Real networks on real photographs: what is imported finds the people and faces that are there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import onnxruntime
import pytest

from haven_server.engine.repository import model_path
from haven_server.models import import_models
from haven_server.models.batching import Batching
from haven_server.types import ModelRole

RAW = {
    "yolov8n_320": Batching.NATIVE,
    "yolov8n_640": Batching.NATIVE,
    "yolov8n-pose_320": Batching.NATIVE,
    "yolov8n-pose_640": Batching.NATIVE,
    "scrfd_500m_kps_640": Batching.FREED,
    "face_detection_yunet_2023mar": Batching.FREED,
    "w600k_mbf": Batching.NATIVE,
    "osnet_x0_25_msmt17": Batching.NATIVE,
    "osnet_x1_0": Batching.FREED,
}
CONFIDENT = 0.4


def look(repository: Path, role: ModelRole, *pictures: Path) -> list[dict[str, npt.NDArray[Any]]]:
    """Run an installed detector over pictures, shrunk into its input's upper left corner, in one batch."""
    session = onnxruntime.InferenceSession(model_path(repository, role))
    height, width = (
        int(session.get_modelmeta().custom_metadata_map[f"haven.input_{side}"]) for side in ("height", "width")
    )
    images = np.full((len(pictures), height, width, 3), 114, np.uint8)
    for image, path in zip(images, pictures, strict=True):
        picture = cv2.imread(str(path))
        assert picture is not None
        scale = min(height / picture.shape[0], width / picture.shape[1])
        small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        image[: small.shape[0], : small.shape[1]] = small
    names = [output.name for output in session.get_outputs()]
    answers = dict(zip(names, session.run(names, {"images": images}), strict=True))
    return [{name: array[row] for name, array in answers.items()} for row in range(len(pictures))]


def confident(answer: dict[str, npt.NDArray[Any]]) -> int:
    return int((answer["scores"] >= CONFIDENT).sum())


@pytest.mark.parametrize(("name", "batching"), RAW.items())
def test_every_real_network_is_imported_and_agrees(
    test_data: Path, tmp_path: Path, name: str, batching: Batching
) -> None:
    (result,) = import_models(test_data / "models" / f"{name}.onnx", tmp_path)
    assert result.batching is batching
    assert result.difference < 1e-5
    assert result.info.dimension in (None, 512)


@pytest.mark.parametrize("role", [ModelRole.PERSON_DETECTOR, ModelRole.POSE_ESTIMATOR])
def test_the_people_of_two_photographs_are_found_in_one_batch(
    test_data: Path, real_repository: Path, role: ModelRole
) -> None:
    photos = test_data / "photos"
    bus, zidane = look(real_repository, role, photos / "bus.jpg", photos / "zidane.jpg")
    assert 3 <= confident(bus) <= 4
    assert confident(zidane) == 2


def test_keypoints_lie_in_their_persons_box(test_data: Path, real_repository: Path) -> None:
    (bus,) = look(real_repository, ModelRole.POSE_ESTIMATOR, test_data / "photos" / "bus.jpg")
    for box, keypoints in zip(bus["boxes"][:3], bus["keypoints"][:3], strict=True):
        seen = keypoints[keypoints[:, 2] > 0.5, :2]
        assert len(seen) >= 5
        assert (seen > box[:2] - 5).all() and (seen < box[2:] + 5).all()


@pytest.mark.parametrize("name", ["scrfd_500m_kps_640", "face_detection_yunet_2023mar"])
def test_both_face_detectors_find_two_faces_with_their_points_in_one_order(
    test_data: Path, tmp_path: Path, name: str
) -> None:
    import_models(test_data / "models" / f"{name}.onnx", tmp_path)
    (zidane,) = look(tmp_path, ModelRole.FACE_DETECTOR, test_data / "photos" / "zidane.jpg")
    assert confident(zidane) == 2
    for left_eye, right_eye, nose, left_mouth, right_mouth in zidane["landmarks"][:2]:
        assert left_eye[0] < right_eye[0] and left_mouth[0] < right_mouth[0]
        assert max(left_eye[1], right_eye[1]) < nose[1] < min(left_mouth[1], right_mouth[1])


def test_an_empty_picture_holds_nobody_and_the_rows_are_zero(
    test_data: Path, real_repository: Path, tmp_path: Path
) -> None:
    cv2.imwrite(str(tmp_path / "grey.png"), np.full((64, 64, 3), 114, np.uint8))
    (empty,) = look(real_repository, ModelRole.PERSON_DETECTOR, tmp_path / "grey.png")
    count = int(empty["num_detections"][0])
    assert confident(empty) == 0
    assert not empty["boxes"][count:].any() and not empty["scores"][count:].any()
