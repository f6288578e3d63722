"""Build bodies out of balls and tapered capsules: measures in metres -> Shapes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from haven_server.sources.synthetic.impostors import Floats, Shapes

Columns = tuple[float, float]
"""Of a texture: the one in front, columns per radian to the left."""
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


def round_axis(row_at_zero: float, rows_per_m: float, columns: Columns, rows: tuple[float, float]) -> Wrap:
    """Wrap a texture round a frame's third axis, with its middle column along the first and rows along the third."""
    return Wrap(np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, rows_per_m, row_at_zero]], np.float64), columns, rows)


def wrapped(shapes: Shapes, wrap: Wrap) -> Shapes:
    """Give shapes that stand in a frame the texture that is wrapped round the frame."""
    count = len(shapes.origin)
    place = np.concatenate([shapes.axes, shapes.origin[:, :, None]], axis=2)
    place = np.concatenate([place, np.broadcast_to([[[0, 0, 0, 1.0]]], (count, 1, 4))], axis=1)
    columns, rows = np.tile(wrap.columns, (count, 1)), np.tile(wrap.rows, (count, 1))
    return replace(shapes, wrap=wrap.matrix @ place, columns=columns, rows=rows)


def ball(
    centre: Sequence[float],
    radii: Sequence[float],
    wrap: Wrap,
    turn: Floats | None = None,
    facing: Sequence[float] | None = None,
    beyond: float = -np.inf,
    up_to: float = np.inf,
) -> Shapes:
    """Make an ellipsoid, or a hollow slice of one.

    Args:
        centre: (3,) m.  radii: (3,) m along its axes.
        turn: (3, 3) columns: its axes; those of the frame if not given.
        facing: of a slice: the direction in which it is cut.
        beyond, up_to: of a slice: from where to where along ``facing`` from the centre, m.
    """
    axes = (np.eye(3) if turn is None else turn) * np.asarray(radii, np.float64)
    cut = np.array(NO_CUT)
    if facing is not None:
        direction = axes.T @ (np.asarray(facing, np.float64) / np.linalg.norm(facing))
        length = np.linalg.norm(direction)
        axes, cut = axes @ _towards(direction / length), np.array([beyond, up_to]) / length
    shape = _shapes(
        np.asarray(centre, np.float64)[None],
        axes[None],
        np.array([[1.0, 0, -1]]),
        cut[None],
        np.array([[[0, 1.0]] * 2]),
    )
    return wrapped(replace(shape, hollow=np.array([facing is not None])), wrap)


def capsules(starts: Any, ends: Any, fronts: Any, radii: Any, widths: Any, columns: Any, rows: Any) -> Shapes:
    """Make K tapered capsules with elliptical sections: cones that touch a ball at either end.

    Args:
        starts, ends: (K, 3) m, the balls' centres.
        fronts: (K, 3) about where the front of the texture faces.
        radii: (K, 2) m at start and end.
        widths: (K, 2) factors on the radius to the front and to the left.
        columns: (K, 2) of the texture, round the capsule.
        rows: (K, 2) of the texture at start and end; the balls reach over them.

    Returns:
        3 K shapes: the cones, the balls at the starts, the balls at the ends.
    """
    starts, ends, fronts, radii = (np.asarray(given, np.float64) for given in (starts, ends, fronts, radii))
    widths, columns, rows = (np.asarray(given, np.float64) for given in (widths, columns, rows))
    along = ends - starts
    length = np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-6)
    along /= length
    left = np.cross(along, fronts)
    left /= np.maximum(np.linalg.norm(left, axis=1, keepdims=True), 1e-9)
    axes = np.stack([np.cross(left, along), left, along], axis=2)
    axes[:, :, :2] *= widths[:, None, :]
    sine = np.clip((radii[:, 0] - radii[:, 1]) / length[:, 0], -0.95, 0.95)
    cosine = np.sqrt(1 - sine**2)
    slope, wide = -sine / cosine, radii[:, 0] / cosine
    zero, one = np.zeros_like(sine), np.ones_like(sine)
    cones = _shapes(
        starts,
        axes,
        np.stack([-(slope**2), -slope * wide, -(wide**2)], axis=1),
        np.stack([radii[:, 0] * sine, length[:, 0] + radii[:, 1] * sine], axis=1),
        np.stack([np.stack([zero, radii[:, 0]], 1), np.stack([length[:, 0], radii[:, 1]], 1)], axis=1),
    )
    balls = [
        _shapes(
            place,
            axes,
            np.stack([one, zero, -(radius**2)], axis=1),
            np.tile(NO_CUT, (len(one), 1)),
            np.repeat(np.stack([zero, radius], 1)[:, None], 2, axis=1),
        )
        for place, radius in ((starts, radii[:, 0]), (ends, radii[:, 1]))
    ]
    rate = (rows[:, 1] - rows[:, 0]) / length[:, 0]
    wrap = np.zeros((3, len(one), 3, 4))
    wrap[:, :, 0, 0] = wrap[:, :, 1, 1] = 1
    wrap[:, :, 2, 2] = rate
    wrap[:2, :, 2, 3], wrap[2, :, 2, 3] = rows[:, 0], rows[:, 1]
    spread = np.abs(rate)[:, None] * radii.max(axis=1, keepdims=True)
    limits = np.stack([rows.min(axis=1), rows.max(axis=1)], axis=1) + np.concatenate([-spread, spread], axis=1)
    return replace(
        Shapes.joined(cones, *balls),
        wrap=wrap.reshape(-1, 3, 4),
        columns=np.tile(columns, (3, 1)),
        rows=np.tile(limits, (3, 1)),
    )


def picked(shapes: Shapes, which: npt.NDArray[np.int64] | Sequence[int]) -> Shapes:
    """Keep some shapes, in the order given."""
    return Shapes(*(getattr(shapes, name)[np.asarray(which)] for name in Shapes.__slots__))


def _shapes(origin: Floats, axes: Floats, quadric: Floats, cut: Floats, hull: Floats) -> Shapes:
    count = len(origin)
    hollow = np.zeros(count, np.bool_)
    return Shapes(
        origin, axes, quadric, cut, hull, hollow, np.zeros((count, 3, 4)), np.zeros((count, 2)), np.zeros((count, 2))
    )


def _towards(direction: Floats) -> Floats:
    """Give a rotation (3, 3) whose third column is the direction."""
    aside = np.eye(3)[np.argmin(np.abs(direction))]
    first = np.cross(aside, direction)
    first /= np.linalg.norm(first)
    return np.stack([first, np.cross(direction, first), direction], axis=1)
