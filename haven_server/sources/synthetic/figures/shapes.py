"""Solid shapes with a place in the world, and a texture wrapped round them; data that is drawn without a mesh.

Every shape is a quadric in coordinates X, Y, Z of its own, cut to a range of Z:

    X^2 + Y^2 + s Z^2 + 2 l Z + c = 0        a ball has s, l, c = 1, 0, -r^2; a cone tapers along Z
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Shapes:
    """K shapes.

    Attributes:
        origin: (K, 3) m, where X, Y and Z are 0, in the world or in the frame the shapes stand in.
        axes: (K, 3, 3) m, columns: one unit of X, Y and Z.
        quadric: (K, 3) s, l and c of the equation above.
        cut: (K, 2) least and greatest Z that is drawn.
        hull: (K, 2, 2) Z and radius of two balls, in the shape's own units, whose hull holds the shape.
        hollow: (K,) bool: where the near side is cut away, the far side is seen from within.
        wrap: (K, 3, 4) from X, Y, Z, 1 to the directions of a texture's middle column and of a quarter turn to the
            left of it, and the texture's row.
        columns: (K, 2) of the texture: the one in the middle, columns per radian.
        rows: (K, 2) of the texture: least and greatest.
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

    def __len__(self) -> int:
        return len(self.origin)

    @classmethod
    def joined(cls, *groups: Shapes) -> Shapes:
        """Lay groups of shapes one after another."""
        return cls(*(np.concatenate([getattr(group, name) for group in groups]) for name in _NAMES))

    def picked(self, which: npt.NDArray[np.int64] | Sequence[int]) -> Shapes:
        """Keep some shapes, in the order given."""
        return Shapes(*(getattr(self, name)[np.asarray(which)] for name in _NAMES))

    def placed(self, position: Floats, rotation: Floats) -> Shapes:
        """Carry shapes out of a frame into the world the frame stands in."""
        rest = (getattr(self, name) for name in _NAMES[2:])
        return Shapes(position + self.origin @ rotation.T, rotation @ self.axes, *rest)


_NAMES = tuple(field.name for field in fields(Shapes))
