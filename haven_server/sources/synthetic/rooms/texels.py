"""The sides of bodies as small squares that are lit alike: bodies -> Texels, and back to sides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from haven_server.sources.synthetic.rooms.bodies import Body, Form
from haven_server.sources.synthetic.rooms.rays import Ways

Glow = npt.NDArray[np.float32]
"""(h, w, 3) float32 b, g, r over a side: the light on it, 1 on paper in a well-lit room, linear."""
Sides = tuple[Glow, ...]
"""The light on the sides -x, +x, -y, +y, -z, +z; rows go along v, columns along u of ``PLANE``."""

PLANE = ((1, 2), (0, 2), (0, 1))
"""Which axes are u and v of a side, by the axis that it looks along."""

_LIFT_M = 0.004  # over the side, so that rounding does not put a square inside its own body
_MOST = 128


@dataclass(frozen=True, slots=True, eq=False)
class Texels:
    """Small squares of all sides of some bodies, body by body and side by side.

    Attributes:
        points, normals: (3, T) world.
        frames: (T,) rows of ``axes``.
        axes: (F, 3, 3) float32 for each side: its u, v and normal as columns.
        shapes: rows and columns of each side.
    """

    points: Ways
    normals: Ways
    frames: npt.NDArray[np.int64]
    axes: npt.NDArray[np.float32]
    shapes: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, bodies: Sequence[Body], texel_m: float) -> Texels:
        """Divide all sides into squares of about a size; walls and ceilings, where little happens, more coarsely."""
        points, axes = [], []
        shapes: list[tuple[int, int]] = []
        for body in bodies:
            for side in range(6):
                coarse = texel_m * (1.5 if body.form is Form.ROOM and side != 4 else 1.0)
                own = _squares(body, side, coarse)
                shapes.append((own.shape[1], own.shape[2]))
                points.append(body.axes @ own.reshape(3, -1) + body.centre[:, None])
                u, v = PLANE[side // 2]
                axes.append(np.stack([body.axes[:, u], body.axes[:, v], _normal(body, side)], axis=1))
        frames = np.repeat(np.arange(len(shapes)), [rows * columns for rows, columns in shapes])
        stacked = np.stack(axes).astype(np.float32)
        normals = np.ascontiguousarray(stacked[frames, :, 2].T)
        return cls(np.concatenate(points, axis=1).astype(np.float32), normals, frames, stacked, tuple(shapes))

    def sides(self, light: npt.NDArray[np.float32]) -> Iterator[Sides]:
        """Cut light (3, T) into the sides of each body again, a little softened."""
        ends = np.cumsum([rows * columns for rows, columns in self.shapes])
        parts = np.split(np.ascontiguousarray(light.T), ends[:-1])
        smooth = [
            np.asarray(
                cv2.GaussianBlur(part.reshape(*shape, 3), (3, 3), 0.8, borderType=cv2.BORDER_REPLICATE), np.float32
            )
            for part, shape in zip(parts, self.shapes, strict=True)
        ]
        for first in range(0, len(smooth), 6):
            yield tuple(smooth[first : first + 6])


def _faces_inwards(body: Body) -> bool:
    return body.form in (Form.ROOM, Form.CORRIDOR)


def _normal(body: Body, side: int) -> npt.NDArray[np.float32]:
    """Give the normal (3,) of a side, towards where it is seen from."""
    outwards = 1 if side % 2 else -1
    return np.asarray(body.axes[:, side // 2] * (-outwards if _faces_inwards(body) else outwards), np.float32)


def _squares(body: Body, side: int, texel_m: float) -> npt.NDArray[np.float32]:
    """Give the middles (3, rows, columns) of a side's squares, in the body's own frame."""
    axis, outwards = side // 2, 1 if side % 2 else -1
    u, v = PLANE[axis]
    columns, rows = (int(np.clip(np.ceil(2 * body.half[at] / texel_m), 2, _MOST)) for at in (u, v))
    own = np.empty((3, rows, columns), np.float32)
    own[u] = ((np.arange(columns) + 0.5) / columns * 2 - 1) * body.half[u]
    own[v] = (((np.arange(rows) + 0.5) / rows * 2 - 1) * body.half[v])[:, None]
    own[axis] = outwards * (body.half[axis] + (-_LIFT_M if _faces_inwards(body) else _LIFT_M))
    return own
