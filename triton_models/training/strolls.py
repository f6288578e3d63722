"""Walks as cameras see them, to learn gaits from and to examine them on: seed -> Walk, camera -> PoseWindow."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from haven_server.perception.pose import PoseEstimator
from haven_server.reid.walks import POSE_INTERVAL_S, judge_window
from haven_server.settings import GaitSettings
from haven_server.sources.synthetic.camera import Camera
from haven_server.sources.synthetic.canvas import Canvas
from haven_server.sources.synthetic.figures import casting
from haven_server.sources.synthetic.figures.keypoints import body_points
from haven_server.sources.synthetic.motion import acts
from haven_server.sources.synthetic.motion.acts import Act
from haven_server.sources.synthetic.people import Person
from haven_server.sources.synthetic.rooms import catalogue
from haven_server.sources.synthetic.rooms.backdrop import draw_backdrop
from haven_server.sources.synthetic.rooms.sensor import Exposure
from haven_server.sources.synthetic.scene import Mount, Room
from haven_server.types import NANOSECONDS, BGRImage, Frame, Numbers, PoseWindow, Track, TrackState
from triton_models.training.troupe import dressed

WAY_M: Final = 5.0
"""Length of a walk."""
SETTLED_S: Final = 0.8
"""After the first step, and before the last, in which nobody walks evenly."""
CAMERA_DISTANCE_M: Final = (4.0, 6.5)
CAMERA_HEIGHT_M: Final = (2.0, 2.4)
FIELD_OF_VIEW_RAD: Final = math.radians(72)
WIDTH, HEIGHT = 640, 360
"""Of the pictures: half a film's, and twice what the pose estimator takes."""
MIN_MOTION_PX: Final = GaitSettings().min_motion * WIDTH / 1280
WALKS: Final = 4
"""Windows of each person, each by another camera."""
STROLLS: Final = 21
"""First number of the seed tuples."""
ROOMS: Final = ("hall", "living_room")


@dataclass(frozen=True, slots=True, eq=False)
class Stroll:
    """Somebody walks by a camera.

    Attributes:
        start_s: when the first pose of the window is taken.
    """

    person: Person
    act: Act
    camera: Camera
    start_s: float

    @classmethod
    def of(cls, seed: int, length: int, chance: np.random.Generator) -> Self:
        """Let a person walk anywhere across the middle of a camera's view.

        Args:
            length: poses of the window.
        """
        person = casting.person(seed)
        heading, bearing = chance.uniform(0, 2 * np.pi, 2)
        half = WAY_M / 2 * np.array([np.cos(heading), np.sin(heading)])
        act = acts.walk(person, np.stack([-half, half]), float(chance.uniform(0.85, 1.15)))
        distance, height = chance.uniform(*CAMERA_DISTANCE_M), chance.uniform(*CAMERA_HEIGHT_M)
        position = np.array([distance * np.cos(bearing), distance * np.sin(bearing), height])
        camera = Camera.looking(position, np.array([0.0, 0.0, 0.95]), FIELD_OF_VIEW_RAD, WIDTH, HEIGHT)
        latest = act.duration_s - SETTLED_S - length * POSE_INTERVAL_S
        return cls(person, act, camera, float(chance.uniform(SETTLED_S, max(latest, SETTLED_S + 0.01))))

    def times(self, length: int) -> list[float]:
        """Say when the poses of the window are taken, s."""
        return [self.start_s + number * POSE_INTERVAL_S for number in range(length)]

    def true_window(self, length: int, noise_px: float, chance: np.random.Generator) -> PoseWindow:
        """Give the poses as they truly are, each joint moved by normal noise, all of them seen."""
        points = [body_points(self.person, self.act.posture(at)) for at in self.times(length)]
        poses = np.ones((length, 17, 3), np.float32)
        poses[..., :2] = self.camera.project(np.array(points))[..., :2] + chance.normal(0, noise_px, (length, 17, 2))
        return judge_window(poses, _clock(length), MIN_MOTION_PX)


class Studio:
    """A room's own colours behind people who walk by, and the installed pose estimator to look at them."""

    def __init__(self, poses: PoseEstimator) -> None:
        self._poses = poses
        rooms = [catalogue.ROOMS[name] for name in ROOMS]
        self._walls = [(room, mount, _wall(room, mount)) for room in rooms for mount in room.mounts.values()]

    async def window(self, stroll: Stroll, length: int, number: int) -> PoseWindow | None:
        """Film a stroll and estimate its poses; None where a pose was not found in every second picture.

        Args:
            number: of the stroll; it chooses the room and the clothes.
        """
        room, mount, wall = self._walls[number % len(self._walls)]
        exposure = Exposure(mount.sensor, WIDTH, HEIGHT, number)
        figure = dressed(stroll.person.seed, number)
        found, times = [], []
        for index, (at, captured_at) in enumerate(zip(stroll.times(length), _clock(length).tolist(), strict=True)):
            canvas = Canvas.over(wall, np.full(wall.shape[:2], np.inf, np.float32))
            posture = stroll.act.posture(at)
            figure.draw(canvas, stroll.camera, posture, room.light, 1)
            box = np.array(figure.silhouette_box(stroll.camera, posture), np.float32)
            frame = Frame("studio", index, captured_at, exposure.frame(canvas.colour, index))
            track = Track("studio", 1, box, 0.9, TrackState.CONFIRMED, index)
            pose = (await self._poses.estimate(frame, [track])).get(1)
            if pose is not None:
                found.append(pose.keypoints)
                times.append(captured_at)
        if len(found) < length / 2:
            return None
        return judge_window(np.stack(found), np.array(times, np.int64), MIN_MOTION_PX)


def strolls(first: int, people: int, length: int) -> Iterator[Stroll]:
    """Let some people walk by, one after the other, ``WALKS`` times each.

    Args:
        first: seed of the first of them.
        length: poses of a window.
    """
    for seed in range(first, first + people):
        for number in range(WALKS):
            yield Stroll.of(seed, length, np.random.default_rng((STROLLS, seed, number)))


def _wall(room: Room, mount: Mount) -> BGRImage:
    return draw_backdrop(room, mount.camera.scaled(WIDTH / mount.camera.width)).colour


def _clock(length: int) -> Numbers:
    return np.arange(length, dtype=np.int64) * round(POSE_INTERVAL_S * NANOSECONDS)
