"""Paint a person's face as it lies round the head: Face, Hair -> texture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from haven_server.sources.synthetic.hair import grows_at
from haven_server.sources.synthetic.head import FACE_PX, HAIR_PX, HEAD_PX, ROWS_PER_HALF, Skull, nose_tip, texel
from haven_server.sources.synthetic.shapes import Floats
from haven_server.sources.synthetic.people import Beard, Colour, Face, Glasses, Hair, HairStyle, Person
from haven_server.sources.synthetic.sheet import Sheet
from haven_server.types import BGRImage

DARK: Colour = (26, 24, 30)
EYE_WHITE: Colour = (232, 238, 244)
COARSER: Final = 4
"""Texels per painted pixel of what is soft."""


def head_texture(person: Person) -> BGRImage:
    """Paint face and hair.

    Returns:
        (FACE_PX, HEAD_PX + HAIR_PX, 3) uint8 BGR: once round the head as somebody opposite sees it, then a stretch of
        hair.
    """
    face = _Painter(Skull.of(person), person.face, person.hair).face_picture()
    back = (HEAD_PX - FACE_PX) // 2
    round_head = np.pad(face, ((0, 0), (back, back), (0, 0)), mode="edge")
    return np.concatenate([round_head, hair_picture(person.hair, person.face.seed)], axis=1)


def hair_picture(hair: Hair, seed: int) -> BGRImage:
    """Paint strands of hair, (FACE_PX, HAIR_PX, 3)."""
    chance = np.random.default_rng((seed, 1))
    strands = chance.normal(0, 1, (FACE_PX // 32, HAIR_PX)).astype(np.float32)
    strands = np.asarray(cv2.resize(strands, (HAIR_PX, FACE_PX), interpolation=cv2.INTER_CUBIC))
    shine = np.exp(-(((np.arange(FACE_PX) - 0.3 * FACE_PX) / (0.09 * FACE_PX)) ** 2))
    factor = 1 + 0.1 * np.clip(strands, -2, 2) + 0.22 * shine[:, None]
    return np.asarray(np.clip(np.array(hair.colour) * factor[..., None] + 14 * shine[:, None, None], 0, 255), np.uint8)


@dataclass(frozen=True, slots=True)
class Eye:
    """One eye in the face, lengths in halves of the head's height."""

    side: int
    middle: tuple[float, float]
    half_width: float
    half_height: float
    slant_rad: float

    @classmethod
    def of(cls, face: Face, side: int) -> Eye:
        """Place an eye; side -1 is the one on the left of the picture, the person's right."""
        half_width = face.eye_size * face.width_ratio
        middle = (side * face.eye_distance * face.width_ratio, face.eye_height)
        return cls(side, middle, half_width, half_width * face.eye_openness, face.eye_slant_rad)

    def points(self, along: Floats, above: Floats) -> tuple[Floats, Floats]:
        """Turn places of its own, -1 to 1 from the nose outwards and from below upwards, into places in the face."""
        x, y = along * self.half_width, above * self.half_height
        cos, sin = np.cos(self.slant_rad), np.sin(self.slant_rad)
        return self.middle[0] + self.side * (x * cos - y * sin), self.middle[1] + x * sin + y * cos


class _Painter:
    """Paints one face."""

    def __init__(self, skull: Skull, face: Face, hair: Hair) -> None:
        self._skull, self._face, self._hair = skull, face, hair
        self._chance = np.random.default_rng((face.seed, 0))
        self._eyes = Eye.of(face, -1), Eye.of(face, 1)
        self._sheet = Sheet.over(self._ground())
        tone = np.array(face.skin, np.float64)
        self._shadow: Colour = _colour(tone * (0.5, 0.55, 0.68))
        self._bright: Colour = _colour(tone + (255 - tone) * 0.4)

    def face_picture(self) -> BGRImage:
        """Paint everything, in the order in which it lies on the skin."""
        self._modelled()
        self._grown()
        self._mouth()
        self._nose()
        for eye in self._eyes:
            self._eye(eye)
        for eye in self._eyes:
            self._brow(eye)
        self._marks()
        self._spectacles()
        return self._sheet.finished()

    def _at(self, aside: object, height: object) -> Floats:
        return texel(self._skull, np.asarray(aside, np.float64), np.asarray(height, np.float64))

    def _ground(self) -> BGRImage:
        """Skin with blush and soft shadows, and the hair painted on the skull; coarse, since nothing of it is sharp."""
        face, skin = self._face, np.array(self._face.skin, np.float32)
        size = FACE_PX // COARSER
        places = (np.arange(size, dtype=np.float32) + 0.5) * COARSER
        rows, columns = places[:, None], places[None, :]
        picture = np.empty((size, size, 3), np.float32)
        picture[:] = skin
        redder = skin * np.float32((0.86, 0.84, 1.04)) + np.float32((6, 0, 12))
        darker = skin * np.float32((0.62, 0.66, 0.76))
        for eye in self._eyes:
            cheek = self._at(eye.middle[0] * 1.28, face.eye_height - 0.3)
            _blend(picture, _glow(rows, columns, cheek, 24, 18), redder, 0.25 + 0.6 * face.blush)
            socket = self._at(eye.middle[0], eye.middle[1] + 0.05)
            _blend(picture, _glow(rows, columns, socket, 24, 16), darker, 0.3)
        tip = self._at(0.0, nose_tip(face))
        _blend(picture, _glow(rows, columns, tip, 12, 9), redder, 0.25 + 0.5 * face.blush)
        under = self._at(0.0, (face.mouth_height - face.lip_thickness * 1.9))
        _blend(picture, _glow(rows, columns, under, 20, 6), darker, 0.35)
        scalp = grows_at(self._hair, face.seed, columns, rows)
        strength = 0.86 if self._hair.style is HairStyle.CROPPED else 0.95
        noise = self._chance.normal(1, 0.05, (size, size, 1)).astype(np.float32)
        _blend(picture, scalp, np.array(self._hair.colour, np.float32) * noise, strength)
        return np.asarray(cv2.resize(picture, (FACE_PX, FACE_PX)).clip(0, 255), np.uint8)

    def _modelled(self) -> None:
        """Lines of age."""
        face, sheet = self._face, self._sheet
        fold = 0.1 + 0.6 * face.wrinkles
        mouth_side = face.mouth_width * face.width_ratio
        wing = face.nose_width * face.width_ratio * 0.5
        for side in (-1, 1):
            heights = np.linspace(nose_tip(face) + 0.02, face.mouth_height + 0.02, 7)
            asides = side * (wing * 1.15 + (mouth_side * 1.12 - wing) * np.linspace(0, 1, 7) ** 1.3)
            sheet.stroke(self._at(asides, heights), 1.5, self._shadow, 0.55 * fold, 1.5)
        if face.wrinkles > 0.15:
            for height in (0.5, 0.58, 0.66):
                asides = np.linspace(-0.32, 0.32, 9)
                line = height + 0.015 * np.sin(asides * 9 + height * 30)
                sheet.stroke(self._at(asides, line), 1.2, self._shadow, 0.55 * face.wrinkles, 1.0)
            for eye in self._eyes:
                for above in (-0.6, 0.0, 0.6):
                    x, y = eye.points(np.array([1.15, 1.6]), np.array([above * 0.5, above * 1.6]))
                    sheet.stroke(self._at(x, y), 1.0, self._shadow, 0.5 * face.wrinkles, 0.8)
                x, y = eye.points(np.linspace(-0.7, 0.9, 6), -1.7 - 0.5 * np.cos(np.linspace(-1.2, 1.2, 6)))
                sheet.stroke(self._at(x, y), 1.6, self._shadow, 0.6 * face.wrinkles, 1.2)

    def _eye(self, eye: Eye) -> None:
        sheet, face = self._sheet, self._face
        along = np.linspace(-1, 1, 15)
        upper = (1 - np.abs(along + 0.12 * (1 - along**2)) ** 2.4) * 0.95
        lower = -(1 - np.abs(along) ** 2.2) * 0.8
        top = self._at(*eye.points(along, upper))
        bottom = self._at(*eye.points(along[::-1], lower[::-1]))
        outline = np.concatenate([top, bottom[1:-1]])
        sheet.stroke(self._at(*eye.points(along, upper + 0.42)), 1.6, self._shadow, 0.55, 1.0)
        sheet.area(outline, EYE_WHITE)
        radius = min(eye.half_height * 0.98, eye.half_width * 0.62) * ROWS_PER_HALF
        pupil = self._at(*eye.points(np.array(0.0), np.array(0.12)))
        with sheet.within(outline):
            sheet.disc(pupil, (radius, radius), _colour(np.array(face.eye_colour) * 0.45))
            sheet.disc(pupil, (radius * 0.84, radius * 0.84), face.eye_colour)
            sheet.disc(
                pupil + (0, radius * 0.4),
                (radius * 0.55, radius * 0.4),
                _colour(np.array(face.eye_colour) * 1.5 + 20),
                0.6,
                1.5,
            )
            sheet.disc(pupil, (radius * 0.46, radius * 0.46), (14, 12, 14))
            sheet.stroke(top + (0, 1.2), 3.0, (60, 60, 70), 0.5, 1.2)
            glint = pupil + np.array([-0.34, -0.36]) * radius
            sheet.disc(glint, (radius * 0.27, radius * 0.27), (255, 255, 255))
            sheet.disc(pupil + np.array([0.36, 0.36]) * radius, (radius * 0.13, radius * 0.13), (255, 255, 255), 0.8)
        sheet.stroke(top, 2.6, DARK, 0.92)
        sheet.stroke(bottom, 1.0, self._shadow, 0.6)

    def _brow(self, eye: Eye) -> None:
        face = self._face
        along = np.linspace(-1, 1, 12)
        arch = (
            face.brow_arch * (1 - (along - 0.35) ** 2 / 1.8)
            + along * np.sin(face.brow_slant_rad) * eye.half_width * 1.2
        )
        middle = eye.middle[1] + face.brow_height + arch
        half = face.brow_thickness * (0.5 + 0.12 * along - 0.42 * np.maximum(along, 0) ** 2)
        aside = eye.middle[0] + eye.side * along * eye.half_width * 1.25
        outline = np.concatenate([self._at(aside, middle + half), self._at(aside[::-1], (middle - half)[::-1])])
        self._sheet.area(outline, face.brow_colour, 0.94, 0.6)

    def _nose(self) -> None:
        face, sheet = self._face, self._sheet
        tip, wide = nose_tip(face), face.nose_width * face.width_ratio * 0.5
        sheet.stroke(
            self._at(np.zeros(5), np.linspace(face.eye_height - 0.05, tip + 0.1, 5)), 5.0, self._bright, 0.35, 4.0
        )
        sheet.disc(self._at(0.0, tip + 0.04), (4.5, 3.6), self._bright, 0.6, 2.5)
        around = np.linspace(-1.0, 1.0, 13)
        below = tip - 0.085 - 0.03 * np.cos(around * np.pi)
        sheet.stroke(self._at(around * wide * 1.0, below + 0.02 * around**2), 2.6, self._shadow, 0.65, 1.6)
        for side in (-1, 1):
            sheet.disc(
                self._at(side * wide * 0.5, tip - 0.085), (4.2, 2.2), _colour(np.array(self._shadow) * 0.45), 0.9, 0.8
            )
            wing = np.linspace(-0.9, 1.0, 7)
            sheet.stroke(
                self._at(side * (wide + 0.035 * np.cos(wing * 1.4)), tip - 0.01 + 0.075 * wing),
                1.6,
                self._shadow,
                0.6,
                1.0,
            )

    def _mouth(self) -> None:
        face, sheet = self._face, self._sheet
        half, thick = face.mouth_width * face.width_ratio, face.lip_thickness
        along = np.linspace(-1, 1, 17)
        line = face.mouth_height + face.smile * (along**2 * 2 - 0.4)
        bow = (1 - along**2) ** 0.8 * (0.85 - 0.28 * np.exp(-((along / 0.14) ** 2)))
        full = (1 - along**2) ** 0.75
        middle = self._at(along * half, line)
        upper = self._at(along[::-1] * half, (line + thick * 0.8 * bow)[::-1])
        lower = self._at(along[::-1] * half, (line - thick * 1.1 * full)[::-1])
        lip = np.array(face.lip_colour)
        sheet.area(np.concatenate([middle, upper]), _colour(lip * 0.86), 0.95, 0.5)
        sheet.area(np.concatenate([middle, lower]), face.lip_colour, 0.95, 0.5)
        shine = self._at(along[5:12] * half, (line - thick * 0.55 * full)[5:12])
        sheet.stroke(shine, 2.4, _colour(lip + (255 - lip) * 0.5), 0.45, 1.5)
        sheet.stroke(middle, 2.0, _colour(lip * 0.32), 0.9)
        for end in (0, -1):
            sheet.disc(middle[end], (2.4, 2.0), self._shadow, 0.8, 0.8)

    def _grown(self) -> None:
        """The beard."""
        face, sheet = self._face, self._sheet
        if face.beard is Beard.NONE:
            return
        colour = _colour(np.array(face.brow_colour) * 1.05)
        strength = 0.34 if face.beard is Beard.STUBBLE else 0.9
        mouth, tip, half = face.mouth_height, nose_tip(face), face.mouth_width * face.width_ratio
        angle = np.linspace(0, 2 * np.pi, 32, endpoint=False)
        if face.beard in (Beard.STUBBLE, Beard.FULL):
            high = np.array([0.02, -0.22, tip - 0.2, mouth + 0.14, mouth + 0.16])
            far = np.array([0.7, 0.66, 0.5, half * 1.15, 0.0])
            rim = np.concatenate([self._at(-far, high), self._at(far[::-1], high[::-1])])
            corners = np.array(
                [[FACE_PX * 0.995, FACE_PX / 2], [FACE_PX, FACE_PX], [0, FACE_PX], [FACE_PX * 0.005, FACE_PX / 2]]
            )
            sheet.area(np.concatenate([rim, corners]), colour, strength, 4.0)
        if face.beard is Beard.GOATEE:
            x, y = np.cos(angle) * half * 0.72, mouth - 0.24 + np.sin(angle) * 0.2
            sheet.area(self._at(x, y), colour, strength, 3.0)
        if face.beard is not Beard.STUBBLE:
            along = np.linspace(-1, 1, 9)
            low = mouth + 0.02 + face.lip_thickness * 0.55 * (1 - along**2) - 0.06 * along**4
            top = tip - 0.13 - 0.1 * along**2
            sheet.area(
                np.concatenate([self._at(along * half * 1.15, low), self._at(along[::-1] * half * 1.1, top[::-1])]),
                colour,
                strength,
                2.0,
            )

    def _marks(self) -> None:
        face, sheet = self._face, self._sheet
        brown = _colour(np.array(face.skin) * (0.5, 0.58, 0.74))
        for _ in range(int(face.freckles * 70)):
            x = self._chance.normal(0, 0.32)
            y = face.eye_height - 0.24 + self._chance.normal(0, 0.1)
            size = self._chance.uniform(0.9, 1.9)
            sheet.disc(self._at(x, y), (size, size), brown, 0.6, 0.5)
        if face.mole is not None:
            place = self._at(face.mole[0] * 0.6, face.mole[1] * 0.8)
            sheet.disc(place, (2.6, 2.6), _colour(np.array(face.skin) * (0.22, 0.25, 0.32)), 0.95, 0.5)

    def _spectacles(self) -> None:
        face, sheet = self._face, self._sheet
        if face.glasses is Glasses.NONE:
            return
        colour = face.glasses_colour
        power = 2.0 if face.glasses is Glasses.ROUND else 5.0
        angle = np.linspace(0, 2 * np.pi, 41)
        cos, sin = np.cos(angle), np.sin(angle)
        cos, sin = np.sign(cos) * np.abs(cos) ** (2 / power), np.sign(sin) * np.abs(sin) ** (2 / power)
        wide = min(abs(self._eyes[0].middle[0]) * 0.84, self._eyes[0].half_width * 1.45)
        for eye in self._eyes:
            ring = self._at(eye.middle[0] + wide * cos, eye.middle[1] - 0.03 + wide * 0.82 * sin)
            sheet.area(ring, (250, 244, 236), 0.1)
            if face.glasses is Glasses.HALF:
                sheet.stroke(ring[:21], 3.4, colour)
                sheet.stroke(ring[20:], 1.0, colour, 0.5)
            else:
                sheet.stroke(ring, 3.2, colour)
            end = self._at(eye.middle[0] + eye.side * wide, eye.middle[1] + 0.02)
            side = np.array([FACE_PX / 2 + eye.side * FACE_PX / 2, end[1] - 3])
            sheet.stroke(np.stack([end, side]), 3.0, colour)
        inner = abs(self._eyes[0].middle[0]) - wide
        sheet.stroke(
            self._at(np.linspace(-inner, inner, 5), face.eye_height + np.array([0, 0.03, 0.045, 0.03, 0])), 3.0, colour
        )


def _glow(rows: Floats, columns: Floats, centre: Floats, wide: float, high: float) -> Floats:
    across, down = ((columns - centre[0]) / wide) ** 2, ((rows - centre[1]) / high) ** 2
    return np.asarray(np.exp(-across) * np.exp(-down), np.float32)


def _blend(picture: Floats, share: Floats, colour: Floats, strength: float) -> None:
    picture += (colour - picture) * (share * np.float32(strength))[..., None]


def _colour(values: Floats) -> Colour:
    b, g, r = np.clip(values, 0, 255)
    return int(b), int(g), int(r)
