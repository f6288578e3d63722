"""Solid shapes drawn pixel by pixel, without a mesh: Shapes, Camera, Depth -> Hits.

Every shape is a quadric in coordinates X, Y, Z of its own, cut to a range of Z:

    X^2 + Y^2 + s Z^2 + 2 l Z + c = 0        a ball has s, l, c = 1, 0, -r^2; a cone tapers along Z

Along the ray of a pixel, ``t * (x, y, 1)`` in the camera's axes, that is ``a t^2 + 2 b t + c = 0``, where a, b and the
discriminant ``b^2 - a c`` are polynomials in x and y whose coefficients are found once for all shapes. What is left to
do per pixel of a shape's box is a sum, a root and a quotient; ``t`` is the depth itself. Normals and texture
coordinates are affine in the point that is hit, so that one small product per shape gives both.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

from haven_server.sources.synthetic.camera import Camera
from haven_server.sources.synthetic.canvas import Depth

Floats = npt.NDArray[np.float64]
Floats32 = npt.NDArray[np.float32]
Boxes = npt.NDArray[np.int64]
"""(K, 4) left, top, right, bottom in whole pixels, right and bottom excluded."""


@dataclass(frozen=True, slots=True, eq=False)
class Shapes:
    """K shapes with a place in the world.

    Attributes:
        origin: (K, 3) world m, where X, Y and Z are 0.
        axes: (K, 3, 3) world m, columns: one unit of X, Y and Z.
        quadric: (K, 3) s, l and c of the equation above.
        cut: (K, 2) least and greatest Z that is drawn.
        hull: (K, 2, 2) Z and radius of two balls, in the shape's own units, whose hull holds the shape.
        hollow: (K,) bool: where the near side is cut away, the far side is seen from within.
        wrap: (K, 3, 4) from X, Y, Z, 1 to the directions of a texture's middle column and of a quarter turn to the
            left of it, and the texture's row.
        columns: (K, 2) of the texture: that in the middle, columns per radian.
        rows: (K, 2) least and greatest of the texture.
    """

    origin: Floats
    axes: Floats
    quadric: Floats
    cut: Floats
    hull: Floats
    hollow: npt.NDArray[np.bool_]
    wrap: Floats
    columns: Floats
    rows: Floats

    @classmethod
    def joined(cls, *groups: Shapes) -> Shapes:
        """Lay groups of shapes one after another."""
        return cls(*(np.concatenate([getattr(group, name) for group in groups]) for name in cls.__slots__))

    def placed(self, position: Floats, rotation: Floats) -> Shapes:
        """Carry shapes out of a frame into the world the frame stands in."""
        origin, axes = position + self.origin @ rotation.T, rotation @ self.axes
        rest = (getattr(self, name) for name in self.__slots__[2:])
        return Shapes(origin, axes, *rest)


@dataclass(frozen=True, slots=True, eq=False)
class Hits:
    """The N pixels on which shapes are seen, sorted by shape.

    Attributes:
        pixels: (N,) flat index into the drawn box.
        shapes: (N,) number of the shape.
        points: (3, N) right, down and forward of the camera, m.
        normals: (3, N) unit vectors in the same axes, out of the shape.
        columns, rows: (N,) of the shape's texture.
    """

    pixels: npt.NDArray[np.int64]
    shapes: npt.NDArray[np.uint8]
    points: Floats32
    normals: Floats32
    columns: Floats32
    rows: Floats32


@dataclass(frozen=True, slots=True, eq=False)
class Quadrics:
    """The equations of K shapes in a camera's axes.

    Attributes:
        inverse: (K, 3, 4) from right, down, forward, 1 to X, Y, Z.
        second: (K, 3, 3), first: (K, 3), zeroth: (K,): ``p' second p + 2 first p + zeroth = 0`` on the surface.
    """

    inverse: Floats
    second: Floats
    first: Floats
    zeroth: Floats


def view_axes(camera: Camera) -> Floats:
    """Give the rows right, down and forward of a camera, world axes."""
    forward, left, up = camera.rotation.T
    return np.stack([-left, -up, forward])


def quadrics(shapes: Shapes, camera: Camera) -> Quadrics:
    """Write the shapes' equations in the camera's axes."""
    turn = np.linalg.inv(view_axes(camera) @ shapes.axes)
    offset = -np.einsum("kij,kj->ki", turn, camera.to_view(shapes.origin))
    s, l_, c = shapes.quadric.T
    weights = np.stack([np.ones_like(s), np.ones_like(s), s], axis=1)
    slope = weights * offset
    slope[:, 2] += l_
    second = np.einsum("kia,ki,kib->kab", turn, weights, turn)
    first = np.einsum("kia,ki->ka", turn, slope)
    zeroth = np.einsum("ki,ki->k", offset, slope) + l_ * offset[:, 2] + c
    return Quadrics(np.concatenate([turn, offset[..., None]], axis=2), second, first, zeroth)


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
    spread = np.einsum("kia,kja->kij", axes, axes)[:, None] * (radius**2)[..., None, None]
    dual = centre[..., :, None] * centre[..., None, :] - spread
    deep = np.where((dual[..., 2, 2] > 0) & (centre[..., 2] > 0), dual[..., 2, 2], np.nan)
    middle = dual[..., :2, 2]
    reach = np.sqrt(np.maximum(middle**2 - dual[..., (0, 1), (0, 1)] * deep[..., None], 0))
    low = ((middle - reach) / deep[..., None]).min(axis=1) * camera.focal_px + camera.centre_px
    high = ((middle + reach) / deep[..., None]).max(axis=1) * camera.focal_px + camera.centre_px
    return np.concatenate([low, high], axis=1)


def clipped(bounds: Floats, width: int, height: int) -> Boxes:
    """Round boxes outwards to whole pixels of a picture; those that are NaN become empty."""
    limits = np.array([width, height, width, height])
    whole = np.stack([np.floor(bounds[:, 0]), np.floor(bounds[:, 1]), np.ceil(bounds[:, 2]), np.ceil(bounds[:, 3])], 1)
    whole = np.nan_to_num(whole, nan=0.0)
    return np.clip(whole, 0, limits).astype(np.int64)


def cast(
    shapes: Shapes, camera: Camera, bounds: Floats, depth: Depth, corner: tuple[int, int]
) -> tuple[Quadrics, npt.NDArray[np.uint8]]:
    """Find the nearest shape in each pixel of a part of the picture.

    A cone is left out while the camera is inside its endless prolongation, which happens only when a limb points
    straight at the camera; the balls at its ends are seen then.

    Args:
        bounds: of the shapes in the picture, as ``boxes`` gives them.
        depth: (h, w) of the part; shapes behind it are not seen; overwritten where they are.
        corner: column and row of the part's first pixel in the picture.

    Returns:
        The equations; (h, w) 1 + the number of the shape, 0 where none is nearer than the given depth.
    """
    equations = quadrics(shapes, camera)
    windows = clipped(bounds - (*corner, *corner), depth.shape[1], depth.shape[0])
    pixel = 1 / camera.focal_px
    first_ray = (np.array(corner) + 0.5 - camera.centre_px) * pixel
    # Coefficients are moved to each box's first pixel, so that single precision is enough for what is done per pixel.
    shift = np.tile(np.eye(3), (len(windows), 1, 1))
    shift[:, :2, 2] = first_ray + windows[:, :2] * pixel
    slopes = np.einsum("ki,kij->kj", equations.first, shift)
    squares = np.einsum("kia,kij,kjb->kab", shift, equations.second, shift)
    roots = slopes[:, :, None] * slopes[:, None, :] - equations.zeroth[:, None, None] * squares
    heights = np.einsum("ki,kij->kj", equations.inverse[:, 2, :3], shift)
    cuts = shapes.cut - equations.inverse[:, 2, 3:]
    owners = np.zeros(depth.shape, np.uint8)
    steps = np.arange(max(depth.shape), dtype=np.float32) * np.float32(pixel)
    wanted = (windows[:, 0] < windows[:, 2]) & (windows[:, 1] < windows[:, 3]) & (equations.zeroth > 0)
    bounded = np.isfinite(shapes.cut).any(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        for k in np.flatnonzero(wanted).tolist():
            left, top, right, bottom = windows[k].tolist()
            x, y = steps[: right - left], steps[: bottom - top, None]
            zeroth = float(equations.zeroth[k])
            root, slope = _root_and_slope(roots[k].tolist(), slopes[k].tolist(), x, y)
            near = np.divide(zeroth, root - slope)
            window = depth[top:bottom, left:right]
            if bounded[k]:
                along, across, constant = heights[k].tolist()
                rate = x * along + constant + y * across
                low, high = cuts[k].tolist()
                height = near * rate
                within = (height >= low) & (height <= high)
                if shapes.hollow[k]:
                    far = np.divide(-zeroth, root + slope)
                    near = np.where(within, near, far)
                    height = far * rate
                    within |= (height >= low) & (height <= high)
                within &= near < window
            else:
                within = near < window
            np.copyto(window, near, where=within)
            np.copyto(owners[top:bottom, left:right], np.uint8(k + 1), where=within)
    return equations, owners


def _root_and_slope(root: list[list[float]], slope: list[float], x: Floats32, y: Floats32) -> tuple[Floats32, Floats32]:
    """Give the root of the discriminant, NaN beside the shape, and ``b`` over a box (h, w)."""
    (xx, xy, x1), (_, yy, y1), (_, _, one) = root
    dense = x * (y * (2 * xy))
    dense += (x * xx + 2 * x1) * x + one
    dense += (y * yy + 2 * y1) * y
    return np.sqrt(dense, out=dense), x * slope[0] + slope[2] + y * slope[1]


def hits(
    shapes: Shapes,
    equations: Quadrics,
    camera: Camera,
    depth: Depth,
    owners: npt.NDArray[np.uint8],
    corner: tuple[int, int],
) -> Hits:
    """Say of each pixel that shows a shape where it lies, where it faces and what of the texture it shows.

    Args:
        depth, owners: as ``cast`` left them.  corner: as given to it.
    """
    pixels = np.flatnonzero(owners)
    numbers = owners.ravel()[pixels]
    order = np.argsort(numbers, kind="stable")
    pixels, numbers = pixels[order], numbers[order] - np.uint8(1)
    right, down = (
        ((np.arange(size) + start + 0.5 - centre) / camera.focal_px).astype(np.float32)
        for size, start, centre in zip(depth.shape[::-1], corner, camera.centre_px, strict=True)
    )
    points = np.ones((4, len(pixels)), np.float32)
    np.take(depth * right, pixels, out=points[0])
    np.take(depth * down[:, None], pixels, out=points[1])
    np.take(depth, pixels, out=points[2])
    homogeneous = np.concatenate([equations.inverse, np.broadcast_to([[[0, 0, 0, 1.0]]], (len(shapes.cut), 1, 4))], 1)
    gradients = np.concatenate([equations.second, equations.first[..., None]], axis=2)
    maps = np.concatenate([gradients, shapes.wrap @ homogeneous], axis=1).astype(np.float32)
    found = np.empty((6, len(pixels)), np.float32)
    ends = np.searchsorted(numbers, np.arange(len(shapes.cut) + 1)).tolist()
    for k, (begin, end) in enumerate(pairwise(ends)):
        if end > begin:
            found[:, begin:end] = maps[k] @ points[:, begin:end]
    normals = found[:3]
    length = np.sqrt((normals * normals).sum(axis=0))
    inside = (normals * points[:3]).sum(axis=0) > 0  # of a hollow shape
    normals /= np.where(inside, -length, length)
    middle, per_radian = shapes.columns.astype(np.float32).T
    # OpenCV counts angles from 0 to 2 pi; the seam belongs to the back.
    angles = cv2.phase(-found[3], -found[4]).ravel() - np.float32(np.pi)
    columns = middle[numbers] + per_radian[numbers] * angles
    lowest, highest = shapes.rows.astype(np.float32).T
    rows = np.minimum(np.maximum(found[5], lowest[numbers]), highest[numbers])
    return Hits(pixels, numbers, points[:3], normals, columns, rows)
