"""Encode a frame for viewers, once per width however many watch: BGRImage -> JPEG."""

from __future__ import annotations

import asyncio

import cv2

from haven_server.types import BGRImage

JPEG_QUALITY = 80
"""Of 100: faces stay recognisable at a tenth of the raw size."""


class Picture:
    """One frame's picture, encoded when the first viewer takes it and shared with the others."""

    def __init__(self, image: BGRImage) -> None:
        self._image = image
        self._encoded: dict[int, asyncio.Task[bytes]] = {}

    async def jpeg(self, max_width: int | None) -> bytes:
        """Encode the picture off the event loop, or take what another viewer had encoded.

        Args:
            max_width: px; the picture is shrunk to it where it is wider. None: as captured.
        """
        own_width = self._image.shape[1]
        width = own_width if max_width is None else min(max_width, own_width)
        if width not in self._encoded:
            self._encoded[width] = asyncio.create_task(asyncio.to_thread(encode_jpeg, self._image, width))
        # Shielded: a viewer who leaves must not take the picture from the others.
        return await asyncio.shield(self._encoded[width])


def encode_jpeg(image: BGRImage, width: int) -> bytes:
    """Encode a picture, shrunk to ``width`` px with its proportions kept. Blocking."""
    own_height, own_width = image.shape[:2]
    if width < own_width:
        height = max(1, round(own_height * width / own_width))
        image = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1].tobytes()
