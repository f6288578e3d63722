"""What stands in the way of light: bodies, rays -> what is met first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from haven_server.sources.synthetic.rooms.bodies import Body, Form
from haven_server.sources.synthetic.rooms.rays import Ways, box_spans

_FILL = {Form.BOX: 1.0, Form.CYLINDER: 0.88, Form.ELLIPSOID: 0.75, Form.PLANT: 0.5}
_PIERCED_M = 0.035
"""Half the thickness from which on a body also shades what lies inside it: a floor under a sofa, not a wall behind a
picture."""


class Occluders:
    """Bodies that take light from others, each as a box; a ball round each sorts out most rays that miss it.

    Args:
        bodies: without rooms and corridors.
    """

    def __init__(self, bodies: Sequence[Body]) -> None:
        self._bodies = tuple(bodies)
        self._halves = [body.half * np.float32(_FILL[body.form]) for body in bodies]
        self._centres = np.array([body.centre for body in bodies], np.float32).reshape(-1, 3)
        self._radii = np.array([np.sqrt((half * half).sum()) for half in self._halves], np.float32)

    def free(self, points: Ways, target: Ways) -> npt.NDArray[np.bool_]:
        """Say from which points (3, N) their targets, (3, N) or (3, 1) for all, can be seen."""
        way = target - points
        length = np.sqrt(np.einsum("in,in->n", way, way))
        way /= length
        along = self._centres @ way - np.einsum("in,in->n", points, way)
        close = self._squares(points) - along * along < np.square(self._radii)[:, None]
        radii = self._radii[:, None]
        close &= (along > -radii) & (along < length + radii)
        free = np.ones(points.shape[1], np.bool_)
        for row in np.flatnonzero(close.any(axis=1)):
            touched = np.flatnonzero(close[row] & free)
            t, met = self._met(int(row), points[:, touched], way[:, touched])
            free[touched[met & (t < length[touched] - 0.02)]] = False
        return free

    def first_met(
        self, points: Ways, ways: npt.NDArray[np.float32], reach_m: float
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
        """Follow rays for a while.

        Args:
            points: (3, T).
            ways: (3, T, R), unit vectors from each point.
        Returns:
            How far each ray (T, R) gets, at most ``reach_m``, and the row of the body that stops it, -1 for none.
        """
        reached = np.full(ways.shape[1:], reach_m, np.float32)
        stopped_by = np.full(ways.shape[1:], -1, np.int64)
        start = np.einsum("it,itr->tr", points, ways)
        squares = self._squares(points)
        near = squares < np.square(self._radii + np.float32(reach_m))[:, None]
        for row in np.flatnonzero(near.any(axis=1)):
            radius = self._radii[row]
            rows = np.flatnonzero(near[row])
            along = np.einsum("i,itr->tr", self._centres[row], ways[:, rows]) - start[rows]
            touching = (squares[row, rows, None] - along * along < radius * radius) & (along > -radius)
            first, second = np.nonzero(touching)
            first = rows[first]
            t, met = self._met(int(row), points[:, first], ways[:, first, second])
            nearer = met & (t < reached[first, second])
            first, second = first[nearer], second[nearer]
            reached[first, second] = t[nearer]
            stopped_by[first, second] = row
        return reached, stopped_by

    def _squares(self, points: Ways) -> npt.NDArray[np.float32]:
        """Give the squared distances (B, N) of the bodies' middles from points."""
        own = np.einsum("bi,bi->b", self._centres, self._centres)
        other = np.einsum("in,in->n", points, points)
        return np.asarray(own[:, None] + other - 2 * (self._centres @ points), np.float32)

    def _met(self, row: int, points: Ways, ways: Ways) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
        """Give t at which rays enter a body's box, 0 inside it, and whether they do."""
        body = self._bodies[row]
        entry, leave = box_spans(self._halves[row], body.to_own(points), body.axes.T @ ways)
        met = (entry <= leave) & (leave > 0)
        if float(body.half.min()) <= _PIERCED_M:
            met &= entry > 0
        return np.maximum(entry, 0), met
