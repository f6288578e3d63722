from __future__ import annotations

import numpy as np
import pytest

from haven_server.sources.synthetic.camera import Camera
from haven_server.sources.synthetic.canvas import Canvas, Light
from haven_server.sources.synthetic.figures.casting import outfit, person
from haven_server.sources.synthetic.figures.figure import Figure
from haven_server.sources.synthetic.motion.acts import stand, walk
from haven_server.sources.synthetic.scene import Place
from haven_server.sources.synthetic.skeleton import Posture

WIDTH, HEIGHT = 160, 240
FIGURE = Figure(person(5), outfit(5))
GROUND = (196, 206, 212)


def canvas(width: int = WIDTH, height: int = HEIGHT, depth: float = 30.0) -> Canvas:
    return Canvas.over(np.full((height, width, 3), GROUND, np.uint8), np.full((height, width), depth, np.float32))


def standing() -> Posture:
    return stand(FIGURE.person, Place(0.0, 0.0, 0.0), 2.0).posture(1.0)


def camera(distance_m: float = 4.0, height_m: float = 1.6) -> Camera:
    return Camera.looking(np.array([distance_m, 0.3, height_m]), np.array([0.0, 0.0, 0.9]), 0.5, WIDTH, HEIGHT)


def test_the_same_person_is_drawn_with_the_same_bytes() -> None:
    first, second = canvas(), canvas()
    FIGURE.draw(first, camera(), standing(), Light(), 3)
    Figure(person(5), outfit(5)).draw(second, camera(), standing(), Light(), 3)
    assert first.colour.tobytes() == second.colour.tobytes()
    assert first.depth.tobytes() == second.depth.tobytes()


def test_a_person_owns_the_pixels_that_show_them_and_is_as_far_as_they_stand() -> None:
    picture = canvas()
    FIGURE.draw(picture, camera(), standing(), Light(), 3)
    theirs = picture.owner == 3
    assert set(np.unique(picture.owner)) == {0, 3}
    assert 2000 < theirs.sum() < 20000
    assert (np.abs(picture.depth[theirs] - 4.0) < 0.8).all()
    assert (picture.depth[~theirs] == 30.0).all()


def test_the_silhouette_box_bounds_what_is_drawn() -> None:
    picture, posture = canvas(), standing()
    FIGURE.draw(picture, camera(), posture, Light(), 1)
    rows, columns = np.nonzero(picture.owner)
    left, top, right, bottom = FIGURE.silhouette_box(camera(), posture)
    assert columns.min() == pytest.approx(left, abs=1.5)
    assert rows.min() == pytest.approx(top, abs=1.5)
    assert columns.max() + 1 == pytest.approx(right, abs=1.5)
    assert rows.max() + 1 == pytest.approx(bottom, abs=1.5)


def test_a_person_tells_where_they_were_drawn() -> None:
    picture, empty = canvas(), canvas()
    FIGURE.draw(picture, camera(), standing(), Light(), 1)
    assert picture.touched
    picture.clear(empty.colour, empty.depth)
    assert np.array_equal(picture.colour, empty.colour) and np.array_equal(picture.depth, empty.depth)
    assert not picture.owner.any()


def test_furniture_before_a_person_hides_them_and_stays_as_it_was() -> None:
    picture = canvas()
    picture.depth[120:] = 2.0
    FIGURE.draw(picture, camera(), standing(), Light(), 1)
    assert (picture.owner[:120] == 1).any()
    assert not picture.owner[120:].any()
    assert (picture.colour[122:] == GROUND).all()
    assert (picture.depth[120:] == 2.0).all()


def test_who_is_nearer_is_seen_whoever_is_drawn_first() -> None:
    near, far = standing(), standing()
    behind = Camera.looking(np.array([6.0, 0.3, 1.6]), np.array([0.0, 0.0, 0.9]), 0.5, WIDTH, HEIGHT)
    other = Figure(person(6), outfit(6))
    shifted = Posture(near.joints + np.array([1.0, 0.1, 0.0]), near.pelvis, near.chest, near.head, near.stance)
    first, second = canvas(), canvas()
    FIGURE.draw(first, behind, shifted, Light(), 1)
    other.draw(first, behind, far, Light(), 2)
    other.draw(second, behind, far, Light(), 2)
    FIGURE.draw(second, behind, shifted, Light(), 1)
    assert {1, 2} <= set(np.unique(first.owner))
    assert (first.owner == second.owner).all()


def test_a_window_of_the_picture_shows_the_same_person() -> None:
    whole, part, posture = canvas(), canvas(80, 100), standing()
    FIGURE.draw(whole, camera(), posture, Light(), 1)
    FIGURE.draw(part, camera().window(40, 10, 80, 100), posture, Light(), 1)
    same = part.owner == whole.owner[10:110, 40:120]
    assert same.mean() > 0.999
    difference = np.abs(part.colour[2:-2, 2:-2].astype(int) - whole.colour[12:108, 42:118])
    assert difference.mean() < 2.0


@pytest.mark.parametrize("place", [(-40.0, 0.0), (4.4, 0.0), (2.0, 30.0)])
def test_who_is_behind_the_camera_or_out_of_the_picture_leaves_it_untouched(place: tuple[float, float]) -> None:
    picture = canvas(depth=30.0)
    posture = stand(FIGURE.person, Place(*place), 2.0).posture(1.0)
    FIGURE.draw(picture, camera(), posture, Light(), 1)
    assert not picture.owner.any()
    assert (picture.colour == GROUND).all()


def test_stripes_stay_on_the_trunk_while_its_wearer_walks() -> None:
    seed = next(seed for seed in range(200) if outfit(seed).top_pattern.value == "stripes" and not outfit(seed).jacket)
    figure = Figure(person(5), outfit(seed))
    act = walk(figure.person, [(-2.0, 0.0), (2.0, 0.0)])
    trunks = []
    for share in (0.45, 0.55):
        posture = act.posture(act.duration_s * share)
        eye = posture.joints[1] + np.array([3.0, 0.0, 0.2])
        view = Camera.looking(eye, posture.joints[1], 0.12, 64, 64)
        picture = canvas(64, 64)
        figure.draw(picture, view, posture, Light(direction=(1.0, 0.0, 0.0)), 1)
        trunks.append(picture.colour[8:56, 32].astype(float))
    assert trunks[0].std() > 5.0
    assert np.abs(trunks[0] - trunks[1]).mean() < trunks[0].std()


def test_a_brighter_light_makes_a_brighter_person() -> None:
    dim, bright = canvas(), canvas()
    FIGURE.draw(dim, camera(), standing(), Light(colour=(0.3, 0.3, 0.3), ambient=(0.2, 0.2, 0.2)), 1)
    FIGURE.draw(bright, camera(), standing(), Light(), 1)
    assert dim.colour[dim.owner == 1].mean() < 0.7 * bright.colour[bright.owner == 1].mean()
