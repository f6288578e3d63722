"""Surfaces that are drawn once, to fit: what hangs in frames and windows, rugs, books, doors.

Every function takes a ground colour (3,) float32 b, g, r in [0, 1] and a random generator and gives an (H, W, 3) uint8
BGR picture, to be stretched over a surface.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from haven_server.sources.synthetic.rooms.palette import RGB, bgr
from haven_server.types import BGRImage

Ground = npt.NDArray[np.float32]
"""(3,) float32 b, g, r in [0, 1]."""

_ACCENTS = ("rust", "mustard", "teal", "sage", "navy", "clay", "rose", "petrol", "cream", "plum", "moss", "dusk")


def _shade(colour: Ground, factor: float = 1.0) -> tuple[int, int, int]:
    """Give a colour times a factor as OpenCV draws it."""
    blue, green, red = (int(value) for value in np.clip(colour * factor * 255, 0, 255))
    return blue, green, red


def _accents(rng: np.random.Generator, count: int) -> list[Ground]:
    """Choose different accents."""
    return [bgr(str(name)) for name in rng.choice(_ACCENTS, count, replace=False)]


def picture(ground: Ground, rng: np.random.Generator) -> BGRImage:
    """A framed print: hills under a sun, or calm shapes, on a mat of the ground colour."""
    page = np.full((384, 384, 3), _shade(ground, 1.02), np.uint8)
    art = np.full((256, 256, 3), _shade(bgr("cream")), np.uint8)
    colours = _accents(rng, 4)
    if rng.random() < 0.5:
        _draw_hills(art, colours, rng)
    else:
        _draw_shapes(art, colours, rng)
    page[64:320, 64:320] = art
    cv2.rectangle(page, (62, 62), (321, 321), _shade(ground, 0.85), 2)
    frame = bgr(str(rng.choice(["espresso", "oak", "walnut", "charcoal", "brass"])))
    cv2.rectangle(page, (0, 0), (383, 383), _shade(frame), 36)
    cv2.rectangle(page, (18, 18), (365, 365), _shade(frame, 0.7), 3)
    cv2.rectangle(page, (1, 1), (382, 382), _shade(frame, 1.25), 3)
    return page


def _draw_hills(art: BGRImage, colours: list[Ground], rng: np.random.Generator) -> None:
    """Draw a landscape in flat colours."""
    art[:] = _shade(bgr("blush"))
    centre = (int(rng.integers(60, 196)), int(rng.integers(50, 100)))
    cv2.circle(art, centre, int(rng.integers(24, 44)), _shade(colours[0], 1.1), -1, cv2.LINE_AA)
    x = np.arange(0, 257, 4)
    for layer, colour in enumerate(colours[1:]):
        height = 110 + 48 * layer + 22 * np.sin(x / float(rng.uniform(25, 60)) + float(rng.uniform(0, 6)))
        outline = np.concatenate([np.stack([x, height], 1), [[256, 256], [0, 256]]]).astype(np.int32)
        cv2.fillPoly(art, [outline], _shade(colour), cv2.LINE_AA)


def _draw_shapes(art: BGRImage, colours: list[Ground], rng: np.random.Generator) -> None:
    """Draw an abstract of discs and arches."""
    for colour in (*colours, colours[0]):
        x, y = (int(value) for value in rng.integers(50, 206, 2))
        if rng.random() < 0.5:
            cv2.circle(art, (x, y), int(rng.integers(24, 64)), _shade(colour), -1, cv2.LINE_AA)
        else:
            half = int(rng.integers(20, 42))
            cv2.rectangle(art, (x - half, y), (x + half, 256), _shade(colour), -1)
            cv2.circle(art, (x, y), half, _shade(colour), -1, cv2.LINE_AA)


def window(ground: Ground, rng: np.random.Generator) -> BGRImage:
    """A window with a frame of the ground colour: bright sky over blurred green."""
    height, width = 320, 320
    v = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    sky = (1 - v) * np.array([1.0, 0.93, 0.82], np.float32) + v * np.array([0.98, 0.99, 1.0], np.float32)
    view = np.broadcast_to(sky, (height, width, 3)).copy()
    for _ in range(26):
        centre = (int(rng.integers(0, width)), int(rng.normal(290, 22)))
        tone = np.array([0.52, 0.74, 0.62]) * float(rng.uniform(0.85, 1.2))
        cv2.circle(view, centre, int(rng.integers(18, 50)), tone.tolist(), -1)
    page = np.asarray(np.clip(cv2.GaussianBlur(view, (0, 0), 9) * 255, 0, 255), np.uint8)
    bars = [0, width - 1, width // 2] if rng.random() < 0.7 else [0, width - 1]
    for x in bars:
        cv2.line(page, (x, 0), (x, height), _shade(ground, 0.92), 15 if x == width // 2 else 34)
    for y in (0, height - 1, *([height // 3] if rng.random() < 0.4 else [])):
        cv2.line(page, (0, y), (width, y), _shade(ground, 0.92), 34)
    return page


def door(ground: Ground, rng: np.random.Generator) -> BGRImage:
    """A closed door with panels and a handle."""
    page = np.full((512, 256, 3), _shade(ground), np.uint8)
    rows = ((40, 200), (240, 470)) if rng.random() < 0.6 else ((40, 130), (170, 300), (340, 470))
    for top, bottom in rows:
        cv2.rectangle(page, (36, top), (220, bottom), _shade(ground, 0.82), 5)
        cv2.line(page, (38, bottom), (220, bottom), _shade(ground, 1.15), 4)
        cv2.line(page, (220, top), (220, bottom), _shade(ground, 1.1), 3)
    cv2.line(page, (232, 262), (208, 262), _shade(bgr("steel"), 0.6), 9, cv2.LINE_AA)
    cv2.line(page, (232, 259), (208, 259), _shade(bgr("steel"), 1.3), 4, cv2.LINE_AA)
    cv2.rectangle(page, (0, 0), (255, 511), _shade(ground, 0.7), 3)
    return page


def rug(ground: Ground, rng: np.random.Generator) -> BGRImage:
    """A woven rug with a border and a quiet pattern."""
    height, width = 320, 480
    page = np.full((height, width, 3), _shade(ground), np.uint8)
    first, second = _accents(rng, 2)
    style = int(rng.integers(3))
    if style == 0:
        for x in range(40, width - 40, 20):
            cv2.line(page, (x, 40), (x, height - 40), _shade(ground * np.float32(0.67) + first * np.float32(0.33)), 9)
    elif style == 1:
        for y in range(64, height - 32, 64):
            for x in range(72, width - 32, 84):
                lozenge = np.array([(x, y - 24), (x + 30, y), (x, y + 24), (x - 30, y)], np.int32)
                cv2.fillPoly(page, [lozenge], _shade(first), cv2.LINE_AA)
                cv2.fillPoly(page, [(lozenge - (x, y)) // 2 + (x, y)], _shade(second), cv2.LINE_AA)
    else:
        for index, radius in enumerate(range(130, 10, -26)):
            colour = (first, ground, second, ground)[index % 4]
            cv2.ellipse(page, (width // 2, height // 2), (radius * 3 // 2, radius), 0, 0, 360, _shade(colour), -1, 16)
    cv2.rectangle(page, (17, 17), (width - 18, height - 18), _shade(first, 0.95), 10)
    cv2.rectangle(page, (32, 32), (width - 33, height - 33), _shade(second), 3)
    grain = rng.normal(1, 0.05, (height, width, 1))
    return np.asarray(np.clip(page * grain, 0, 255), np.uint8)


def books(ground: Ground, rng: np.random.Generator) -> BGRImage:
    """Backs of books on boards of the ground colour, with gaps and small things between."""
    height, width = 384, 512
    page = np.full((height, width, 3), _shade(ground, 0.45), np.uint8)
    for shelf in range(3):
        floor, x = 118 + 128 * shelf, 10
        while x < width - 20:
            if rng.random() < 0.1:
                x += int(rng.integers(16, 60))
                continue
            thick, tall = int(rng.integers(9, 22)), int(rng.integers(68, 102))
            colour = bgr(str(rng.choice(list(RGB)))) * 0.9
            cv2.rectangle(page, (x, floor - tall), (min(x + thick, width - 10), floor), _shade(colour), -1)
            cv2.line(page, (x, floor - tall), (x, floor), _shade(colour, 1.2), 2)
            cv2.line(page, (x + thick, floor - tall), (x + thick, floor), _shade(colour, 0.6), 1)
            band = floor - tall * int(rng.integers(55, 85)) // 100
            cv2.line(page, (x + 3, band), (x + thick - 3, band), _shade(colour, 1.5), 3)
            x += thick + 1
        cv2.rectangle(page, (0, floor), (width, floor + 12), _shade(ground), -1)
    cv2.rectangle(page, (0, 0), (width - 1, height - 1), _shade(ground), 18)
    return page


def screen(ground: Ground, rng: np.random.Generator) -> BGRImage:
    """A screen that is switched off: a dark gradient with the shine of the room."""
    v, u = np.mgrid[0:1:128j, 0:1:224j]
    shine = 0.55 + 0.5 * np.clip(1 - np.abs(u + 0.6 * v - float(rng.uniform(0.5, 1.0))) * 4, 0, 1) + 0.25 * (1 - v)
    page = np.asarray(np.clip(shine[..., None] * ground * 255, 0, 255), np.uint8)
    cv2.rectangle(page, (0, 0), (223, 127), (18, 17, 17), 5)
    return page


def drawers(ground: Ground, rng: np.random.Generator) -> BGRImage:
    """Fronts of drawers or cupboard doors with knobs."""
    page = np.full((256, 384, 3), _shade(ground), np.uint8)
    rows, columns = ((3, 2), (1, 2), (2, 3), (1, 3))[int(rng.integers(4))]
    knob = bgr(str(rng.choice(["brass", "charcoal", "steel"])))
    for row in range(rows):
        for column in range(columns):
            left, right = 384 * column // columns + 5, 384 * (column + 1) // columns - 6
            top, bottom = 256 * row // rows + 5, 256 * (row + 1) // rows - 6
            cv2.rectangle(page, (left, top), (right, bottom), _shade(ground, 0.62), 3)
            cv2.line(page, (left + 3, top + 3), (right - 3, top + 3), _shade(ground, 1.18), 2)
            middle = ((left + right) // 2, (top + bottom) // 2)
            if rows == 1:
                middle = (right - 16 if column % 2 == 0 else left + 16, middle[1])
            cv2.circle(page, (middle[0] + 1, middle[1] + 2), 6, _shade(ground, 0.5), -1, cv2.LINE_AA)
            cv2.circle(page, middle, 5, _shade(knob, 1.1), -1, cv2.LINE_AA)
    return page


def clock(ground: Ground, rng: np.random.Generator) -> BGRImage:
    """A clock with a round face in a square frame of the ground colour."""
    page = np.full((192, 192, 3), _shade(ground), np.uint8)
    cv2.rectangle(page, (2, 2), (189, 189), _shade(ground, 0.8), 4)
    cv2.circle(page, (96, 96), 84, _shade(ground, 0.7), -1, cv2.LINE_AA)
    cv2.circle(page, (96, 96), 81, _shade(bgr("white")), -1, cv2.LINE_AA)
    for hour in range(12):
        way = np.array([np.sin(hour * np.pi / 6), -np.cos(hour * np.pi / 6)])
        near, far = 96 + way * 66, 96 + way * 76
        cv2.line(page, (int(near[0]), int(near[1])), (int(far[0]), int(far[1])), (60, 60, 60), 3, cv2.LINE_AA)
    for length, thick, angle in ((42, 6, rng.uniform(0, 2 * np.pi)), (62, 4, rng.uniform(0, 2 * np.pi))):
        tip = (int(96 + length * np.sin(angle)), int(96 - length * np.cos(angle)))
        cv2.line(page, (96, 96), tip, (50, 48, 45), thick, cv2.LINE_AA)
    return page
