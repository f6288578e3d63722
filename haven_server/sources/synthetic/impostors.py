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
        columns: (K, 4) of the texture: middle, columns per radian, least and greatest.
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
        points: (N, 3) right, down and forward of the camera, m.
        normals: (N, 3) unit vectors in the same axes, out of the shape.
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


def cast(shapes: Shapes, camera: Camera, depth: Depth, left: int, top: int) -> tuple[Quadrics, npt.NDArray[np.uint8]]:
    """Find the nearest shape in each pixel of a part of the picture.

    Args:
        depth: (h, w) of the part; shapes behind it are not seen; overwritten where they are.
        left, top: of the part in the picture.

    Returns:
        The equations; (h, w) 1 + the number of the shape, 0 where none is nearer than the given depth.
    """
    equations = quadrics(shapes, camera)
    windows = clipped(boxes(shapes, camera) - (left, top, left, top), depth.shape[1], depth.shape[0])
    x = (np.arange(depth.shape[1]) + left + 0.5 - camera.centre_px[0]) / camera.focal_px
    y = (np.arange(depth.shape[0]) + top + 0.5 - camera.centre_px[1]) / camera.focal_px
    shift = np.tile(np.eye(3), (len(windows), 1, 1))
    shift[:, 0, 2] = x[0] + ((windows[:, 0] + windows[:, 2]) / 2) / camera.focal_px
    shift[:, 1, 2] = y[0] + ((windows[:, 1] + windows[:, 3]) / 2) / camera.focal_px
    first = np.einsum("ki,kij->kj", equations.first, shift)
    second = np.einsum("kia,kij,kjb->kab", shift, equations.second, shift)
    third = np.einsum("ki,kij->kj", equations.inverse[:, 2, :3], shift)
    roots = first[:, :, None] * first[:, None, :] - equations.zeroth[:, None, None] * second
    owners = np.zeros(depth.shape, np.uint8)
    bounded = np.isfinite(shapes.cut).any(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        for k, (x0, y0, x1, y1) in enumerate(windows):
            if x0 >= x1 or y0 >= y1 or equations.zeroth[k] <= 0:
                continue
            u, v = x[x0:x1] - shift[k, 0, 2], (y[y0:y1] - shift[k, 1, 2])[:, None]
            h, g = roots[k], first[k]
            along = ((h[0, 0] * u + 2 * h[0, 2]) * u + h[2, 2]).astype(np.float32)
            down = ((h[1, 1] * v + 2 * h[1, 2]) * v).astype(np.float32)
            root = np.multiply((2 * h[0, 1] * v).astype(np.float32), u.astype(np.float32))
            root += along
            root += down
            np.sqrt(root, out=root)
            b = (g[0] * u + g[2]).astype(np.float32) + (g[1] * v).astype(np.float32)
            near = np.divide(np.float32(equations.zeroth[k]), root - b)
            window = depth[y0:y1, x0:x1]
            seen = near < window
            if bounded[k]:
                rate = (third[k, 0] * u + third[k, 2]).astype(np.float32) + (third[k, 1] * v).astype(np.float32)
                low, high = shapes.cut[k] - equations.inverse[k, 2, 3]
                z = near * rate
                within = (z >= low) & (z <= high)
                if shapes.hollow[k]:
                    far = np.divide(np.float32(-equations.zeroth[k]), root + b)
                    z = far * rate
                    near = np.where(within, near, far)
                    within |= (z >= low) & (z <= high)
                    seen = near < window
                seen &= within
            np.copyto(window, near, where=seen)
            owners[y0:y1, x0:x1][seen] = k + 1
    return equations, owners


def hits(
    shapes: Shapes,
    equations: Quadrics,
    camera: Camera,
    depth: Depth,
    owners: npt.NDArray[np.uint8],
    left: int,
    top: int,
) -> Hits:
    """Say of each pixel that shows a shape where it lies, where it faces and what of the texture it shows.

    Args:
        depth, owners: as ``cast`` left them.  left, top: as given to it.
    """
    pixels = np.flatnonzero(owners)
    numbers = owners.ravel()[pixels]
    order = np.argsort(numbers, kind="stable")
    pixels, numbers = pixels[order], numbers[order] - np.uint8(1)
    row, column = np.divmod(pixels, depth.shape[1])
    points = np.empty((len(pixels), 4), np.float32)
    points[:, 2] = depth.ravel()[pixels]
    points[:, 0] = (column + (left + 0.5 - camera.centre_px[0])) * (1 / camera.focal_px) * points[:, 2]
    points[:, 1] = (row + (top + 0.5 - camera.centre_px[1])) * (1 / camera.focal_px) * points[:, 2]
    points[:, 3] = 1
    homogeneous = np.concatenate([equations.inverse, np.broadcast_to([[[0, 0, 0, 1.0]]], (len(shapes.cut), 1, 4))], 1)
    slopes = np.concatenate([equations.second, equations.first[..., None]], axis=2)
    maps = np.concatenate([slopes, shapes.wrap @ homogeneous], axis=1).transpose(0, 2, 1).astype(np.float32)
    found = np.empty((len(pixels), 6), np.float32)
    ends = np.searchsorted(numbers, np.arange(len(shapes.cut) + 1))
    for k in np.flatnonzero(np.diff(ends)):
        np.matmul(points[ends[k] : ends[k + 1]], maps[k], out=found[ends[k] : ends[k + 1]])
    normals = found[:, :3]
    inside = np.einsum("ni,ni->n", normals, points[:, :3]) > 0
    normals *= (np.where(inside, np.float32(-1), np.float32(1)) / np.sqrt(np.einsum("ni,ni->n", normals, normals)))[
        :, None
    ]
    middle, per_radian, least, most = shapes.columns.astype(np.float32)[numbers].T
    columns = np.clip(middle + per_radian * np.arctan2(found[:, 4], found[:, 3]), least, most)
    lowest, highest = shapes.rows.astype(np.float32)[numbers].T
    return Hits(pixels, numbers, points[:, :3], normals, columns, np.clip(found[:, 5], lowest, highest))
