"""Where rays meet boxes with rounded edges, cylinders, ellipsoids, and the inside of a room.

A form lies in its own frame round the origin. A ray is ``start + t * way``; for a camera's rays, whose forward part is
1, t is the depth. All arrays are float32; (3, N) so that each axis lies together in memory.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float32]
"""(3,) float32."""
Ways = npt.NDArray[np.float32]
"""(3, N) float32: directions, or points, one per column."""
Times = npt.NDArray[np.float32]
"""(N,) float32: t of the first meeting, infinite where there is none."""

_MISSED = np.float32(np.inf)
_CLOSE_M = np.float32(4e-4)


def box_spans(half: Vector, start: Ways, way: Ways) -> tuple[Times, Times]:
    """Give t of entry and exit of a sharp box, ``entry > exit`` where it is missed.

    Args:
        start: (3, N), or (3, 1) for rays from one point.
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        inverse = 1 / way
        middle = -start * inverse
        reach = half[:, None] * np.abs(inverse)
        near, far = middle - reach, middle + reach
    entry = np.fmax(np.fmax(near[0], near[1]), near[2])
    leave = np.fmin(np.fmin(far[0], far[1]), far[2])
    return entry, leave


def meet_box(half: Vector, rounding: float, start: Ways, way: Ways) -> Times:
    """Meet a box with rounded edges from outside.

    The sharp box is met first; from there rays near an edge step on by their distance from the rounded one.
    """
    entry, leave = box_spans(half, start, way)
    found = np.where((entry <= leave) & (entry > 0), entry, _MISSED)
    rows = np.flatnonzero(np.isfinite(found))
    if not rows.size or rounding <= 0:
        return found
    core = (half - np.float32(min(rounding, float(half.min()) * 0.98)))[:, None]
    radius = half[:, None] - core
    t, steps = found[rows], way[:, rows]
    length = np.sqrt((steps * steps).sum(axis=0))
    active = np.arange(rows.size)
    for _ in range(24):
        place = np.abs(start + t[active] * steps[:, active]) - core
        outside = np.maximum(place, 0)
        gap = np.sqrt((outside * outside).sum(axis=0)) - radius[0]
        going = gap > _CLOSE_M
        active = active[going]
        if not active.size:
            break
        t[active] += gap[going] / length[active]
        lost = t[active] > leave[rows[active]]
        t[active[lost]] = _MISSED
        active = active[~lost]
    t[active] = _MISSED  # grazed the edge without coming to rest on it
    found[rows] = t
    return found


def box_normals(half: Vector, rounding: float, points: Ways) -> Ways:
    """Give the normals of a box with rounded edges at points on it."""
    core = (half - np.float32(min(rounding, float(half.min()) * 0.98)))[:, None]
    outwards = np.maximum(np.abs(points) - core, 0) + np.float32(1e-6)
    outwards *= np.sign(points)
    return np.asarray(outwards / np.sqrt((outwards * outwards).sum(axis=0)), np.float32)


def meet_ellipsoid(half: Vector, start: Ways, way: Ways) -> Times:
    """Meet an ellipsoid from outside."""
    origin, step = start / half[:, None], way / half[:, None]
    a = (step * step).sum(axis=0)
    b = (origin * step).sum(axis=0)
    c = (origin * origin).sum(axis=0) - 1
    root = b * b - a * c
    with np.errstate(invalid="ignore"):
        t = (-b - np.sqrt(root)) / a
    return np.where((root >= 0) & (t > 0), t, _MISSED)


def ellipsoid_normals(half: Vector, points: Ways) -> Ways:
    """Give the normals of an ellipsoid at points on it."""
    outwards = points / (half * half)[:, None]
    return np.asarray(outwards / np.sqrt((outwards * outwards).sum(axis=0)), np.float32)


def meet_cylinder(half: Vector, start: Ways, way: Ways) -> Times:
    """Meet an upright cylinder from outside, over an ellipse."""
    origin, step = start[:2] / half[:2, None], way[:2] / half[:2, None]
    a = (step * step).sum(axis=0) + np.float32(1e-9)
    b = (origin * step).sum(axis=0)
    root = b * b - a * ((origin * origin).sum(axis=0) - 1)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        swing = np.sqrt(root)
        lid = (-np.sign(way[2]) * half[2] - start[2]) / way[2]
        sill = (np.sign(way[2]) * half[2] - start[2]) / way[2]
    entry = np.fmax((-b - swing) / a, lid)
    leave = np.fmin((-b + swing) / a, sill)
    return np.where((root >= 0) & (entry <= leave) & (entry > 0), entry, _MISSED)


def cylinder_normals(half: Vector, points: Ways) -> Ways:
    """Give the normals of an upright cylinder at points on it."""
    place = points[:2] / half[:2, None]
    radius = np.sqrt((place * place).sum(axis=0))
    on_lid = half[2] - np.abs(points[2]) < (1 - radius) * half[:2].min()
    outwards = place / half[:2, None]
    outwards = outwards / (np.sqrt((outwards * outwards).sum(axis=0)) + np.float32(1e-9))
    normals = np.where(on_lid, 0, outwards), np.where(on_lid, np.sign(points[2]), 0)[None]
    return np.concatenate(normals).astype(np.float32)


def leave_box(half: Vector, start: Ways, way: Ways) -> Times:
    """Meet the walls of a box from inside."""
    _, leave = box_spans(half, start, way)
    return np.where(leave > 0, leave, _MISSED)


def wall_normals(half: Vector, points: Ways) -> Ways:
    """Give the normals of a box's walls, inwards, at points on them."""
    share = np.abs(points) / half[:, None]
    axis = share.argmax(axis=0)
    normals = np.zeros(points.shape, np.float32)
    columns = np.arange(points.shape[1])
    normals[axis, columns] = -np.sign(points[axis, columns])
    return normals
