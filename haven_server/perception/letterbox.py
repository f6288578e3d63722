"""Fit a picture of any size into a network's input, and carry its answers back: BGRImage -> input, BoxesXYXY."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from haven_server.perception.scaling import scale_onto
from haven_server.types import BGRImage, BoxesXYXY

PAD_GREY = 114
"""Grey level round the picture, as in the training of the networks we import."""


@dataclass(frozen=True, slots=True)
class Letterbox:
    """Where a source picture lies in a network's input: shrunk or grown alike in both directions, centred.

    Attributes:
        source_height, source_width: px.
        input_height, input_width: px.
        content_height, content_width: px of the picture within the input.
        top, left: px of padding above and to the left of it.
    """

    source_height: int
    source_width: int
    input_height: int
    input_width: int
    content_height: int
    content_width: int
    top: int
    left: int

    @classmethod
    def fit(
        cls, source: tuple[int, ...], input_height: int, input_width: int, greatest_width: int | None = None
    ) -> Self:
        """Place a picture as large as the input allows.

        Args:
            source: shape of the picture, height and width first.
            greatest_width: px; the picture within the input is at most this wide.
        """
        height, width = source[:2]
        scale = min(input_height / height, min(input_width, greatest_width or input_width) / width)
        content_height = min(max(round(height * scale), 1), input_height)
        content_width = min(max(round(width * scale), 1), input_width)
        top, left = (input_height - content_height) // 2, (input_width - content_width) // 2
        return cls(height, width, input_height, input_width, content_height, content_width, top, left)

    def draw(self, picture: BGRImage, canvas: BGRImage) -> None:
        """Draw the picture into an input, padded with grey.

        Args:
            picture: (source_height, source_width, 3) uint8 BGR.
            canvas: (input_height, input_width, 3) uint8, overwritten; may be one row of a batch.
        """
        canvas[:] = PAD_GREY
        bottom, right = self.top + self.content_height, self.left + self.content_width
        scale_onto(picture, canvas[self.top : bottom, self.left : right])

    def boxes_to_source(self, boxes: BoxesXYXY) -> BoxesXYXY:
        """Carry boxes (N, 4) xyxy from input pixels to source pixels, clipped to the picture."""
        corners = self.points_to_source(boxes.reshape(-1, 2, 2))
        limits = np.array([self.source_width, self.source_height], np.float32)
        return np.clip(corners, np.float32(0), limits).reshape(-1, 4)

    def points_to_source(self, points: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Carry points (..., 2) x, y from input pixels to source pixels, unclipped."""
        offset = np.array([self.left, self.top], np.float32)
        scale = np.array([self.source_width / self.content_width, self.source_height / self.content_height], np.float32)
        return (points - offset) * scale
