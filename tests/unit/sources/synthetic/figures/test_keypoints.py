from __future__ import annotations

import numpy as np
import pytest

from haven_server.perception import alignment, face_quality
from haven_server.sources.synthetic.camera import Camera, Points
from haven_server.sources.synthetic.canvas import Canvas, Light
from haven_server.sources.synthetic.figures import keypoints
from haven_server.sources.synthetic.figures.casting import outfit, person
from haven_server.sources.synthetic.figures.figure import Figure
from haven_server.sources.synthetic.motion.acts import stand
from haven_server.sources.synthetic.people import Person
from haven_server.sources.synthetic.scene import Place
from haven_server.sources.synthetic.skeleton import Joint, Posture

NOSE, LEFT_EYE, RIGHT_EYE, LEFT_SHOULDER, RIGHT_SHOULDER = 0, 1, 2, 5, 6
SOMEBODY = person(5)


def posture_of(somebody: Person = SOMEBODY) -> Posture:
    return stand(somebody, Place(0.0, 0.0, 0.0), 2.0).posture(1.0)


def camera(angle_rad: float, distance_m: float = 3.0, target: Points | None = None, field_rad: float = 0.7) -> Camera:
    """Look at somebody from an angle to the left of where they look."""
    position = np.array([distance_m * np.cos(angle_rad), distance_m * np.sin(angle_rad), 1.6])
    return Camera.looking(position, np.array([0, 0, 0.9]) if target is None else target, field_rad, 200, 260)


def drawn(view: Camera, posture: Posture, somebody: Person = SOMEBODY) -> Canvas:
    size = (view.height, view.width)
    picture = Canvas.over(np.full((*size, 3), 200, np.uint8), np.full(size, 30.0, np.float32))
    Figure(somebody, outfit(somebody.seed)).draw(picture, view, posture, Light(direction=(0.8, 0.3, 0.5)), 1)
    return picture


def test_the_left_is_the_person_s_own_in_a_body_and_the_picture_s_in_a_face() -> None:
    posture, view = posture_of(), camera(0.0)
    body = view.project(keypoints.body_points(SOMEBODY, posture))[:, 0]
    face = view.project(keypoints.face_points(SOMEBODY, posture))[:, 0]
    assert body[LEFT_EYE] > body[NOSE] > body[RIGHT_EYE]
    assert body[LEFT_SHOULDER] > body[RIGHT_SHOULDER]
    assert face[0] < face[2] < face[1]
    assert face[3] < face[4]


def test_all_of_a_face_that_looks_at_the_camera_is_seen() -> None:
    posture, view = posture_of(), camera(0.0)
    body, face = keypoints.visible(SOMEBODY, posture, view, drawn(view, posture), 1)
    assert face.all()
    assert body[:3].all()
    assert body[LEFT_SHOULDER] and body[RIGHT_SHOULDER]


def test_nothing_of_a_face_is_seen_from_behind_but_the_shoulders_are() -> None:
    posture, view = posture_of(), camera(np.pi)
    body, face = keypoints.visible(SOMEBODY, posture, view, drawn(view, posture), 1)
    assert not face.any()
    assert not body[:3].any()
    assert body[LEFT_SHOULDER] and body[RIGHT_SHOULDER]
    assert keypoints.face_box(SOMEBODY, posture, view) is None


def test_from_the_side_the_body_hides_the_far_shoulder_and_the_head_the_far_eye() -> None:
    posture, view = posture_of(), camera(np.pi / 2)
    body, _ = keypoints.visible(SOMEBODY, posture, view, drawn(view, posture), 1)
    assert body[LEFT_SHOULDER] and not body[RIGHT_SHOULDER]
    assert not body[RIGHT_EYE]


def test_what_furniture_or_the_picture_s_edge_hides_is_not_seen() -> None:
    posture, view = posture_of(), camera(0.0)
    picture = drawn(view, posture)
    picture.depth[130:], picture.owner[130:] = 1.0, 0
    body, face = keypoints.visible(SOMEBODY, posture, view, picture, 1)
    assert face.all()
    assert not body[-2:].any()
    window = view.window(0, 130, 200, 130)
    body, face = keypoints.visible(SOMEBODY, posture, window, drawn(window, posture), 1)
    assert not face.any()
    assert body[-2:].all()


def test_limbs_are_where_the_joints_are() -> None:
    posture = posture_of()
    points = keypoints.body_points(SOMEBODY, posture)
    assert points.shape == (17, 3)
    assert points[-1] == pytest.approx(posture.joints[Joint.RIGHT_ANKLE])
    assert points[7] == pytest.approx(posture.joints[Joint.LEFT_ELBOW])


def test_the_face_box_holds_the_face_s_points_and_little_else() -> None:
    posture, view = posture_of(), camera(0.0)
    box = keypoints.face_box(SOMEBODY, posture, view)
    assert box is not None
    points = view.project(keypoints.face_points(SOMEBODY, posture))[:, :2]
    assert (points > box[:2]).all()
    assert (points < box[2:]).all()
    head_px = SOMEBODY.physique.head_ratio * SOMEBODY.physique.height_m * view.focal_px / 3
    assert box[3] - box[1] == pytest.approx(0.83 * head_px, rel=0.12)


@pytest.mark.parametrize("seed", range(6))
def test_a_face_of_sixty_pixels_is_good_enough_to_recognise_somebody_by(seed: int) -> None:
    somebody = person(500 + seed)
    posture = posture_of(somebody)
    head, field_rad = posture.joints[Joint.HEAD], 0.2
    for _ in range(3):
        view = camera(0.05, 3.0, head, field_rad)
        box = keypoints.face_box(somebody, posture, view)
        assert box is not None
        field_rad *= float(min(box[2:] - box[:2])) / 60
    picture = drawn(view, posture, somebody)
    points = view.project(keypoints.face_points(somebody, posture))[:, :2].astype(np.float32)
    aligned = alignment.align_face(picture.colour, points)
    assert face_quality.face_quality(60.0, aligned, points, 0.9) > 0.7


def test_the_same_face_looks_alike_in_other_clothes_and_unlike_another_face() -> None:
    faces = {}
    for seed, clothes in ((5, 1), (5, 2), (8, 1)):
        somebody = person(seed)
        posture = posture_of(somebody)
        view = camera(0.0, 2.0, posture.joints[Joint.HEAD], 0.3)
        picture = Canvas.over(np.full((260, 200, 3), 200, np.uint8), np.full((260, 200), 30.0, np.float32))
        Figure(somebody, outfit(clothes)).draw(picture, view, posture, Light(), 1)
        points = view.project(keypoints.face_points(somebody, posture))[:, :2].astype(np.float32)
        aligned = alignment.align_face(picture.colour, points)[face_quality.MIDDLE]
        faces[seed, clothes] = aligned.astype(np.float64)
    same = np.abs(faces[5, 1] - faces[5, 2]).mean()
    other = np.abs(faces[5, 1] - faces[8, 1]).mean()
    assert same < 0.1 * other
