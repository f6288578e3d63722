"""What a room of the demo world holds, in metres. Data alone; `rooms` and `furnishing` make it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from haven_server.sources.synthetic.camera import Camera
from haven_server.sources.synthetic.canvas import Light


@dataclass(frozen=True, slots=True)
class Place:
    """A point on the floor and where somebody there looks.

    Attributes:
        x, y: m.
        heading_rad: counted from the x axis to the y axis.
    """

    x: float
    y: float
    heading_rad: float = 0.0


@dataclass(frozen=True, slots=True)
class Door:
    """A way into a room.

    Attributes:
        outside: behind the wall, out of every camera's sight, looking into the room.
        inside: the first point in the room.
    """

    outside: Place
    inside: Place


@dataclass(frozen=True, slots=True)
class Seat:
    """Something to sit on.

    Attributes:
        place: where the pelvis is, looking away from the back rest.
        height_m: of the seat.
        approach: where one stands before sitting down, with the back to the seat.
    """

    place: Place
    height_m: float
    approach: Place


@dataclass(frozen=True, slots=True)
class Bed:
    """Something to lie on.

    Attributes:
        place: where the pelvis of somebody who lies is; the heading points from the feet to the pillow.
        height_m: of the mattress.
        approach: where one stands beside it before sitting down on its edge, with the back to it.
        zone: x, y corners (4, 2) of the mattress on the floor plan.
    """

    place: Place
    height_m: float
    approach: Place
    zone: tuple[tuple[float, float], ...]


class Shape(Enum):
    """What of its box a solid fills."""

    BOX = "box"
    CYLINDER = "cylinder"  # upright
    ELLIPSOID = "ellipsoid"
    FOLIAGE = "foliage"  # leaves that grow from the middle of its underside


@dataclass(frozen=True, slots=True)
class Opening:
    """A doorway without a leaf, towards a dim corridor.

    Attributes:
        place: the middle of its sill in the plane of the wall, looking into the room.
        width_m, height_m: clear.
    """

    place: Place
    width_m: float = 1.0
    height_m: float = 2.1


@dataclass(frozen=True, slots=True)
class Solid:
    """A piece of furniture, or a part of one, with the box that bounds it.

    Attributes:
        centre: x, y, z of its middle.
        size: extent along its own x, y, z.
        yaw_rad: its turn on the floor.
        material: a name that `materials` knows.
        blocks: people walk round it.
        shape: what of the box is filled.
    """

    centre: tuple[float, float, float]
    size: tuple[float, float, float]
    yaw_rad: float
    material: str
    blocks: bool = True
    shape: Shape = Shape.BOX


@dataclass(frozen=True, slots=True)
class Sensor:
    """What a camera does to the light that reaches it.

    Attributes:
        gain: b, g, r factors: exposure and white balance.
        gamma: over 1 lifts the shadows.
        noise: standard deviation, grey levels.
        blur_px: standard deviation of the lens's blur.
        vignette: loss of light in the corners, 0 to 1.
        jpeg_quality: of the compression inside the camera, or None.
    """

    gain: tuple[float, float, float] = (1.0, 1.0, 1.0)
    gamma: float = 1.0
    noise: float = 2.0
    blur_px: float = 0.5
    vignette: float = 0.1
    jpeg_quality: int | None = 90


@dataclass(frozen=True, slots=True, eq=False)
class Mount:
    """A camera on its wall."""

    camera: Camera
    sensor: Sensor


@dataclass(frozen=True, slots=True, eq=False)
class Room:
    """A room with everything in it.

    Attributes:
        name: how scenarios call it.
        size: extent in x, y, z; its floor reaches from (0, 0) to (size[0], size[1]).
        materials: of `floor`, `walls` and `ceiling`.
        solids: furniture.
        light: for people.
        doors, spots, seats, beds: by name, for scenarios.
        mounts: cameras by name.
        openings: holes in the walls.
    """

    name: str
    size: tuple[float, float, float]
    materials: Mapping[str, str]
    solids: tuple[Solid, ...]
    light: Light
    doors: Mapping[str, Door]
    spots: Mapping[str, Place]
    mounts: Mapping[str, Mount]
    seats: Mapping[str, Seat] = field(default_factory=dict)
    beds: Mapping[str, Bed] = field(default_factory=dict)
    openings: tuple[Opening, ...] = ()
