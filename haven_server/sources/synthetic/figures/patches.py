"""How the texture of a body is laid out: parts of a body -> patches of one sheet.

One sheet holds everything below the head: the trunk, unrolled from the back over the left and the front to the back
again, the sleeves and the trouser legs, unrolled likewise and from top to bottom, and patches of one colour.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from haven_server.sources.synthetic.figures.modelling import Columns
from haven_server.types import BGRImage

TEXELS_PER_M: Final = 320.0
"""Rows of the trunk per metre."""
PELVIS_ROW: Final = 200.0
"""Of the trunk, where the pelvis joint lies; the neck is above it."""


@dataclass(frozen=True, slots=True)
class Patch:
    """A part of the sheet that is wrapped round some part of the body.

    Attributes:
        left, top, width, height: in texels.
    """

    left: int
    top: int
    width: int
    height: int

    @property
    def columns(self) -> Columns:
        """Where it lies round an axis, front in the middle, once round."""
        return self.left + self.width / 2, (self.width - 4) / (2 * np.pi)

    @property
    def rows(self) -> tuple[float, float]:
        """Its first and last row."""
        return self.top + 1.0, self.top + self.height - 1.0

    def of(self, sheet: BGRImage) -> BGRImage:
        """Give its pixels, to be written to."""
        return sheet[self.top : self.top + self.height, self.left : self.left + self.width]


TRUNK: Final = Patch(0, 0, 256, 256)
ARM: Final = Patch(256, 0, 128, 160)
LEG: Final = Patch(384, 0, 128, 160)
SKIN: Final = Patch(256, 160, 64, 48)
SHOE: Final = Patch(320, 160, 64, 48)
BAG: Final = Patch(384, 160, 64, 48)
NECK: Final = Patch(448, 160, 64, 48)
SHEET_WIDTH: Final = 512
SHEET_HEIGHT: Final = 256
