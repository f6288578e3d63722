from __future__ import annotations

import cv2
import numpy as np
import pytest

from haven_server.perception.alignment import TEMPLATE, Landmarks
from haven_server.perception.face_quality import face_quality, frontality, sharpness
from haven_server.settings import FaceSettings
from haven_server.types import BGRImage

THRESHOLD = FaceSettings().quality_threshold
DEPTH = np.array([0, 0, 20, 0, 0])
"""How far each landmark of the template stands out of the face's plane, px."""


def face(blur: float = 0.0) -> BGRImage:
    picture = np.random.default_rng(0).integers(60, 190, (112, 112, 3)).astype(np.uint8)
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), 1.0 + blur), np.uint8)


def turned(yaw: float = 0.0, pitch: float = 0.0, roll: float = 0.0) -> Landmarks:
    """The template's face in three dimensions, turned by degrees, seen from far away."""
    points = np.column_stack([TEMPLATE - TEMPLATE.mean(axis=0), DEPTH])
    y, p, r = np.radians([yaw, pitch, roll])
    about_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
    about_z = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    return np.asarray((points @ (about_z @ about_x @ about_y).T)[:, :2] + 56, np.float32)


def quality(side_px: float = 70, blur: float = 0.0, yaw: float = 0.0, score: float = 0.8) -> float:
    return face_quality(side_px, face(blur), turned(yaw), score)


def test_a_sharp_frontal_face_of_60_px_is_good() -> None:
    assert quality(side_px=60) > THRESHOLD


def test_a_slightly_turned_face_is_still_good() -> None:
    assert quality(yaw=20) > THRESHOLD


@pytest.mark.parametrize(
    "fault", [{"side_px": 40}, {"blur": 5.0}, {"yaw": 50}, {"yaw": -50}, {"yaw": 85}, {"score": 0.45}]
)
def test_one_fault_is_enough_to_sink_a_face(fault: dict[str, float]) -> None:
    assert quality(**fault) < THRESHOLD


def test_turning_away_lowers_frontality_and_the_side_does_not_matter() -> None:
    values = [frontality(turned(yaw=yaw)) for yaw in (0, 15, 30, 45, 60)]
    assert values == sorted(values, reverse=True)
    assert values[-1] == 0
    assert frontality(turned(yaw=-30)) == pytest.approx(values[2], abs=0.05)


@pytest.mark.parametrize("roll", [30, 90, 180, -45])
def test_rolling_the_head_does_not_matter(roll: float) -> None:
    assert frontality(turned(yaw=20, roll=roll)) == pytest.approx(frontality(turned(yaw=20)), abs=1e-3)


@pytest.mark.parametrize("pitch", [-50, 50])
def test_looking_far_up_or_down_lowers_frontality(pitch: float) -> None:
    assert frontality(turned(pitch=pitch)) < frontality(turned()) - 0.2


def test_landmarks_in_one_place_are_no_face() -> None:
    assert frontality(np.ones((5, 2), np.float32)) == 0


def test_blur_lowers_sharpness_and_hair_and_border_do_not_count() -> None:
    assert sharpness(face()) == 1
    assert sharpness(face(blur=5)) < 0.3
    bordered = face(blur=5)
    bordered[:30] = 0
    assert sharpness(bordered) == sharpness(face(blur=5))
