"""Paint a person's head as it is unrolled: Person -> texture of skin, features and hair."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from haven_server.sources.synthetic.figures.face_features import paint_brow, paint_eye, paint_mouth, paint_nose
from haven_server.sources.synthetic.figures.face_marks import paint_age, paint_beard, paint_glasses, paint_spots
from haven_server.sources.synthetic.figures.hair import grows_at
from haven_server.sources.synthetic.figures.head import FACE_PX, HAIR_PX, HEAD_PX, Skull, nose_tip, texel
from haven_server.sources.synthetic.figures.impostors import Floats32
from haven_server.sources.synthetic.figures.portrait import Eye, Portrait
from haven_server.sources.synthetic.figures.sheet import Sheet
from haven_server.sources.synthetic.people import Hair, HairStyle, Person
from haven_server.types import BGRImage

COARSER: Final = 4
"""Texels per painted pixel of what is soft."""


def head_texture(person: Person) -> BGRImage:
    """Paint face and hair.

    Returns:
        (FACE_PX, HEAD_PX + HAIR_PX, 3) uint8 BGR: once round the head as somebody opposite sees it, then a stretch of
        hair.
    """
    back = (HEAD_PX - FACE_PX) // 2
    round_head = np.pad(face_picture(person), ((0, 0), (back, back), (0, 0)), mode="edge")
    return np.concatenate([round_head, hair_picture(person.hair, person.face.seed)], axis=1)


def face_picture(person: Person) -> BGRImage:
    """Paint the face, (FACE_PX, FACE_PX, 3), in the order in which things lie on the skin."""
    chance = np.random.default_rng((person.face.seed, 0))
    portrait = Portrait(Skull.of(person), person.face, Sheet.over(_ground(person, chance)), chance)
    paint_age(portrait)
    paint_beard(portrait)
    paint_mouth(portrait)
    paint_nose(portrait)
    for eye in portrait.eyes:
        paint_eye(portrait, eye)
        paint_brow(portrait, eye)
    paint_spots(portrait)
    paint_glasses(portrait)
    return portrait.sheet.finished()


def hair_picture(hair: Hair, seed: int) -> BGRImage:
    """Paint strands of hair, with a band of light on them, (FACE_PX, HAIR_PX, 3)."""
    chance = np.random.default_rng((seed, 1))
    strands = chance.normal(0, 1, (FACE_PX // 32, HAIR_PX)).astype(np.float32)
    strands = np.asarray(cv2.resize(strands, (HAIR_PX, FACE_PX), interpolation=cv2.INTER_CUBIC))
    shine = np.exp(-(((np.arange(FACE_PX) - 0.3 * FACE_PX) / (0.09 * FACE_PX)) ** 2))[:, None, None]
    brightness = 1 + 0.1 * np.clip(strands, -2, 2)[..., None] + 0.22 * shine
    return np.asarray(np.clip(np.array(hair.colour) * brightness + 14 * shine, 0, 255), np.uint8)


def _ground(person: Person, chance: np.random.Generator) -> BGRImage:
    """Paint skin with blush and soft shadows, and the hair on it; coarse, since nothing of it is sharp."""
    face, skin = person.face, np.array(person.face.skin, np.float32)
    size = FACE_PX // COARSER
    picture = np.empty((size, size, 3), np.float32)
    picture[:] = skin
    redder = skin * np.array((0.86, 0.84, 1.04), np.float32) + np.array((6, 0, 12), np.float32)
    darker = skin * np.array((0.62, 0.66, 0.76), np.float32)
    for eye in (Eye.of(face, -1), Eye.of(face, 1)):
        cheek, socket = (eye.aside * 1.28, face.eye_height - 0.3), (eye.aside, eye.height + 0.05)
        _blend(picture, redder, 0.25 + 0.6 * face.blush, _glow(person, cheek, 24, 18))
        _blend(picture, darker, 0.3, _glow(person, socket, 24, 16))
    _blend(picture, redder, 0.25 + 0.5 * face.blush, _glow(person, (0, nose_tip(face)), 12, 9))
    under_lip = (0, face.mouth_height - face.lip_thickness * 1.9)
    _blend(picture, darker, 0.35, _glow(person, under_lip, 20, 6))
    noise = chance.normal(1, 0.05, (size, size, 1)).astype(np.float32)
    strength = 0.86 if person.hair.style is HairStyle.CROPPED else 0.95
    columns, rows = _places()
    scalp = grows_at(person.hair, face.seed, columns, rows)
    _blend(picture, np.array(person.hair.colour, np.float32) * noise, strength, scalp)
    return np.asarray(np.clip(cv2.resize(picture, (FACE_PX, FACE_PX)), 0, 255), np.uint8)


def _places() -> tuple[Floats32, Floats32]:
    """Give the texels of the coarse picture's columns (1, size) and rows (size, 1)."""
    places = (np.arange(FACE_PX // COARSER, dtype=np.float32) + np.float32(0.5)) * np.float32(COARSER)
    return places[None, :], places[:, None]


def _glow(person: Person, place: tuple[float, float], wide: float, high: float) -> Floats32:
    """Spread a soft spot round a place in the face; its reach in texels."""
    column, row = texel(Skull.of(person), np.array(place[0]), np.array(place[1]))
    columns, rows = _places()
    return np.asarray(np.exp(-(((columns - column) / wide) ** 2)) * np.exp(-(((rows - row) / high) ** 2)), np.float32)


def _blend(picture: Floats32, colour: npt.NDArray[np.float32], strength: float, share: Floats32) -> None:
    picture += (colour - picture) * (share * np.float32(strength))[..., None]
