"""What a picture of the demo world is drawn on: colour, depth and whose pixel it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from haven_server.types import BGRImage

Depth = npt.NDArray[np.float32]
"""(H, W) float32 m along the optical axis."""
Owners = npt.NDArray[np.uint8]
"""(H, W) uint8: 0 the room, else the number of the person whose pixel it is."""


@dataclass(frozen=True, slots=True, eq=False)
class Canvas:
    """A picture while it is drawn; its arrays are written to.

    Attributes:
        colour: (H, W, 3) uint8 BGR, as shown on a screen.
        depth: of what is seen in each pixel.
        owner: whose pixel it is.
    """

    colour: BGRImage
    depth: Depth
    owner: Owners

    @classmethod
    def over(cls, colour: BGRImage, depth: Depth) -> Self:
        """Start from a copy of a room without people."""
        return cls(colour.copy(), depth.copy(), np.zeros(depth.shape, np.uint8))


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
