"""What moves a body: a flat array of controls that can be blended, whereas joints cannot: names -> Controls.

Positions of blended joints would shrink the limbs between them. Here feet and hands are targets that the limbs reach
for (`kinematics`), and turns are a quaternion or angles, so that any mixture of poses is again a pose of the same body.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from haven_server.sources.synthetic.camera import Rotation

Controls = npt.NDArray[np.float64]
"""(36,) float64, parts as in ``PARTS``."""
Quaternion = tuple[float, float, float, float]
"""w, x, y, z."""

PELVIS: Final = slice(0, 3)  # x, y, z, m
FACING: Final = slice(3, 7)  # quaternion of the pelvis
BEND: Final = slice(7, 10)  # of the chest against the pelvis: yaw left, pitch up, roll right, rad
GAZE: Final = slice(10, 13)  # of the head against the chest, likewise
LIMB_ENDS: Final = slice(13, 25)  # both ankles, then both hands; left before right
SWIVELS: Final = slice(25, 29)  # of both knees, then both elbows
SOLES: Final = slice(29, 35)
SURFACE: Final = 35  # z of what arms can lie on: floor or mattress, m
SIZE: Final = 36

PARTS: Final[Mapping[str, slice]] = {
    "pelvis": PELVIS,
    "facing": FACING,
    "bend": BEND,
    "gaze": GAZE,
    "left_ankle": slice(13, 16),  # x, y, z, m
    "right_ankle": slice(16, 19),
    "left_hand": slice(19, 22),  # of the wrist from the shoulder, in the chest's axes, in lengths of the arm
    "right_hand": slice(22, 25),
    "left_knee": slice(25, 26),  # how far it points outwards instead of forward, were the leg straight down, rad
    "right_knee": slice(26, 27),
    "left_elbow": slice(27, 28),  # how far it points outwards instead of back, were the arm straight down, rad
    "right_elbow": slice(28, 29),
    "left_sole": slice(29, 32),  # along the sole from heel to toe, world axes
    "right_sole": slice(32, 35),
    "surface": slice(35, 36),
}


def changed(controls: Controls, **parts: npt.ArrayLike) -> Controls:
    """Copy a pose with some parts, named as in ``PARTS``, replaced."""
    result = controls.copy()
    for name, value in parts.items():
        result[PARTS[name]] = value
    return result


def blended(before: Controls, after: Controls, share: float) -> Controls:
    """Mix two poses: 0 gives the first, 1 the second; turns take the shorter way."""
    mixed = before + (after - before) * share
    if before[FACING] @ after[FACING] < 0.0:
        mixed[FACING] = before[FACING] - (after[FACING] + before[FACING]) * share
    return np.asarray(mixed)


def quaternion(yaw_rad: float, pitch_rad: float = 0.0, roll_rad: float = 0.0) -> Quaternion:
    """Give the same turn as ``camera.turned`` as w, x, y, z."""
    cy, sy = math.cos(yaw_rad / 2), math.sin(yaw_rad / 2)
    cp, sp = math.cos(pitch_rad / 2), math.sin(pitch_rad / 2)
    cr, sr = math.cos(roll_rad / 2), math.sin(roll_rad / 2)
    return (
        cy * cp * cr - sy * sp * sr,
        cy * cp * sr + sy * sp * cr,
        sy * cp * sr - cy * sp * cr,
        cy * sp * sr + sy * cp * cr,
    )


def rotation(facing: npt.NDArray[np.float64]) -> Rotation:
    """Give the axes of a quaternion (4,) of any length but 0."""
    w, x, y, z = facing.tolist()
    twice = 2.0 / (w * w + x * x + y * y + z * z)
    return np.array(
        [
            [1.0 - twice * (y * y + z * z), twice * (x * y - w * z), twice * (x * z + w * y)],
            [twice * (x * y + w * z), 1.0 - twice * (x * x + z * z), twice * (y * z - w * x)],
            [twice * (x * z - w * y), twice * (y * z + w * x), 1.0 - twice * (x * x + y * y)],
        ]
    )


def heading_of(controls: Controls) -> float:
    """Give where the pelvis looks on the floor plan, rad; for people on their feet."""
    forward = rotation(controls[FACING])[:, 0]
    return math.atan2(forward[1], forward[0])


def product(outer: Quaternion, inner: Quaternion) -> Quaternion:
    """Turn by ``inner`` in the axes that ``outer`` has turned."""
    w, x, y, z = outer
    a, b, c, d = inner
    return (
        w * a - x * b - y * c - z * d,
        w * b + x * a + y * d - z * c,
        w * c - x * d + y * a + z * b,
        w * d + x * c - y * b + z * a,
    )
