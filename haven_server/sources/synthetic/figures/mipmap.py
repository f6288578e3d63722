"""Textures in halving sizes, so that small figures do not flicker: places on a texture, scale -> colours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

import cv2
import numpy as np
import numpy.typing as npt

from haven_server.sources.synthetic.figures.impostors import Floats32
from haven_server.types import BGRImage

LEVELS: Final = 5
SHARPER: Final = 0.3
"""By how many levels a texture is taken finer than its scale asks for."""
ROW: Final = 256
"""OpenCV takes no picture of more than 32767 pixels a side; places are looked up in rows of this length."""


@dataclass(frozen=True, slots=True, eq=False)
class Mipmap:
    """A texture in halving sizes.

    Attributes:
        levels: (H, W, 3) uint8 BGR, each half as large as the one before.
        texels_per_m: of the first level, on the body.
    """

    levels: tuple[BGRImage, ...]
    texels_per_m: float

    @classmethod
    def of(cls, picture: BGRImage, texels_per_m: float) -> Self:
        """Halve a picture until there are enough levels."""
        levels = [picture]
        while len(levels) < LEVELS:
            half = cv2.resize(levels[-1], None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
            levels.append(np.asarray(half, np.uint8))
        return cls(tuple(levels), texels_per_m)

    def sampled(self, columns: Floats32, rows: Floats32, pixels_per_m: float) -> npt.NDArray[np.uint8]:
        """Give the colours (N, 3) at places counted in texels of the first level, as seen at a scale."""
        count = len(columns)
        if not count:
            return np.zeros((0, 3), np.uint8)  # OpenCV refuses to look up nothing
        finer = float(np.log2(max(self.texels_per_m / pixels_per_m, 1.0)))
        level = min(max(round(finer - SHARPER), 0), LEVELS - 1)
        places = np.zeros((2, -(-count // ROW) * ROW), np.float32)
        np.multiply(columns, np.float32(0.5**level), out=places[0, :count])
        np.multiply(rows, np.float32(0.5**level), out=places[1, :count])
        places -= np.float32(0.5)
        x, y = places.reshape(2, -1, ROW)
        found = cv2.remap(self.levels[level], x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(found, np.uint8).reshape(-1, 3)[:count]
