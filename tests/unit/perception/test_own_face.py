from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from haven_server.perception.own_face import face_point, may_show_face, own_face, upper_body
from haven_server.types import Sample

MakeSample = Callable[..., Sample]
REGION = (120, 100, 3)
OWN, OTHER = [30, 10, 60, 45], [70, 5, 98, 40]


def crop(height: int, width: int) -> npt.NDArray[np.uint8]:
    return np.zeros((height, width, 3), np.uint8)


def boxes(*rows: list[int]) -> npt.NDArray[np.float32]:
    return np.array(rows, np.float32).reshape(-1, 4)


@pytest.mark.parametrize(("size", "rows"), [((300, 100), 150), ((200, 100), 120), ((100, 100), 100), ((80, 240), 80)])
def test_the_face_is_looked_for_in_the_upper_half_of_who_stands_and_everywhere_in_who_lies(
    make_sample: MakeSample, size: tuple[int, int], rows: int
) -> None:
    assert upper_body(make_sample(crop(*size))).shape == (rows, size[1], 3)


def test_a_face_that_the_pose_has_further_down_is_not_cut_off(make_sample: MakeSample) -> None:
    assert upper_body(make_sample(crop(300, 100), face_at=(50, 170))).shape == (300, 100, 3)
    assert upper_body(make_sample(crop(300, 100), face_at=(50, 30))).shape == (150, 100, 3)


@pytest.mark.parametrize("corner", [(200.0, 40.0), (200.7, 40.9), (-15.0, -3.5)])
def test_the_pose_is_carried_into_the_crop(make_sample: MakeSample, corner: tuple[float, float]) -> None:
    point = face_point(make_sample(crop(300, 100), face_at=(50, 30), corner=corner))
    assert point is not None
    np.testing.assert_allclose(point, [50, 30], atol=1)


def test_a_crop_too_small_for_a_usable_face_is_not_looked_at(make_sample: MakeSample) -> None:
    assert may_show_face(make_sample(crop(120, 40)), 40)
    assert not may_show_face(make_sample(crop(120, 39)), 40)


def test_somebody_whose_pose_shows_no_eyes_is_not_looked_at(make_sample: MakeSample) -> None:
    assert may_show_face(make_sample(crop(300, 100), face_at=(50, 30)), 40)
    assert not may_show_face(make_sample(crop(300, 100), face_at=(50, 30), face_score=0.3), 40)


def test_of_two_faces_the_one_where_the_pose_is_belongs_to_the_person() -> None:
    assert own_face(boxes(OWN, OTHER), np.array([44, 30], np.float32), REGION) == 0
    assert own_face(boxes(OWN, OTHER), np.array([80, 30], np.float32), REGION) == 1


def test_a_face_beside_the_pose_is_somebody_elses() -> None:
    assert own_face(boxes(OTHER), np.array([44, 30], np.float32), REGION) is None


def test_without_a_pose_the_face_nearest_the_upper_middle_is_taken() -> None:
    assert own_face(boxes(OTHER, OWN), None, REGION) == 1
    assert own_face(boxes([40, 80, 60, 100], OWN), None, REGION) == 1


def test_no_face_is_nobodys() -> None:
    assert own_face(boxes(), None, REGION) is None
