"""Draw solid shapes pixel by pixel: Shapes, Camera, Depth -> Hits.

Along the ray of a pixel, ``t * (x, y, 1)`` in the camera's axes, a quadric's equation is ``a t^2 + 2 b t + c = 0``,
where a, b and the discriminant ``b^2 - a c`` are polynomials in x and y whose coefficients are found once for all
shapes. What is left to do per pixel of a shape's box is a sum, a root and a quotient: ``t = c / (root - b)`` is the
depth itself. Normals and texture coordinates are affine in the point that is hit, so that one small product per shape
gives both.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

from haven_server.sources.synthetic.camera import Camera
from haven_server.sources.synthetic.canvas import Depth
from haven_server.sources.synthetic.figures.quadrics import Quadrics, Windows, clipped
from haven_server.sources.synthetic.figures.shapes import Floats, Shapes

Floats32 = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.uint8]
"""(h, w) 1 + the number of the shape that is seen, 0 where none is."""


@dataclass(frozen=True, slots=True, eq=False)
class Hits:
    """The N pixels on which shapes are seen, sorted by shape.

    Attributes:
        pixels: (N,) flat index into the drawn part of the picture.
        shapes: (N,) number of the shape.
        points: (3, N) right, down and forward of the camera, m.
        normals: (3, N) unit vectors in the same axes, towards the side that is seen.
        columns, rows: (N,) of the shape's texture.
    """

    pixels: npt.NDArray[np.int64]
    shapes: npt.NDArray[np.uint8]
    points: Floats32
    normals: Floats32
    columns: Floats32
    rows: Floats32


def draw_shapes(shapes: Shapes, camera: Camera, bounds: Floats, depth: Depth, corner: tuple[int, int]) -> Hits:
    """Find what is seen of shapes in a part of the picture.

    A cone is left out while the camera is inside its endless prolongation, which happens only when a limb points
    straight at the camera; the balls at its ends are seen then.

    Args:
        shapes: at most 255.
        bounds: of the shapes in the picture, as ``quadrics.boxes`` gives them.
        depth: (h, w) of the part; what is behind it is not seen; overwritten by what is.
        corner: column and row of the part's first pixel in the picture.
    """
    equations = Quadrics.of(shapes, camera)
    rays = [
        ((np.arange(size) + start + 0.5 - centre) / camera.focal_px).astype(np.float32)
        for size, start, centre in zip(depth.shape[::-1], corner, camera.centre_px, strict=True)
    ]
    windows = clipped(bounds - np.tile(corner, 2), depth.shape[1], depth.shape[0])
    numbers = _nearest(shapes, equations, windows, (float(rays[0][0]), float(rays[1][0])), 1 / camera.focal_px, depth)
    return _hits(shapes, equations, numbers, depth, rays[0], rays[1])


@dataclass(frozen=True, slots=True, eq=False)
class _Planes:
    """Functions of a pixel for each of K shapes, as a part per column (K, w) and a part per row (K, h).

    Columns and rows are counted from the first of each shape's window, which keeps single precision sharp.

    Attributes:
        root_columns, root_rows, root_product: the discriminant is the sum of the first two, plus the product of
            ``root_product`` (K, h) and ``steps`` (K, w).
        slope_columns, slope_rows: their sum is ``b``.
        height_columns, height_rows: their sum, times the depth, is how far Z lies above that of the camera.
    """

    steps: Floats32
    root_columns: Floats32
    root_rows: Floats32
    root_product: Floats32
    slope_columns: Floats32
    slope_rows: Floats32
    height_columns: Floats32
    height_rows: Floats32

    @classmethod
    def of(
        cls, equations: Quadrics, windows: Windows, first_ray: tuple[float, float], pixel: float, shape: tuple[int, int]
    ) -> _Planes:
        """Find the coefficients and spread them out over columns and rows."""
        shift = np.tile(np.eye(3), (len(windows), 1, 1))
        shift[:, :2, 2] = first_ray + windows[:, :2] * pixel
        slopes = np.einsum("ki,kij->kj", equations.first, shift)
        squares = shift.transpose(0, 2, 1) @ equations.second @ shift
        roots = slopes[:, :, None] * slopes[:, None, :] - equations.zeroth[:, None, None] * squares
        heights = np.einsum("ki,kij->kj", equations.inverse[:, 2, :3], shift)
        x, y = (((np.arange(size) - windows[:, [axis]]) * pixel) for axis, size in enumerate(shape[::-1]))
        return cls(
            *(
                plane.astype(np.float32)
                for plane in (
                    x,
                    (roots[:, [0], 0] * x + 2 * roots[:, [0], 2]) * x + roots[:, [2], 2],
                    (roots[:, [1], 1] * y + 2 * roots[:, [1], 2]) * y,
                    2 * roots[:, [0], 1] * y,
                    slopes[:, [0]] * x + slopes[:, [2]],
                    slopes[:, [1]] * y,
                    heights[:, [0]] * x + heights[:, [2]],
                    heights[:, [1]] * y,
                )
            )
        )


def _nearest(
    shapes: Shapes, equations: Quadrics, windows: Windows, first_ray: tuple[float, float], pixel: float, depth: Depth
) -> Numbers:
    """Find the nearest shape in each pixel, and write its depth."""
    numbers = np.zeros(depth.shape, np.uint8)
    planes = _Planes.of(equations, windows, first_ray, pixel, depth.shape)
    wanted = (windows[:, 0] < windows[:, 2]) & (windows[:, 1] < windows[:, 3]) & (equations.zeroth > 0)
    bounded: list[bool] = np.asarray(np.isfinite(shapes.cut).any(axis=1)).tolist()
    cuts = (shapes.cut - equations.inverse[:, 2, 3:]).tolist()
    zeroth = equations.zeroth.tolist()
    with np.errstate(invalid="ignore", divide="ignore"):  # beside a shape there is no root; NaN is never nearer
        for k in np.flatnonzero(wanted).tolist():
            left, top, right, bottom = windows[k].tolist()
            across, down = (k, slice(left, right)), (k, slice(top, bottom), None)
            root = planes.root_product[down] * planes.steps[across]
            root += planes.root_columns[across]
            root += planes.root_rows[down]
            np.sqrt(root, out=root)
            slope = planes.slope_columns[across] + planes.slope_rows[down]
            near: Floats32 = np.divide(zeroth[k], root - slope)
            seen: npt.NDArray[np.bool_] = near < depth[top:bottom, left:right]
            if bounded[k]:
                rate = planes.height_columns[across] + planes.height_rows[down]
                within = _within(near * rate, cuts[k])
                if shapes.hollow[k]:
                    far = np.divide(-zeroth[k], root + slope)
                    near = np.where(within, near, far)
                    within |= _within(far * rate, cuts[k])
                    seen = near < depth[top:bottom, left:right]
                seen &= within
            np.copyto(depth[top:bottom, left:right], near, where=seen)
            np.copyto(numbers[top:bottom, left:right], np.uint8(k + 1), where=seen)
    return numbers


def _within(height: Floats32, cut: list[float]) -> npt.NDArray[np.bool_]:
    return np.asarray((height >= cut[0]) & (height <= cut[1]))


def _hits(shapes: Shapes, equations: Quadrics, numbers: Numbers, depth: Depth, right: Floats32, down: Floats32) -> Hits:
    """Say of each pixel that shows a shape where it lies, where it faces and what of the texture it shows.

    Args:
        right, down: (w,) and (h,) of the pixels' rays, per metre of depth.
    """
    pixels = np.flatnonzero(numbers)
    if not len(pixels):
        return _nothing()  # OpenCV gives no angles of nothing
    owners = numbers.ravel()[pixels]
    order = np.argsort(owners, kind="stable")
    pixels, owners = pixels[order], owners[order] - np.uint8(1)
    points = np.ones((4, len(pixels)), np.float32)
    np.take(depth * right, pixels, out=points[0])
    np.take(depth * down[:, None], pixels, out=points[1])
    np.take(depth, pixels, out=points[2])
    found = np.empty((6, len(pixels)), np.float32)
    maps = _maps(shapes, equations)
    ends = np.searchsorted(owners, np.arange(len(shapes) + 1)).tolist()
    for k, (begin, end) in enumerate(pairwise(ends)):
        if end > begin:
            found[:, begin:end] = maps[k] @ points[:, begin:end]
    normals = found[:3]
    length = np.sqrt((normals * normals).sum(axis=0))
    from_within = (normals * points[:3]).sum(axis=0) > 0
    normals /= np.where(from_within, -length, length)
    middle, per_radian = shapes.columns.astype(np.float32).T
    # OpenCV counts angles from 0 to 2 pi; the seam belongs to the back.
    angles = np.asarray(cv2.phase(-found[3], -found[4])).ravel() - np.float32(np.pi)
    columns = middle[owners] + per_radian[owners] * angles
    lowest, highest = shapes.rows.astype(np.float32).T
    rows = np.minimum(np.maximum(found[5], lowest[owners]), highest[owners])
    return Hits(pixels, owners, points[:3], normals, columns, rows)


def _nothing() -> Hits:
    plane, line = np.zeros((3, 0), np.float32), np.zeros(0, np.float32)
    return Hits(np.zeros(0, np.int64), np.zeros(0, np.uint8), plane, plane, line, line)


def _maps(shapes: Shapes, equations: Quadrics) -> Floats32:
    """Give what carries a point and 1 to its normal, of any length, and its place on the texture, (K, 6, 4)."""
    homogeneous = np.concatenate([equations.inverse, np.broadcast_to([[[0, 0, 0, 1.0]]], (len(shapes), 1, 4))], axis=1)
    gradients = np.concatenate([equations.second, equations.first[..., None]], axis=2)
    return np.concatenate([gradients, shapes.wrap @ homogeneous], axis=1).astype(np.float32)
