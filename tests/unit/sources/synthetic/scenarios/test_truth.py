from __future__ import annotations

import math

import numpy as np
import pytest

from haven_server.sources.synthetic.camera import Camera
from haven_server.sources.synthetic.canvas import Canvas, Light
from haven_server.sources.synthetic.figures import casting
from haven_server.sources.synthetic.figures.figure import Figure
from haven_server.sources.synthetic.motion import acts
from haven_server.sources.synthetic.scenarios.director import Actor
from haven_server.sources.synthetic.scenarios.truth import PersonTruth, person_truth
from haven_server.sources.synthetic.scene import Place

WIDTH, HEIGHT = 320, 240
ID = 7


def camera() -> Camera:
    """One at breast height that looks along x."""
    position, target = np.array([0.0, 0.0, 1.0]), np.array([1.0, 0.0, 1.0])
    return Camera.looking(position, target, math.radians(60), WIDTH, HEIGHT)


def canvas() -> Canvas:
    """A grey picture of nothing, 20 m away."""
    return Canvas.over(np.full((HEIGHT, WIDTH, 3), 128, np.uint8), np.full((HEIGHT, WIDTH), 20, np.float32))


def actor(x: float = 4.0, y: float = 0.0, heading_rad: float = math.pi) -> Actor:
    """Somebody who stands and looks at the camera, unless told otherwise."""
    person = casting.person(3)
    posture = acts.stand(person, Place(x, y, heading_rad), 1.0).posture(0.0)
    return Actor(ID, Figure(person, casting.outfit(3)), posture)


def drawn(somebody: Actor, picture: Canvas) -> PersonTruth | None:
    somebody.figure.draw(picture, camera(), somebody.posture, Light(), ID)
    return person_truth(somebody, camera(), picture)


def truth(somebody: Actor, picture: Canvas) -> PersonTruth:
    found = drawn(somebody, picture)
    assert found is not None
    return found


def test_the_box_is_that_of_the_drawn_pixels() -> None:
    picture = canvas()
    box = truth(actor(), picture).box
    rows, columns = np.nonzero(picture.owner == ID)
    pixels = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    np.testing.assert_allclose(box, pixels, atol=2.5)


def test_of_somebody_in_the_open_everything_is_to_be_seen() -> None:
    found = truth(actor(), canvas())
    assert found.visibility > 0.97
    assert found.is_asked_for(HEIGHT)
    assert set(found.face[:, 2]) == {2}
    assert (found.body[:, 2] == 2).sum() >= 15


def test_what_stands_before_somebody_hides_that_part() -> None:
    picture = canvas()
    picture.depth[HEIGHT // 2 :] = 1
    found = truth(actor(), picture)
    assert 0.3 < found.visibility < 0.75
    hidden = found.body[:, 1] > HEIGHT // 2 + 5
    assert set(found.body[hidden, 2]) == {1}
    assert found.box[3] > HEIGHT // 2 + 20


def test_somebody_behind_a_wall_is_in_truth_but_not_asked_for() -> None:
    picture = canvas()
    picture.depth[:] = 1
    found = truth(actor(), picture)
    assert found.visibility == 0
    assert not found.is_asked_for(HEIGHT)


def test_somebody_at_the_edge_has_a_box_within_the_picture_and_points_out_of_it() -> None:
    left = 4 * math.tan(math.radians(30))
    found = truth(actor(y=left), canvas())
    assert found.box[0] == 0
    assert 0.2 < found.visibility < 0.8
    assert 0 in found.body[:, 2]


@pytest.mark.parametrize(("x", "y"), [(4.0, 5.0), (-4.0, 0.0)], ids=["beside the picture", "behind the camera"])
def test_of_somebody_out_of_the_picture_nothing_is_told(x: float, y: float) -> None:
    assert drawn(actor(x, y), canvas()) is None


def test_somebody_far_away_is_too_small_to_be_asked_for() -> None:
    found = truth(actor(x=19.5), canvas())
    assert found.box[3] - found.box[1] < 30
    assert not found.is_asked_for(720)


def test_there_is_no_face_on_a_head_that_looks_away() -> None:
    found = truth(actor(heading_rad=0), canvas())
    assert found.face_box is None
    assert not found.face.any()


def test_the_face_shows_its_points_as_a_picture_does_left_first() -> None:
    left_eye, right_eye, nose, left_corner, right_corner = truth(actor(), canvas()).face[:, :2]
    assert left_eye[0] < nose[0] < right_eye[0]
    assert left_corner[0] < right_corner[0]
    assert left_eye[1] < nose[1] < left_corner[1]
