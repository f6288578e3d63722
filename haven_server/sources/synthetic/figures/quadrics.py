"""Solid shapes as a camera sees them: Shapes, Camera -> equations in the camera's axes, boxes in the picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from haven_server.sources.synthetic.camera import Camera
from haven_server.sources.synthetic.figures.shapes import Floats, Shapes

Windows = npt.NDArray[np.int64]
"""(K, 4) left, top, right, bottom in whole pixels, right and bottom excluded."""


@dataclass(frozen=True, slots=True, eq=False)
class Quadrics:
    """The equations of K shapes in a camera's axes: ``p' second p + 2 first' p + zeroth = 0`` on the surface.

    Attributes:
        inverse: (K, 3, 4) from right, down, forward, 1 to the shape's X, Y, Z.
        second: (K, 3, 3).  first: (K, 3).  zeroth: (K,), above 0 while the camera is outside.
    """

    inverse: Floats
    second: Floats
    first: Floats
    zeroth: Floats

    @classmethod
    def of(cls, shapes: Shapes, camera: Camera) -> Self:
        """Carry the shapes' equations into the camera's axes."""
        turn = np.linalg.inv(view_axes(camera) @ shapes.axes)
        offset = -np.einsum("kij,kj->ki", turn, camera.to_view(shapes.origin))
        s, l_, c = shapes.quadric.T
        weights = np.ones_like(offset)
        weights[:, 2] = s
        slope = weights * offset
        slope[:, 2] += l_
        second = turn.transpose(0, 2, 1) @ (weights[:, :, None] * turn)
        first = np.einsum("kia,ki->ka", turn, slope)
        zeroth = np.einsum("ki,ki->k", offset, slope) + l_ * offset[:, 2] + c
        return cls(np.concatenate([turn, offset[..., None]], axis=2), second, first, zeroth)


def view_axes(camera: Camera) -> Floats:
    """Give the rows right, down and forward of a camera, world axes."""
    forward, left, up = camera.rotation.T
    return np.array([-left, -up, forward])


def boxes(shapes: Shapes, camera: Camera) -> Floats:
    """Bound each shape in the picture.

    Returns:
        (K, 4) xyxy px, not clipped to the picture; NaN where a shape is not wholly in front of the camera.

    Source: the outline of an ellipsoid is a conic whose dual is the projection of the ellipsoid's dual; Hartley &
        Zisserman, Multiple View Geometry, 2nd ed., result 8.9.
    """
    z, radius = shapes.hull[..., 0], shapes.hull[..., 1]
    axes = view_axes(camera) @ shapes.axes
    centre = camera.to_view(shapes.origin)[:, None] + z[..., None] * axes[:, None, :, 2]
    spread = (axes @ axes.transpose(0, 2, 1))[:, None] * (radius**2)[..., None, None]
    dual = centre[..., :, None] * centre[..., None, :] - spread
    deep = np.where((dual[..., 2, 2] > 0) & (centre[..., 2] > 0), dual[..., 2, 2], np.nan)[..., None]
    middle = dual[..., :2, 2]
    reach = np.sqrt(np.maximum(middle**2 - dual[..., (0, 1), (0, 1)] * deep, 0))
    low, high = ((middle - reach) / deep).min(axis=1), ((middle + reach) / deep).max(axis=1)
    return np.asarray(np.concatenate([low, high], axis=1) * camera.focal_px + np.tile(camera.centre_px, 2))


def box_round(bounds: Floats) -> Floats:
    """Give the box (4,) round all boxes but those that are NaN; NaN where all are."""
    known = bounds[~np.isnan(bounds[:, 0])]
    if not len(known):
        return np.full(4, np.nan)
    return np.concatenate([known[:, :2].min(axis=0), known[:, 2:].max(axis=0)])


def clipped(bounds: Floats, width: int, height: int) -> Windows:
    """Round boxes (K, 4) outwards to whole pixels of a picture; those that are NaN become empty."""
    whole = np.concatenate([np.floor(bounds[:, :2]), np.ceil(bounds[:, 2:])], axis=1)
    return np.asarray(np.clip(np.nan_to_num(whole, nan=0.0), 0, (width, height, width, height)), np.int64)
