"""Build bodies out of balls and tapered capsules: measures in metres -> Shapes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from haven_server.sources.synthetic.figures.shapes import Floats, Shapes

Columns = tuple[float, float]
"""Of a texture: the one in front, columns per radian to the left."""
Lengths = Sequence[float] | Floats
"""(3,) m."""
NO_CUT = (-np.inf, np.inf)


@dataclass(frozen=True, slots=True, eq=False)
class Wrap:
    """How a texture lies round a frame's third axis.

    Attributes:
        matrix: (3, 4) from the frame's coordinates, m, and 1 to the direction of the texture's front, that of its
            left, and its row.
        columns: see ``Columns``.
        rows: least and greatest.
    """

    matrix: Floats
    columns: Columns
    rows: tuple[float, float]

    @classmethod
    def round_axis(cls, row_at_zero: float, rows_per_m: float, columns: Columns, rows: tuple[float, float]) -> Wrap:
        """Wrap with the middle column along the frame's first axis and rows along its third."""
        matrix = np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, rows_per_m, row_at_zero]], np.float64)
        return cls(matrix, columns, rows)


def wrapped(shapes: Shapes, wrap: Wrap) -> Shapes:
    """Give shapes that stand in a frame the texture that is wrapped round the frame."""
    count = len(shapes)
    place = np.concatenate([shapes.axes, shapes.origin[:, :, None]], axis=2)
    place = np.concatenate([place, np.broadcast_to([[[0, 0, 0, 1.0]]], (count, 1, 4))], axis=1)
    columns, rows = np.tile(wrap.columns, (count, 1)), np.tile(wrap.rows, (count, 1))
    return replace(shapes, wrap=wrap.matrix @ place, columns=columns, rows=rows)


def ball(centre: Lengths, radii: Lengths, wrap: Wrap, turn: Floats | None = None) -> Shapes:
    """Make an ellipsoid.

    Args:
        radii: along its axes.
        turn: (3, 3) columns: its axes; those of the frame if not given.
    """
    axes = (np.eye(3) if turn is None else turn) * np.asarray(radii, np.float64)
    return wrapped(_balls(np.asarray(centre, np.float64)[None], axes[None], np.ones(1)), wrap)


def shell(centre: Lengths, radii: Lengths, wrap: Wrap, facing: Lengths, beyond_m: float) -> Shapes:
    """Make the hollow part of an ellipsoid that lies further than ``beyond_m`` from its centre in a direction."""
    axes = np.diag(np.asarray(radii, np.float64))
    direction = axes.T @ (np.asarray(facing, np.float64) / np.linalg.norm(facing))
    length = float(np.linalg.norm(direction))
    whole = _balls(np.asarray(centre, np.float64)[None], (axes @ _towards(direction / length))[None], np.ones(1))
    cut = np.array([[beyond_m / length, np.inf]])
    return wrapped(replace(whole, cut=cut, hollow=np.array([True])), wrap)


def capsule(
    start: Lengths, end: Lengths, radii: tuple[float, float], wrap: Wrap, sides: tuple[float, float] = (1, 1)
) -> Shapes:
    """Make one tapered capsule in a frame, its front about where the frame's first axis looks; see ``capsules``."""
    given = (np.asarray(value, np.float64)[None] for value in (start, end, (1, 0, 0), radii, sides, (0, 0), (0, 1)))
    return wrapped(capsules(*given), wrap)


def capsules(
    starts: Floats, ends: Floats, fronts: Floats, radii: Floats, sides: Floats, columns: Floats, rows: Floats
) -> Shapes:
    """Make K tapered capsules with elliptical sections: cones that touch a ball at either end.

    Args:
        starts, ends: (K, 3) m, the balls' centres.
        fronts: (K, 3) about where the front of the texture looks.
        radii: (K, 2) m at start and end.
        sides: (K, 2) factors on the radius to the front and to the left.
        columns: (K, 2) of the texture, round the capsule.
        rows: (K, 2) of the texture at start and end; the balls reach over them.

    Returns:
        3 K shapes: the cones, the balls at the starts, the balls at the ends.
    """
    along = ends - starts
    length = np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-6)
    along /= length
    left = np.cross(along, fronts)
    left /= np.maximum(np.linalg.norm(left, axis=1, keepdims=True), 1e-9)
    axes = np.stack([np.cross(left, along), left, along], axis=2)
    axes[:, :, :2] *= sides[:, None, :]
    shapes = Shapes.joined(
        _cones(starts, axes, length[:, 0], radii), _balls(starts, axes, radii[:, 0]), _balls(ends, axes, radii[:, 1])
    )
    rate = (rows[:, 1] - rows[:, 0]) / length[:, 0]
    wrap = np.zeros((3, len(length), 3, 4))
    wrap[:, :, 0, 0] = wrap[:, :, 1, 1] = 1
    wrap[:, :, 2, 2] = rate
    wrap[:2, :, 2, 3], wrap[2, :, 2, 3] = rows[:, 0], rows[:, 1]
    spread = np.abs(rate) * radii.max(axis=1)
    limits = np.stack([rows.min(axis=1) - spread, rows.max(axis=1) + spread], axis=1)
    return replace(shapes, wrap=wrap.reshape(-1, 3, 4), columns=np.tile(columns, (3, 1)), rows=np.tile(limits, (3, 1)))


def _cones(origin: Floats, axes: Floats, length: Floats, radii: Floats) -> Shapes:
    """Make the cones (K) that touch balls at Z = 0 and at Z = length, cut where they touch."""
    sine = np.clip((radii[:, 0] - radii[:, 1]) / length, -0.95, 0.95)
    cosine = np.sqrt(1 - sine**2)
    slope, wide = -sine / cosine, radii[:, 0] / cosine
    quadric = np.stack([-(slope**2), -slope * wide, -(wide**2)], axis=1)
    cut = np.stack([radii[:, 0] * sine, length + radii[:, 1] * sine], axis=1)
    hull = np.stack([np.stack([np.zeros_like(length), length], axis=1), radii], axis=2)
    return _bare(origin, axes, quadric, cut, hull)


def _balls(origin: Floats, axes: Floats, radius: Floats) -> Shapes:
    """Make balls (K) of a radius in units of their axes."""
    zero = np.zeros_like(radius)
    quadric = np.stack([zero + 1, zero, -(radius**2)], axis=1)
    hull = np.repeat(np.stack([zero, radius], axis=1)[:, None], 2, axis=1)
    return _bare(origin, axes, quadric, np.tile(NO_CUT, (len(radius), 1)), hull)


def _bare(origin: Floats, axes: Floats, quadric: Floats, cut: Floats, hull: Floats) -> Shapes:
    """Make solid shapes without a texture."""
    count = len(origin)
    hollow: npt.NDArray[np.bool_] = np.zeros(count, np.bool_)
    wrap, columns, rows = np.zeros((count, 3, 4)), np.zeros((count, 2)), np.zeros((count, 2))
    return Shapes(origin, axes, quadric, cut, hull, hollow, wrap, columns, rows)


def _towards(direction: Floats) -> Floats:
    """Give a rotation (3, 3) whose third column is the direction, a unit vector."""
    aside = np.eye(3)[np.argmin(np.abs(direction))]
    first = np.cross(aside, direction)
    first /= np.linalg.norm(first)
    return np.stack([first, np.cross(direction, first), direction], axis=1)
