"""How a person of the demo world stands at one instant: joints in metres."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum

from haven_server.sources.synthetic.camera import Points, Rotation


class Joint(IntEnum):
    """Rows of a posture's joints; left and right are the person's own."""

    PELVIS = 0
    WAIST = 1
    CHEST = 2
    NECK = 3
    HEAD = 4  # the middle of the skull
    LEFT_SHOULDER = 5
    RIGHT_SHOULDER = 6
    LEFT_ELBOW = 7
    RIGHT_ELBOW = 8
    LEFT_WRIST = 9
    RIGHT_WRIST = 10
    LEFT_HAND = 11  # the tip of the fingers
    RIGHT_HAND = 12
    LEFT_HIP = 13
    RIGHT_HIP = 14
    LEFT_KNEE = 15
    RIGHT_KNEE = 16
    LEFT_ANKLE = 17
    RIGHT_ANKLE = 18
    LEFT_TOE = 19
    RIGHT_TOE = 20


class Stance(Enum):
    """What a posture is called in the ground truth."""

    STANDING = "standing"
    SITTING = "sitting"
    LYING = "lying"
    FALLING = "falling"
    MOVING = "moving"  # between two of the others: sitting down, getting up


@dataclass(frozen=True, slots=True, eq=False)
class Posture:
    """A body at one instant.

    Attributes:
        joints: (21, 3) world, m; rows as in ``Joint``.
        pelvis, chest, head: where these look: columns forward, left, up. Forward of the head is where the face looks.
        stance: for the ground truth.
    """

    joints: Points
    pelvis: Rotation
    chest: Rotation
    head: Rotation
    stance: Stance
