"""How the demo world is seen: points in metres -> pixels.

The world is right-handed with z up and the floor at z = 0. A rotation's columns are its forward, left and up axes in
the world. A camera looks along its forward axis.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float64]
"""(..., 3) float64: x, y, z, m."""
Rotation = npt.NDArray[np.float64]
"""(3, 3) float64, orthonormal: columns forward, left, up."""


def turned(yaw_rad: float, pitch_rad: float = 0.0, roll_rad: float = 0.0) -> Rotation:
    """Turn the world's axes: by yaw to the left, by pitch upwards, by roll to the right."""
    cos_y, sin_y = np.cos(yaw_rad), np.sin(yaw_rad)
    cos_p, sin_p = np.cos(pitch_rad), np.sin(pitch_rad)
    cos_r, sin_r = np.cos(roll_rad), np.sin(roll_rad)
    yaw = np.array([[cos_y, -sin_y, 0], [sin_y, cos_y, 0], [0, 0, 1]])
    pitch = np.array([[cos_p, 0, -sin_p], [0, 1, 0], [sin_p, 0, cos_p]])
    roll = np.array([[1, 0, 0], [0, cos_r, -sin_r], [0, sin_r, cos_r]])
    return np.asarray(yaw @ pitch @ roll)


@dataclass(frozen=True, slots=True, eq=False)
class Camera:
    """A pinhole camera without distortion.

    Attributes:
        position: (3,) m.
        rotation: where it looks.
        focal_px: focal length; one for both axes.
        centre_px: x, y of the optical axis in the picture, pixel centres at whole numbers plus 0.5.
        width, height: of the picture, px.
    """

    position: Points
    rotation: Rotation
    focal_px: float
    centre_px: tuple[float, float]
    width: int
    height: int

    @classmethod
    def looking(cls, position: Points, target: Points, field_of_view_rad: float, width: int, height: int) -> Self:
        """Place a camera that looks at a point, level to the horizon.

        Args:
            field_of_view_rad: across the picture's width.
        """
        forward = np.asarray(target, np.float64) - np.asarray(position, np.float64)
        yaw = float(np.arctan2(forward[1], forward[0]))
        pitch = float(np.arctan2(forward[2], np.hypot(forward[0], forward[1])))
        focal_px = width / 2 / float(np.tan(field_of_view_rad / 2))
        centre = (width / 2, height / 2)
        return cls(np.asarray(position, np.float64), turned(yaw, pitch), focal_px, centre, width, height)

    def window(self, left: int, top: int, width: int, height: int) -> Self:
        """Cut a part out of the picture, at the same scale; it may reach over the edge."""
        centre = (self.centre_px[0] - left, self.centre_px[1] - top)
        return replace(self, centre_px=centre, width=width, height=height)

    def scaled(self, factor: float) -> Self:
        """Give the same view with ``factor`` times as many pixels a side."""
        centre = (self.centre_px[0] * factor, self.centre_px[1] * factor)
        width, height = round(self.width * factor), round(self.height * factor)
        return replace(self, focal_px=self.focal_px * factor, centre_px=centre, width=width, height=height)

    def to_view(self, points: Points) -> Points:
        """Give points (..., 3) as right, down and forward of the camera, m."""
        forward, left, up = self.rotation.T
        offsets = np.asarray(points, np.float64) - self.position
        return np.stack([-(offsets @ left), -(offsets @ up), offsets @ forward], axis=-1)

    def project(self, points: Points) -> Points:
        """Give points (..., 3) as x px, y px and depth m along the optical axis; nonsense where depth <= 0."""
        view = self.to_view(points)
        depth = np.where(np.abs(view[..., 2]) < 1e-6, 1e-6, view[..., 2])
        x = view[..., 0] / depth * self.focal_px + self.centre_px[0]
        y = view[..., 1] / depth * self.focal_px + self.centre_px[1]
        return np.stack([x, y, view[..., 2]], axis=-1)

    def rays(self) -> Points:
        """Give the direction (height, width, 3) of every pixel's centre, with a forward part of exactly 1.

        A point at depth d on the ray of a pixel is ``position + d * ray``.
        """
        forward, left, up = self.rotation.T
        right = (np.arange(self.width) + 0.5 - self.centre_px[0]) / self.focal_px
        down = (np.arange(self.height) + 0.5 - self.centre_px[1]) / self.focal_px
        return np.asarray(forward - right[None, :, None] * left - down[:, None, None] * up)
