"""Expose pictures that differ from one still picture in places alone, at the cost of these places.

A camera on a wall sees the same room all day. Its exposures of the empty room are kept, one for each noise; into a copy
of one of them goes what a picture shows differently, exposed with as much round it as blur and compression reach.
"""

from __future__ import annotations

from collections.abc import Iterable

from haven_server.sources.synthetic.canvas import Window
from haven_server.sources.synthetic.rooms.sensor import GRAINS, JPEG_UNIT_PX, Exposure
from haven_server.types import BGRImage

_SEAM_PX = JPEG_UNIT_PX // 2
"""How far round the squares that changed a picture is replaced: compression carries colours two pixels further."""


class StillView:
    """A camera before a room in which only little moves.

    Args:
        still: (H, W, 3) uint8 BGR, the room as it is.
    """

    def __init__(self, exposure: Exposure, still: BGRImage) -> None:
        self._exposure, self._still = exposure, still
        self._kept: dict[int, BGRImage] = {}

    def frame(self, picture: BGRImage, changed: Iterable[Window], number: int) -> BGRImage:
        """Take a frame: the bytes that ``Exposure.frame`` gives for the whole picture.

        Args:
            picture: (H, W, 3) uint8 BGR.
            changed: the windows outside which it is the still one.
        """
        grain = number % GRAINS
        if grain not in self._kept:
            self._kept[grain] = self._exposure.frame(self._still, grain)
        taken = self._kept[grain].copy()
        for window in joined(self._in_squares(window) for window in changed):
            around = self._grown(window, JPEG_UNIT_PX)
            left, top, right, bottom = self._grown(window, _SEAM_PX)
            part = self._exposure.part(picture, number, around)
            taken[top:bottom, left:right] = part[
                top - around[1] : bottom - around[1], left - around[0] : right - around[0]
            ]
        return taken

    def _in_squares(self, window: Window) -> Window:
        """Round a window outwards, with the blur round it, to the squares of the compression."""
        left, top, right, bottom = self._grown(window, self._exposure.blur_reach_px)
        return (
            left - left % JPEG_UNIT_PX,
            top - top % JPEG_UNIT_PX,
            min(right + -right % JPEG_UNIT_PX, self._exposure.width),
            min(bottom + -bottom % JPEG_UNIT_PX, self._exposure.height),
        )

    def _grown(self, window: Window, by_px: int) -> Window:
        left, top, right, bottom = window
        return (
            max(left - by_px, 0),
            max(top - by_px, 0),
            min(right + by_px, self._exposure.width),
            min(bottom + by_px, self._exposure.height),
        )


def joined(windows: Iterable[Window]) -> list[Window]:
    """Put windows together wherever one round both has no more pixels than the two have."""
    kept: list[Window] = []
    for window in windows:
        while near := [other for other in kept if _area(_round(window, other)) <= _area(window) + _area(other)]:
            kept.remove(near[0])
            window = _round(window, near[0])
        kept.append(window)
    return kept


def _round(one: Window, other: Window) -> Window:
    return min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3])


def _area(window: Window) -> int:
    return (window[2] - window[0]) * (window[3] - window[1])
