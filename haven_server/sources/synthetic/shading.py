"""Light what is seen of a person and lay it into the picture: Hits, textures, Light -> Canvas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np
import numpy.typing as npt

from haven_server.sources.synthetic.canvas import Canvas, Light
from haven_server.sources.synthetic.impostors import Floats, Floats32, Hits
from haven_server.types import BGRImage

WRAP = 0.35
"""How far light reaches round a body, 0 for a hard edge between light and shadow to 1."""
RIM = 0.16
"""Brightness of the light that grazes a body's edge."""
CREVICE_M = 0.06
"""About how far into a crevice light loses itself."""
CREVICE_LOSS = 0.4
"""Share of the light that is lost deep in a crevice."""


@dataclass(frozen=True, slots=True, eq=False)
class Texture:
    """A texture in halving sizes, so that a small figure does not flicker.

    Attributes:
        levels: (H, W, 3) uint8 BGR, each half as large as the one before.
        texels_per_m: of the first level, on the body.
    """

    levels: tuple[BGRImage, ...]
    texels_per_m: float

    @classmethod
    def of(cls, picture: BGRImage, texels_per_m: float, levels: int = 5) -> Self:
        """Halve a picture until there are enough levels."""
        sizes = [picture]
        for _ in range(levels - 1):
            height, width = sizes[-1].shape[:2]
            sizes.append(
                np.asarray(cv2.resize(sizes[-1], (width // 2, height // 2), interpolation=cv2.INTER_AREA), np.uint8)
            )
        return cls(tuple(sizes), texels_per_m)

    def sampled(self, columns: Floats32, rows: Floats32, pixels_per_m: float) -> npt.NDArray[np.uint8]:
        """Give the colours (N, 3) at places counted in texels of the first level, as seen at a scale."""
        if not len(columns):
            return np.zeros((0, 3), np.uint8)  # OpenCV refuses to look up nothing
        wanted = np.log2(max(self.texels_per_m / max(pixels_per_m, 1e-6), 1.0)) - 0.3
        level = int(np.clip(round(wanted), 0, len(self.levels) - 1))
        factor = np.float32(0.5**level)
        count = len(columns)
        places = np.zeros((2, -(-count // 256) * 256), np.float32)
        np.multiply(columns, factor, out=places[0, :count])
        np.multiply(rows, factor, out=places[1, :count])
        places -= 0.5
        maps = places.reshape(2, -1, 256)
        found = cv2.remap(self.levels[level], maps[0], maps[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(found, np.uint8).reshape(-1, 3)[:count]


def lit(colours: npt.NDArray[np.uint8], hits: Hits, normals: Floats32, light: Light, view: Floats) -> Floats32:
    """Light (N, 3) surface colours.

    Args:
        normals: (N, 3) in the camera's axes; those of the hits, or smoothed.
        view: (3, 3) rows right, down and forward of the camera, world axes.
    """
    towards = (view @ np.asarray(light.direction)).astype(np.float32)
    up = view[:, 2].astype(np.float32)
    facing = normals @ np.stack([towards, up], axis=1)
    points = hits.points
    away = np.einsum("ni,ni->n", normals, points) / np.sqrt(np.einsum("ni,ni->n", points, points))
    diffuse = np.maximum(facing[:, 0] + np.float32(WRAP), 0) * np.float32(1 / (1 + WRAP))
    sky = np.float32(0.86) + np.float32(0.14) * facing[:, 1]
    strength = diffuse[:, None] * np.asarray(light.colour, np.float32) + sky[:, None] * np.asarray(
        light.ambient, np.float32
    )
    edge = 1 + np.minimum(away, 0)
    edge *= edge
    edge *= np.float32(RIM) * (np.float32(0.5) + np.float32(0.5) * facing[:, 1])
    return colours * (strength + edge[:, None])


def composed(
    canvas: Canvas, box: tuple[int, int, int, int], depth: Floats32, hits: Hits, colours: Floats32, owner: int
) -> None:
    """Write lit pixels into the canvas, with soft edges.

    Args:
        box: left, top, right, bottom of the drawn part in the canvas.
        depth: (h, w) of that part.
        colours: (N, 3) of the hits.
    """
    left, top, right, bottom = box
    shape = depth.shape
    sheet = np.zeros((*shape, 4), np.float32)
    flat = sheet.reshape(-1, 4)
    flat[hits.pixels, :3] = colours
    flat[hits.pixels, 3] = 1
    soft = np.asarray(cv2.GaussianBlur(sheet, (3, 3), 0.6), np.float32)
    area = canvas.colour[top:bottom, left:right]
    coverage = soft[..., 3]
    inside = coverage > 0.999
    edges = (coverage > 0.001) & ~inside
    area[inside] = np.minimum(sheet[inside, :3], 255)
    area[edges] = np.clip(area[edges] * (1 - coverage[edges])[:, None] + soft[edges, :3], 0, 255)
    shown = sheet[..., 3] > 0
    canvas.depth[top:bottom, left:right][shown] = depth[shown]
    canvas.owner[top:bottom, left:right][shown] = owner
