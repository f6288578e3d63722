from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from haven_server.sources.synthetic.figures.casting import outfit, person
from haven_server.sources.synthetic.figures.cloth import woven
from haven_server.sources.synthetic.figures.face_texture import face_picture
from haven_server.sources.synthetic.figures.garments import bare_from, body_texture, hem_height
from haven_server.sources.synthetic.figures.hair import hair_shapes
from haven_server.sources.synthetic.figures.head import FACE_PX, Skull, nose_tip, texel
from haven_server.sources.synthetic.figures.mipmap import LEVELS, Mipmap
from haven_server.sources.synthetic.figures.patches import ARM, LEG, TRUNK
from haven_server.sources.synthetic.figures.shapes import Floats
from haven_server.sources.synthetic.figures.sheet import Sheet
from haven_server.sources.synthetic.people import Beard, Glasses, HairStyle, Legwear, Outfit, Pattern, Person
from haven_server.types import BGRImage

PLAIN = replace(outfit(1), top_pattern=Pattern.PLAIN, jacket=None, bag=None, top_colours=((10, 20, 200), (200, 20, 10)))


def plain_face(**features: Any) -> Person:
    somebody = person(1)
    defaults: dict[str, Any] = {
        "beard": Beard.NONE,
        "glasses": Glasses.NONE,
        "freckles": 0.0,
        "mole": None,
        "wrinkles": 0.0,
    }
    face = replace(somebody.face, **(defaults | features))
    return replace(somebody, face=face, hair=replace(somebody.hair, style=HairStyle.BALD))


def around(picture: BGRImage, place: Floats, reach: int = 3) -> Floats:
    middle = round(float(place[0])), round(float(place[1]))
    patch = picture[middle[1] - reach : middle[1] + reach + 1, middle[0] - reach : middle[0] + reach + 1]
    return np.asarray(patch.reshape(-1, 3).mean(axis=0))


def test_the_middle_of_a_face_s_picture_is_skin_and_its_eyes_are_dark_in_the_middle() -> None:
    somebody = plain_face()
    picture, skull = face_picture(somebody), Skull.of(somebody)
    eye = texel(
        skull, np.array(somebody.face.eye_distance * somebody.face.width_ratio), np.array(somebody.face.eye_height)
    )
    forehead = texel(skull, np.array(0.0), np.array(0.55))
    assert around(picture, forehead) == pytest.approx(somebody.face.skin, abs=12)
    assert around(picture, eye, reach=2).mean() < 0.5 * np.mean(somebody.face.skin)


@pytest.mark.parametrize(
    ("features", "aside", "height"),
    [
        ({"beard": Beard.FULL, "brow_colour": (20, 20, 20)}, 0.0, -0.9),
        ({"mole": (0.5, 0.75), "skin": (180, 200, 240)}, 0.3, 0.6),
        ({"freckles": 1.0, "skin": (180, 200, 240)}, 0.2, -0.2),
        ({"glasses": Glasses.ROUND, "glasses_colour": (20, 20, 20)}, 0.0, 0.05),
    ],
)
def test_what_only_some_faces_have_is_painted_where_it_belongs(
    features: dict[str, Any], aside: float, height: float
) -> None:
    without = plain_face(**{key: value for key, value in features.items() if key in ("skin", "brow_colour")})
    with_it = plain_face(**features)
    place = texel(Skull.of(without), np.array(aside), np.array(height))
    before = around(face_picture(without), place, reach=24).sum()
    after = around(face_picture(with_it), place, reach=24).sum()
    assert after < before - 1.0


def test_a_wide_smile_lifts_the_corners_of_the_mouth() -> None:
    straight, smiling = (face_picture(plain_face(smile=smile)) for smile in (0.0, 0.06))
    assert np.abs(straight.astype(int) - smiling).sum(axis=2).max() > 100
    assert (straight[: FACE_PX // 2] == smiling[: FACE_PX // 2]).all()


def test_the_nose_lies_between_eyes_and_mouth() -> None:
    for seed in range(60):
        face = person(seed).face
        share = (face.eye_height - nose_tip(face)) / (face.eye_height - face.mouth_height)
        assert 0.45 < share < 0.67


def test_only_the_bald_have_no_hair() -> None:
    somebody = person(1)
    for style in HairStyle:
        shapes = hair_shapes(replace(somebody, hair=replace(somebody.hair, style=style)))
        assert bool(shapes) == (style is not HairStyle.BALD)


def arm_of(clothes: Outfit) -> BGRImage:
    return ARM.of(body_texture(person(1), clothes))


def test_a_short_sleeve_leaves_the_forearm_bare_and_a_jacket_covers_it() -> None:
    arm = arm_of(replace(PLAIN, sleeve=0.3))
    assert tuple(arm[5, 64]) == PLAIN.top_colours[0]
    assert tuple(arm[-5, 64]) == person(1).face.skin
    covered = arm_of(replace(PLAIN, sleeve=0.3, jacket=(90, 60, 30)))
    assert (covered[:-6] == (90, 60, 30)).all()


def test_an_open_jacket_shows_the_top_in_front_only() -> None:
    trunk = TRUNK.of(body_texture(person(1), replace(PLAIN, jacket=(90, 60, 30))))
    assert tuple(trunk[100, TRUNK.width // 2]) == PLAIN.top_colours[0]
    assert tuple(trunk[100, 10]) == (90, 60, 30)


def test_shorts_end_above_the_knee_and_trousers_at_the_ankle() -> None:
    shorts, trousers = replace(PLAIN, legwear=Legwear.SHORTS), replace(PLAIN, legwear=Legwear.TROUSERS)
    assert 0.3 < bare_from(shorts) <= 0.5
    knee = round(0.6 * LEG.height)
    assert tuple(LEG.of(body_texture(person(1), shorts))[knee, 64]) != PLAIN.leg_colour
    assert tuple(LEG.of(body_texture(person(1), trousers))[knee, 64]) == PLAIN.leg_colour


def test_a_skirt_is_worn_over_the_top_and_other_tops_may_hang() -> None:
    heights = [hem_height(replace(PLAIN, seed=seed, legwear=Legwear.TROUSERS)) for seed in range(40)]
    assert min(heights) < -0.04
    assert max(heights) > 0.09
    assert all(hem_height(replace(PLAIN, seed=seed, legwear=Legwear.SKIRT)) > 0 for seed in range(40))


@pytest.mark.parametrize("pattern", [Pattern.STRIPES, Pattern.PINSTRIPES, Pattern.CHECKS, Pattern.DOTS])
def test_patterns_show_both_colours_and_close_on_themselves_round_the_body(pattern: Pattern) -> None:
    cloth = woven(replace(PLAIN, top_pattern=pattern), 256, 256, 0.8).astype(int)
    assert len(np.unique(cloth.reshape(-1, 3), axis=0)) >= 2
    along = np.abs(np.diff(cloth, axis=1)).sum(axis=(0, 2))
    assert np.abs(cloth[:, 0] - cloth[:, -1]).sum() <= along.max()


def test_a_texture_far_away_is_taken_from_a_smaller_picture() -> None:
    checks = np.indices((64, 64)).sum(axis=0) % 2 * np.uint8(255)
    texture = Mipmap.of(np.repeat(checks[..., None], 3, axis=2).astype(np.uint8), 100.0)
    places = np.arange(5, 55, dtype=np.float32) + np.float32(0.5)
    assert len(texture.levels) == LEVELS
    assert texture.sampled(places, places, 100.0).std() == 0.0  # along a diagonal all fields are alike
    near = texture.sampled(places, np.full(50, 20.5, np.float32), 100.0)
    far = texture.sampled(places, np.full(50, 20.5, np.float32), 10.0)
    assert near.std() > 100.0
    assert far.std() < 5.0


def test_paint_stays_within_a_stencil() -> None:
    sheet = Sheet(32, 32, (0, 0, 0))
    square = np.array([[8.0, 8.0], [24.0, 8.0], [24.0, 24.0], [8.0, 24.0]])
    with sheet.within(square):
        sheet.disc(np.array([16.0, 16.0]), (30.0, 30.0), (255, 255, 255))
    picture = sheet.finished()
    assert (picture[10:22, 10:22] == 255).all()
    assert not picture[:6].any()


def test_paint_beyond_the_sheet_is_lost() -> None:
    sheet = Sheet(16, 16, (9, 9, 9))
    sheet.disc(np.array([-40.0, -40.0]), (5.0, 5.0), (255, 255, 255))
    assert (sheet.finished() == 9).all()
