"""What a picture of the demo world is drawn on: colour, depth and whose pixel it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self, TypeAlias

import numpy as np
import numpy.typing as npt

from haven_server.types import BGRImage

Depth = npt.NDArray[np.float32]
"""(H, W) float32 m along the optical axis."""
Owners = npt.NDArray[np.uint8]
"""(H, W) uint8: 0 the room, else the number of the person whose pixel it is."""
Window: TypeAlias = tuple[int, int, int, int]
"""A part of a picture: left, top, right, bottom in whole pixels, right and bottom excluded."""


@dataclass(frozen=True, slots=True, eq=False)
class Canvas:
    """A picture while it is drawn; its arrays are written to.

    Attributes:
        colour: (H, W, 3) uint8 BGR, as shown on a screen.
        depth: of what is seen in each pixel.
        owner: whose pixel it is.
        touched: where it may differ from the room without people, in the order of drawing.
    """

    colour: BGRImage
    depth: Depth
    owner: Owners
    touched: list[Window] = field(default_factory=list)

    @classmethod
    def over(cls, colour: BGRImage, depth: Depth) -> Self:
        """Start from a copy of a room without people."""
        return cls(colour.copy(), depth.copy(), np.zeros(depth.shape, np.uint8))

    def clear(self, colour: BGRImage, depth: Depth) -> None:
        """Take everybody out again: go back to the room without people that the canvas was started from."""
        for left, top, right, bottom in self.touched:
            area = np.s_[top:bottom, left:right]
            self.colour[area], self.depth[area], self.owner[area] = colour[area], depth[area], 0
        self.touched.clear()


@dataclass(frozen=True, slots=True)
class Light:
    """How a room is lit, for everything that is drawn into it.

    Attributes:
        direction: x, y, z of a unit vector towards the main light, world axes.
        colour: b, g, r of the main light, about 1.
        ambient: b, g, r of the light from all sides, about 0.5.
    """

    direction: tuple[float, float, float] = (0.3, -0.4, 0.866)
    colour: tuple[float, float, float] = (0.60, 0.62, 0.65)
    ambient: tuple[float, float, float] = (0.52, 0.50, 0.48)
