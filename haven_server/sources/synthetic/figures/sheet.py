"""A picture to paint textures on, with soft edges: figures in texels -> BGRImage."""

from __future__ import annotations

from typing import Final, Self

import cv2
import numpy as np

from haven_server.sources.synthetic.figures.shapes import Floats
from haven_server.sources.synthetic.people import Colour
from haven_server.types import BGRImage

FINER: Final = 2
"""Painted pixels per texel and axis."""
SHIFT: Final = 4
"""Binary digits of a pixel that OpenCV's figures are placed by."""


class Sheet:
    """Paint, finer than the texture that it becomes."""

    def __init__(self, width: int, height: int, ground: Colour) -> None:
        """Begin with one colour; sizes in texels."""
        self._picture = np.empty((height * FINER, width * FINER, 3), np.uint8)
        self._picture[:] = ground

    @classmethod
    def over(cls, picture: BGRImage) -> Self:
        """Begin with a picture of one pixel a texel."""
        sheet = cls(1, 1, (0, 0, 0))
        sheet._picture = np.asarray(
            cv2.resize(picture, None, fx=FINER, fy=FINER, interpolation=cv2.INTER_LINEAR), np.uint8
        )
        return sheet

    def area(self, outline: Floats, colour: Colour, strength: float = 1.0, soft: float = 0.0) -> None:
        """Fill a closed outline (P, 2) of texels; ``soft`` is the width of its blurred edge in texels."""
        self._stain(outline, None, colour, strength, soft)

    def stroke(self, line: Floats, thickness: float, colour: Colour, strength: float = 1.0, soft: float = 0.0) -> None:
        """Draw a line (P, 2) of texels of that thickness in texels."""
        self._stain(line, thickness, colour, strength, soft)

    def disc(
        self, centre: Floats, radii: tuple[float, float], colour: Colour, strength: float = 1.0, soft: float = 0.0
    ) -> None:
        """Fill an upright ellipse."""
        angle = np.linspace(0, 2 * np.pi, 24, endpoint=False)
        self.area(centre + np.stack([np.cos(angle) * radii[0], np.sin(angle) * radii[1]], 1), colour, strength, soft)

    def within(self, outline: Floats) -> _Stencil:
        """Paint what lies inside an outline only; used as a context."""
        return _Stencil(self, outline)

    def finished(self) -> BGRImage:
        """Give the texture."""
        height, width = self._picture.shape[:2]
        size = (width // FINER, height // FINER)
        return np.asarray(cv2.resize(self._picture, size, interpolation=cv2.INTER_AREA), np.uint8)

    def _stain(self, points: Floats, thickness: float | None, colour: Colour, strength: float, soft: float) -> None:
        places = np.asarray(points, np.float64) * FINER
        reach = 2 + (thickness or 0) * FINER + 2 * soft * FINER
        x0, y0 = np.maximum(np.floor(places.min(axis=0) - reach), 0).astype(int)
        x1, y1 = np.minimum(np.ceil(places.max(axis=0) + reach), self._picture.shape[1::-1]).astype(int)
        if x0 >= x1 or y0 >= y1:
            return
        mask = np.zeros((y1 - y0, x1 - x0), np.uint8)
        fixed = np.round((places - (x0, y0) - 0.5) * (1 << SHIFT)).astype(np.int32)
        if thickness is None:
            cv2.fillPoly(mask, [fixed], 255, cv2.LINE_AA, SHIFT)
        else:
            cv2.polylines(mask, [fixed], False, 255, max(1, round(thickness * FINER)), cv2.LINE_AA, SHIFT)
        if soft > 0:
            mask = np.asarray(cv2.GaussianBlur(mask, (0, 0), soft * FINER / 2), np.uint8)
        share = mask.astype(np.float32) * np.float32(strength / 255)
        window = self._picture[y0:y1, x0:x1]
        paint = np.empty_like(window)
        paint[:] = colour
        window[:] = cv2.blendLinear(paint, window, share, 1 - share)


class _Stencil:
    """Keeps what lies outside an outline as it was."""

    def __init__(self, sheet: Sheet, outline: Floats) -> None:
        self._sheet, self._outline = sheet, np.asarray(outline, np.float64) * FINER

    def __enter__(self) -> None:
        picture = self._sheet._picture
        self._x0, self._y0 = np.maximum(np.floor(self._outline.min(axis=0)) - 24, 0).astype(int)
        x1, y1 = (np.ceil(self._outline.max(axis=0)) + 24).astype(int)
        self._window = picture[self._y0 : y1, self._x0 : x1]
        self._before = self._window.copy()

    def __exit__(self, *_: object) -> None:
        mask = np.zeros(self._window.shape[:2], np.uint8)
        fixed = np.round((self._outline - (self._x0, self._y0) - 0.5) * (1 << SHIFT)).astype(np.int32)
        cv2.fillPoly(mask, [fixed], 255, cv2.LINE_AA, SHIFT)
        share = mask[..., None].astype(np.float32) / 255
        self._window[:] = self._before + (self._window - self._before.astype(np.float32)) * share
