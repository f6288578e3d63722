"""Rooms without people to render into, drawn once and kept on disk: seed -> Stage."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from haven_server.sources.synthetic.camera import Camera
from haven_server.sources.synthetic.canvas import Depth, Light
from haven_server.sources.synthetic.rooms import catalogue as rooms
from haven_server.sources.synthetic.rooms.backdrop import draw_backdrop
from haven_server.sources.synthetic.rooms.furnishing import random_room
from haven_server.sources.synthetic.scenarios.paths import clearance
from haven_server.sources.synthetic.scene import Place, Room, Sensor
from haven_server.types import BGRImage
from triton_models.training.seeds import HELD_OUT, Split

HALF: Final = 0.5
"""Scale at which rooms are drawn: four times as quick, and walls need no more."""
ROOMS: Final = {"training": 250, "calibration": 15, "held-out": 15}
STAND_CLEAR_M: Final = 0.25
TRIES: Final = 50
TRUNK_M: Final = 1.1
OUT_OF_SIGHT: Final = 0.15
"""Share of the places that may lie outside the picture, so that some people are cut off by its edge."""
_View = tuple[Room, str, Path]


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """One camera's view of a room without people.

    Attributes:
        camera: at full size.
        colour, depth: at half size.
    """

    room: Room
    camera: Camera
    sensor: Sensor
    colour: BGRImage
    depth: Depth

    def cut(self, left: int, top: int, width: int, height: int) -> tuple[BGRImage, Depth]:
        """Cut out a part of the picture at full size; it lies within the picture."""
        rows, columns = slice(top // 2, (top + height) // 2 + 1), slice(left // 2, (left + width) // 2 + 1)
        shift = np.array([[2, 0, 0.5 - left % 2], [0, 2, 0.5 - top % 2]], np.float32)  # of pixels' centres
        size, border = (width, height), cv2.BORDER_REPLICATE
        colour, depth = (
            np.ascontiguousarray(self.colour[rows, columns]),
            np.ascontiguousarray(self.depth[rows, columns]),
        )
        grown = cv2.warpAffine(colour, shift, size, flags=cv2.INTER_LINEAR, borderMode=border)
        far = cv2.warpAffine(depth, shift, size, flags=cv2.INTER_NEAREST, borderMode=border)
        return np.asarray(grown, np.uint8), np.asarray(far, np.float32)

    def cut_half(self, left: int, top: int, width: int, height: int) -> tuple[BGRImage, Depth]:
        """Cut out a part of the picture at half size."""
        rows, columns = slice(top, top + height), slice(left, left + width)
        return self.colour[rows, columns], self.depth[rows, columns]

    def light(self, chance: np.random.Generator) -> Light:
        """Take the room's light, somewhat turned, tinted and dimmed."""
        light = self.room.light
        direction = np.array(light.direction) + chance.normal(0, 0.25, 3)
        x, y, z = direction / np.linalg.norm(direction)
        shade = chance.uniform(0.8, 1.15)
        main = np.array(light.colour) * shade * chance.uniform(0.94, 1.06, 3)
        around = np.array(light.ambient) * shade * chance.uniform(0.94, 1.06, 3)
        return replace(light, direction=(float(x), float(y), float(z)), colour=_triple(main), ambient=_triple(around))

    def place(self, chance: np.random.Generator) -> Place:
        """Choose where somebody stands, clear of furniture and mostly in the picture, looking anywhere."""
        size = np.array(self.room.size[:2])
        anywhere = chance.random() < OUT_OF_SIGHT
        points = chance.uniform(0.3, size - 0.3, (TRIES, 2))
        free = clearance(self.room, points)
        good = (point for point in points[free >= STAND_CLEAR_M] if anywhere or self._shows(point))
        x, y = next(good, points[free.argmax()])
        return Place(float(x), float(y), float(chance.uniform(-np.pi, np.pi)))

    def _shows(self, point: npt.NDArray[np.float64]) -> bool:
        """Tell whether the trunk of somebody at a point on the floor is in the picture."""
        x, y, depth = self.camera.project(np.append(point, TRUNK_M))
        return bool(depth > 0 and 0 <= x < self.camera.width and 0 <= y < self.camera.height)


def draw_missing(split: Split, data: Path, workers: int) -> None:
    """Draw the stages that are not on disk yet."""
    missing = [view for view in _views(split, data) if not view[2].exists()]
    with ProcessPoolExecutor(workers) as pool:
        list(pool.map(_draw, missing))


@lru_cache(maxsize=2)
def stages(split: Split, data: Path) -> list[Stage]:
    """Give all stages of one side, those of the catalogue among the held-out ones.

    Args:
        data: folder in which they are kept; those that are missing are drawn.
    """
    draw_missing(split, data, workers=1)
    return [_read(room, mount, path) for room, mount, path in _views(split, data)]


def _views(split: Split, data: Path) -> list[_View]:
    """List rooms with the names of their cameras, and where their pictures are kept."""
    own = [random_room(split.first + number) for number in range(ROOMS[split.name])]
    return [
        (room, name, data / "stages" / f"{split.name}-{number:03d}-{name}.npz")
        for number, room in enumerate([*own, *rooms.ROOMS.values()] if split == HELD_OUT else own)
        for name in room.mounts
    ]


def _draw(view: _View) -> None:
    """Draw a room without people, whole or not at all."""
    room, mount, path = view
    backdrop = draw_backdrop(room, room.mounts[mount].camera.scaled(HALF))
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}")
    with temporary.open("wb") as file:
        np.savez(file, colour=backdrop.colour, depth=backdrop.depth)
    temporary.replace(path)


def _read(room: Room, mount: str, path: Path) -> Stage:
    kept = np.load(path)
    return Stage(room, room.mounts[mount].camera, room.mounts[mount].sensor, kept["colour"], kept["depth"])


def _triple(values: npt.NDArray[np.float64]) -> tuple[float, float, float]:
    first, second, third = (float(value) for value in values)
    return first, second, third
